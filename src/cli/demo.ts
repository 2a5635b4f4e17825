import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { TelemetryAnalyzer, type Report } from "../analyzer.js";
import { TelemetryLogger } from "../record/logger.js";
import type { Run, Workflow } from "../record/workflow.js";
import type { AgentAdvice } from "../select/advice.js";
import { AgentSelector } from "../selector.js";
import { adviceText } from "./views/advice.js";
import { overheadSummary } from "./views/overhead-summary.js";
import { statisticsText } from "./views/statistics.js";
import { trendsText } from "./views/trends.js";
import { workflowsText } from "./views/workflows.js";
import { CommandError } from "./errors.js";
import { duration } from "./format.js";
import { faint, heading, style } from "./terminal.js";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** What the sample agents do, how long it takes them (seconds), and how often they succeed: earlier, and lately. */
const AGENTS = {
  "systems-architect": {
    type: "architecture_design",
    task: "Design the architecture",
    seconds: 600,
    rates: [0.95, 0.95],
  },
  "backend-architect": { type: "api_development", task: "Build the API", seconds: 1500, rates: [0.7, 0.95] },
  "frontend-developer": { type: "ui_development", task: "Build the pages", seconds: 1200, rates: [0.9, 0.9] },
  "qa-specialist": { type: "integration_testing", task: "Test the whole", seconds: 500, rates: [0.95, 0.6] },
} as const;

type AgentName = keyof typeof AGENTS;

const PROJECTS: readonly { name: string; plan: readonly AgentName[] }[] = [
  { name: "Web Shop", plan: ["systems-architect", "backend-architect", "frontend-developer", "qa-specialist"] },
  { name: "Payment Service", plan: ["backend-architect", "qa-specialist"] },
  { name: "Customer Portal", plan: ["systems-architect", "frontend-developer", "qa-specialist"] },
];

type Print = (...lines: string[]) => void;

/**
 * Records four weeks of sample work and one live workflow, and prints the analysis.
 *
 * @param directory where; by default a new temporary directory
 */
export async function runDemo(
  directory: string | undefined,
  print: Print,
): Promise<{ directory: string; report: Report; recommendations: readonly AgentAdvice[] }> {
  directory ??= await mkdtemp(join(tmpdir(), "oak-demo-"));
  const troubles: Error[] = [];
  const onError = (error: Error) => void troubles.push(error);
  const logger = new TelemetryLogger({ directory, enabled: true, endpoint: null, onError });

  print(heading("1. Four weeks of sample work"));
  const days = 28;
  const random = randomNumbers(7);
  let workflows = 0;
  for (let daysAgo = days; daysAgo > 0; daysAgo--) {
    const morning = Date.now() - daysAgo * DAY_MILLISECONDS;
    for (let i = 0; i < 2; i++)
      recordSampleWorkflow(logger, random, workflows++, morning + i * 4 * 3600 * 1000, daysAgo);
  }
  if (troubles[0]) throw new CommandError(`the demo cannot be recorded in ${directory}: ${troubles[0].message}`);
  print(`   ${workflows} workflows recorded in ${directory}`, "");

  print(heading("2. A workflow, live"));
  await runLiveWorkflow(logger, print);
  logger.close();

  const analyzer = new TelemetryAnalyzer({ directory });
  const report = await analyzer.generateReport();
  analyzer.close();
  print("", heading("3. What the history says"), "", workflowsText(report.workflows), "");
  print(overheadSummary(report.coordination_overhead), "", statisticsText(report.statistics), "");
  print(trendsText(Object.values(report.trends), 30), "");

  print(heading("4. Who should do the next task?"));
  return { directory, report, recommendations: await recommend(directory, print) };
}

/** Asks about a task that somebody is known for, and about one that nobody has done yet. */
async function recommend(directory: string, print: Print): Promise<AgentAdvice[]> {
  // The user's own agents have no part in it.
  const selector = new AgentSelector({ directory, agents_dir: directory });
  const answers: AgentAdvice[] = [];
  for (const { task, domain } of QUESTIONS) {
    const advice = await selector.queryBestAgent({ task_description: task, domain });
    const command = `oak recommend --task "${task}"${domain === null ? "" : ` --domain ${domain}`}`;
    print("", faint(`$ ${command}`), adviceText(advice, false));
    answers.push(advice);
  }
  selector.close();
  return answers;
}

const QUESTIONS = [
  { task: "Build the API of a booking service", domain: "backend" },
  { task: "Translate the manual into French", domain: null },
] as const;

function recordSampleWorkflow(
  logger: TelemetryLogger,
  random: () => number,
  number: number,
  start: number,
  daysAgo: number,
): void {
  const { name, plan } = PROJECTS[number % PROJECTS.length]!;
  const workflow_id = logger.logWorkflowStart({
    project_name: name,
    agent_plan: plan,
    estimated_duration: 3600,
    timestamp: new Date(start),
  });
  const executed: AgentName[] = [];
  let now = start;
  let success = true;
  for (const agent_name of plan) {
    const { type, task, seconds, rates } = AGENTS[agent_name];
    // Someone has to notice that the agent before is done.
    now += (60 + random() * 240) * 1000;
    const previous = executed.at(-1);
    if (previous) {
      const artifacts = [`artifacts/${previous}/${workflow_id}.md`];
      logger.logAgentHandoff({
        workflow_id,
        from_agent: previous,
        to_agent: agent_name,
        artifacts,
        timestamp: new Date(now),
      });
    }
    const invocation_id = logger.logInvocation({
      agent_name,
      agent_type: "development",
      task_description: `${task} of ${name}`,
      task_type: type,
      workflow_id,
      timestamp: new Date(now),
    });
    const duration_seconds = Math.round(seconds * (0.6 + random() * 0.8));
    const good = random() < rates[daysAgo <= 7 ? 1 : 0];
    now += duration_seconds * 1000;
    logger.updateInvocation({
      invocation_id,
      duration_seconds,
      outcome_status: good ? "success" : "failure",
      error_message: good ? null : "tests failed",
      metadata: { input_tokens: 20 * duration_seconds, output_tokens: 6 * duration_seconds },
      timestamp: new Date(now),
    });
    const quality_rating = good ? 4 + Math.round(random()) : 1 + Math.round(random());
    logger.logSuccessMetric({ invocation_id, success: good, quality_rating, timestamp: new Date(now) });
    executed.push(agent_name);
    success = good;
    if (!good && random() < 0.3) break;
  }
  const duration_seconds = Math.round((now - start) / 1000);
  logger.logWorkflowComplete({
    workflow_id,
    duration_seconds,
    success,
    agents_executed: executed,
    timestamp: new Date(now),
  });
}

/** A real workflow of pretended agents: an architect, then two developers at once, then a tester. */
async function runLiveWorkflow(logger: TelemetryLogger, print: Print): Promise<void> {
  const workflow = logger.startWorkflow({
    project_name: "E-Commerce Platform MVP",
    agent_plan: ["systems-architect", "backend-architect", "frontend-developer", "qa-specialist"],
    estimated_duration: 5,
  });
  await act(print, workflow, "systems-architect", 700, "artifacts/architecture.md");
  await sleep(200);
  await Promise.all([
    act(print, workflow, "backend-architect", 1200, "artifacts/api-spec.yaml"),
    act(print, workflow, "frontend-developer", 900, "artifacts/pages.md"),
  ]);
  await sleep(300);
  await act(print, workflow, "qa-specialist", 600);
  const { status, duration_seconds } = workflow.complete();
  print(`   ${style("bold", status)} in ${duration(duration_seconds)}`);
}

async function act(
  print: Print,
  workflow: Workflow,
  agent: AgentName,
  milliseconds: number,
  ...artifacts: string[]
): Promise<void> {
  const work = async (run: Run) => {
    print(`   ${style("cyan", "▶")} ${agent} ${faint(AGENTS[agent].task)}`);
    await sleep(milliseconds);
    run.declareArtifacts(...artifacts);
    const handed = artifacts.length > 0 ? `, hands over ${artifacts.join(", ")}` : "";
    print(`   ${style("green", "✔")} ${agent} ${faint(`${duration(milliseconds / 1000)}${handed}`)}`);
  };
  await workflow.run(agent, AGENTS[agent].task, work, { task_type: AGENTS[agent].type });
}

/** The same sample every time (a linear congruential generator; its numbers only have to look varied). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
