// @ts-check
// Recorder throughput as a ratio to bare fs.writeSync of the same lines, both in this process, in alternating rounds.
// Run it: npm run bench:record
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

import { TelemetryLogger } from "oak-telemetry/record";

const EVENTS = 26_000;
const ROUNDS = 15;

/** @typedef {(logger: TelemetryLogger, i: number) => void} Call */

/** @type {Call} */
const logInvocation = (logger, i) =>
  void logger.logInvocation({
    invocation_id: `inv-${i}`,
    agent_name: "backend-architect",
    agent_type: "development",
    task_description: "Add OAuth2 login to the customer portal and cover it with integration tests",
    state_features: { task: { type: "api_development", scope: "small" } },
    workflow_id: `wf-${i}`,
  });
/** @type {Call} */
const updateInvocation = (logger, i) =>
  void logger.updateInvocation({
    invocation_id: `inv-${i}`,
    duration_seconds: 342.5,
    outcome_status: "success",
    files_modified: ["src/login.ts"],
    tools_used: ["Edit", "Bash", "Read"],
  });
/** @type {Call} */
const logSuccessMetric = (logger, i) =>
  void logger.logSuccessMetric({ invocation_id: `inv-${i}`, success: true, quality_rating: 4 });
/** @type {Call} */
const logAgentHandoff = (logger, i) =>
  void logger.logAgentHandoff({
    workflow_id: `wf-${i}`,
    from_agent: "backend-architect",
    to_agent: "frontend-developer",
    artifacts: ["artifacts/api-spec.yaml"],
  });
const agents = ["systems-architect", "backend-architect", "frontend-developer"];
/** @type {Call} */
const logWorkflowStart = (logger, i) =>
  void logger.logWorkflowStart({ workflow_id: `wf-${i}`, project_name: "Shop", agent_plan: agents });
/** @type {Call} */
const logWorkflowComplete = (logger, i) =>
  void logger.logWorkflowComplete({
    workflow_id: `wf-${i}`,
    duration_seconds: 6500,
    success: true,
    agents_executed: agents,
  });

/** The events of a workflow of three agents. @type {Call[]} */
const WORKFLOW = [
  logWorkflowStart,
  logInvocation,
  updateInvocation,
  logSuccessMetric,
  logAgentHandoff,
  logInvocation,
  updateInvocation,
  logSuccessMetric,
  logAgentHandoff,
  logInvocation,
  updateInvocation,
  logSuccessMetric,
  logWorkflowComplete,
];

/** @type {Record<string, Call[]>} */
const LOADS = {
  "whole workflows of 3 agents": WORKFLOW,
  logWorkflowStart: [logWorkflowStart],
  logAgentHandoff: [logAgentHandoff],
  logInvocation: [logInvocation],
  updateInvocation: [updateInvocation],
  logSuccessMetric: [logSuccessMetric],
};

/** @param {() => void} work @returns {number} microseconds an event */
function time(work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e3 / EVENTS;
}

/** @param {number[]} numbers @returns {number} */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

/**
 * One round: records the load, then writes the very same lines bare.
 * @param {Call[]} calls
 */
function round(calls) {
  const folder = mkdtempSync(join(tmpdir(), "oak-bench-"));
  const directory = join(folder, "telemetry");
  const logger = new TelemetryLogger({ directory });
  const recorded = time(() => {
    for (let i = 0; i < EVENTS; i++) calls[i % calls.length]?.(logger, i);
    logger.close();
  });
  const lines = readdirSync(directory).flatMap((file) =>
    readFileSync(join(directory, file), "utf8").trimEnd().split("\n"),
  );
  if (lines.length !== EVENTS || logger.dropped > 0) throw new Error(`${lines.length} lines instead of ${EVENTS}`);
  const bare = time(() => {
    const descriptor = openSync(join(folder, "bare.jsonl"), "a");
    for (const line of lines) writeSync(descriptor, `${line}\n`);
    closeSync(descriptor);
  });
  rmSync(folder, { recursive: true });
  return { recorded, bare, ratio: bare / recorded };
}

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown cpu"}`);
console.log(`median of ${ROUNDS} rounds of ${EVENTS} events; throughput of the recorder / bare fs.writeSync`);
for (const [name, calls] of Object.entries(LOADS)) {
  round(calls); // warms up
  const rounds = Array.from({ length: ROUNDS }, () => round(calls));
  const of = (/** @type {"recorded" | "bare" | "ratio"} */ key) => median(rounds.map((each) => each[key])).toFixed(2);
  console.log(`${name.padEnd(28)} ratio ${of("ratio")}   ${of("recorded")} µs an event, bare ${of("bare")} µs`);
}
