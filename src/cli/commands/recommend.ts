import { existsSync } from "node:fs";

import { InvalidArgumentError, Option, type Command } from "commander";

import type { DefinitionProblem } from "../../event/definition-problem.js";
import type { AgentAdvice, AgentRanking } from "../../select/advice.js";
import type { AgentSelector, AgentQuery } from "../../selector.js";
import { CommandError } from "../errors.js";
import { count } from "../format.js";
import { commonOptions, time, type CommonOptions } from "../options.js";
import { existingDirectory, hasTelemetry, noteUnreadable, printEmpty, showProgress } from "../reading.js";
import { endProcess, note, print, printable, printJson } from "../terminal.js";

interface Options extends CommonOptions {
  readonly task: string;
  readonly domain?: string;
  readonly all?: boolean;
  readonly minConfidence: number;
  readonly explore?: boolean;
  readonly balance?: "success" | "speed";
  readonly explain?: boolean;
  readonly agentsDir?: string;
  readonly asOf?: string;
}

/** So that scripts can tell the answers apart. */
const EXIT_CODES: Readonly<Record<AgentAdvice["status"], number>> = {
  recommended: 0,
  no_suitable_agent: 3,
  not_enough_evidence: 4,
};

const MOST_PROBLEMS = 3;

export function addRecommend(program: Command): void {
  commonOptions(program.command("recommend"))
    .alias("query-best-agent")
    .description("which agent should do this task? by what came of the tasks that agents did before")
    .requiredOption("--task <text>", "what is to be done, in your own words", text)
    .option("--domain <text>", "the field that it belongs to: backend, security, a kind of task, an agent", text)
    .option("--all", "every agent with its confidence, the best first")
    .option("--min-confidence <p>", "recommend nobody below this probability of success, 0 to 1", probability, 0.5)
    .option(
      "--explore",
      "give agents that are less known a chance: for advice that is carried out and recorded, with its propensity",
    )
    .addOption(
      new Option("--balance <what>", "speed: half the time is worth 5 points of confidence").choices([
        "success",
        "speed",
      ]),
    )
    .option("--explain", "what the confidence is made of, and more of the past runs behind it")
    .option(
      "--agents-dir <path>",
      "agent definition files (default: .claude/agents of the project and of your home)",
      text,
    )
    .option("--as-of <time>", "what counts as now: ISO 8601, such as 2026-11-01T12:00:00Z (default: now)", time)
    .addHelpText(
      "after",
      `
Exit codes: 0 an agent is recommended, 3 no suitable agent, 4 not enough evidence (with --all: no agent has run yet).

Examples:
  oak recommend --task "API development" --domain backend
  oak recommend --task "security audit" --explain
  oak recommend --task "database design" --domain backend --all
  oak recommend --task "fix the flaky login test" --json | jq -r .agent_name
  oak recommend --task "fix the flaky login test" --explore --json | jq .propensity`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const directory = existingDirectory(options);
  if (options.agentsDir !== undefined && !existsSync(options.agentsDir))
    throw new CommandError(`folder of agents ${options.agentsDir} does not exist (named by --agents-dir)`);
  const { AgentSelector } = await import("../../selector.js");
  const selector = new AgentSelector({
    directory,
    ...(options.asOf === undefined ? {} : { as_of: options.asOf }),
    ...(options.agentsDir === undefined ? {} : { agents_dir: options.agentsDir }),
    onProgress: showProgress(),
  });
  const query: AgentQuery = {
    task_description: options.task,
    domain: options.domain ?? null,
    min_confidence: options.minConfidence,
    explore: options.explore ?? false,
    balance: options.balance ?? "success",
  };
  try {
    const problems = await (options.all ? printRanking : printAdvice)(selector, query, options);
    if (!options.json) {
      noteUnreadable(await selector.unreadableLines());
      noteProblems(problems);
    }
  } finally {
    selector.close();
  }
  endProcess();
}

async function printAdvice(selector: AgentSelector, query: AgentQuery, options: Options): Promise<Problems> {
  const [advice, view] = await Promise.all([
    selector.queryBestAgent(query),
    // Loaded beside the tables.
    options.json ? undefined : import("../views/advice.js"),
  ]);
  process.exitCode = EXIT_CODES[advice.status];
  if (!view) printJson(advice);
  else if (isEmpty(advice, selector.directory)) printEmpty(selector.directory, options);
  else print(view.adviceText(advice, options.explain ?? false));
  return advice.definition_problems;
}

async function printRanking(selector: AgentSelector, query: AgentQuery, options: Options): Promise<Problems> {
  const [ranking, view] = await Promise.all([
    selector.rankAgents(query),
    options.json ? undefined : import("../views/agent-ranking.js"),
  ]);
  process.exitCode = ranking.agents.length > 0 ? 0 : EXIT_CODES.not_enough_evidence;
  if (!view) printJson(ranking);
  else if (isEmpty(ranking, selector.directory)) printEmpty(selector.directory, options);
  else print(view.agentRankingText(ranking, options.explain ?? false));
  return ranking.definition_problems;
}

type Problems = readonly DefinitionProblem[];

/** Whether there is neither a log nor a definition to go by. Runs whose outcome nobody knows are a log. */
function isEmpty(answer: AgentAdvice | AgentRanking, directory: string): boolean {
  const described = "agents" in answer ? answer.without_runs : "shortlist" in answer ? answer.shortlist : [];
  return answer.runs === 0 && described.length === 0 && !hasTelemetry(directory);
}

function noteProblems(problems: Problems): void {
  if (problems.length === 0) return;
  const rest = problems.length - MOST_PROBLEMS;
  note(
    `${count(problems.length, "agent definition file")} could not be used:`,
    ...problems.slice(0, MOST_PROBLEMS).map(({ path, reason }) => `  ${printable(path)}: ${printable(reason)}`),
    ...(rest > 0 ? [`  and ${rest} more: --json names all`] : []),
  );
}

function text(given: string): string {
  if (given.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return given;
}

function probability(given: string): number {
  const number = Number(given);
  if (given.trim() === "" || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError("It must be a number from 0 to 1, such as 0.5.");
  return number;
}
