// @ts-check
// The hook of Claude Code, a whole process from start to end, as a ratio to an empty `node -e 0`: both in turn, in this run.
// The time that the processor spent on both is told besides: on a machine that does other work it is the steadier one.
// Run it: npm run bench:hook
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROUNDS = Number(process.argv[2] ?? 60);
const HOOK = fileURLToPath(new URL("../dist/hook.cjs", import.meta.url));

const common = { session_id: "bench", transcript_path: "/nowhere/bench.jsonl", cwd: "/nowhere", prompt_id: "p" };
const spawned = {
  tool_name: "Agent",
  tool_use_id: "toolu_1",
  tool_input: {
    subagent_type: "Explore",
    description: "Find the login code",
    prompt:
      "Find where users log in. Start in src/server and look at middleware.ts and session.ts; list files and lines.",
  },
};
const agent = { agent_id: "a1b2c3d", agent_type: "Explore" };
const secret = { ...spawned.tool_input, prompt: `Deploy with token ghp_${"a1B2c3".repeat(6)}` };

/** A session's payloads in their order. @type {Record<string, object>} */
const PAYLOADS = {
  UserPromptSubmit: { hook_event_name: "UserPromptSubmit", prompt: "Where do users log in?" },
  PreToolUse: { hook_event_name: "PreToolUse", ...spawned },
  SubagentStart: { hook_event_name: "SubagentStart", ...agent },
  SubagentStop: { hook_event_name: "SubagentStop", ...agent, stop_hook_active: false, last_assistant_message: "Here." },
  PostToolUse: {
    hook_event_name: "PostToolUse",
    ...spawned,
    tool_response: { status: "completed", agentId: agent.agent_id, totalDurationMs: 4200, totalTokens: 900 },
  },
  Stop: { hook_event_name: "Stop", stop_hook_active: false, last_assistant_message: "In src/server." },
  "phantom SubagentStop": { hook_event_name: "SubagentStop", agent_id: "acompact-1", agent_type: "" },
  "another tool": { hook_event_name: "PreToolUse", tool_name: "Bash", tool_use_id: "toolu_2", tool_input: {} },
  "PreToolUse, a secret in it": { hook_event_name: "PreToolUse", ...spawned, tool_input: secret },
};

/**
 * @param {string[]} args
 * @param {string} input
 * @param {string} directory
 * @returns {{ wall: number, cpu: number }} milliseconds, and ticks of the processor
 */
function time(args, input, directory) {
  const start = process.hrtime.bigint();
  const before = ticksOfChildren();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    input,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], OAK_TELEMETRY_DIR: directory },
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0 || stdout !== "" || stderr !== "") throw new Error(`ended with ${status}: ${stdout}${stderr}`);
  return { wall: milliseconds, cpu: ticksOfChildren() - before };
}

/** What the processor has spent on the processes that have ended, where the system tells it (Linux). A tick is long: add up many. */
function ticksOfChildren() {
  try {
    const fields = readFileSync("/proc/self/stat", "latin1").split(") ").at(-1)?.split(" ") ?? [];
    return Number(fields[13]) + Number(fields[14]);
  } catch {
    return Number.NaN;
  }
}

/** @param {number[]} numbers */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** @param {readonly number[]} numbers */
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** @typedef {{ wall: number, cpu: number }} Time */
/** @type {Record<string, { hook: Time[], empty: Time[] }>} */
const times = Object.fromEntries(Object.keys(PAYLOADS).map((name) => [name, { hook: [], empty: [] }]));
for (let round = 0; round < ROUNDS; round++) {
  const directory = mkdtempSync(join(tmpdir(), "oak-bench-"));
  for (const [name, payload] of Object.entries(PAYLOADS)) {
    const input = JSON.stringify({ ...common, ...payload });
    times[name]?.empty.push(time(["-e", "0"], input, directory));
    times[name]?.hook.push(time([HOOK], input, directory));
  }
  rmSync(directory, { recursive: true });
}

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown cpu"}`);
console.log(`median of ${ROUNDS} rounds: the hook / an empty node`);
/** @param {string} name @param {Time[]} hook @param {Time[]} empty */
function tell(name, hook, empty) {
  const wall = median(hook.map((each, i) => each.wall / (empty[i]?.wall ?? Number.NaN)));
  // One process takes only a few ticks: all of them together are told apart.
  const cpu = sum(hook.map((each) => each.cpu)) / sum(empty.map((each) => each.cpu));
  const figures = `${median(hook.map((each) => each.wall)).toFixed(1)} ms, empty ${median(empty.map((each) => each.wall)).toFixed(1)} ms`;
  console.log(`${name.padEnd(28)} ratio ${wall.toFixed(2)}   of processor time ${cpu.toFixed(2)}   ${figures}`);
}
for (const [name, { hook, empty }] of Object.entries(times)) tell(name, hook, empty);
const all = Object.values(times);
tell(
  "all",
  all.flatMap(({ hook }) => hook),
  all.flatMap(({ empty }) => empty),
);
