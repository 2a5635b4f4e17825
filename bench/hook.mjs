// @ts-check
// The hook of Claude Code, a whole process from start to end, as a ratio to an empty `node -e 0`: both in turn, in this run.
// Run it: npm run bench:hook
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
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
 * @returns {number} milliseconds
 */
function time(args, input, directory) {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    input,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], OAK_TELEMETRY_DIR: directory },
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0 || stdout !== "" || stderr !== "") throw new Error(`ended with ${status}: ${stdout}${stderr}`);
  return milliseconds;
}

/** @param {number[]} numbers */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** @type {Record<string, { hook: number[], empty: number[], ratio: number[] }>} */
const times = Object.fromEntries(Object.keys(PAYLOADS).map((name) => [name, { hook: [], empty: [], ratio: [] }]));
for (let round = 0; round < ROUNDS; round++) {
  const directory = mkdtempSync(join(tmpdir(), "oak-bench-"));
  for (const [name, payload] of Object.entries(PAYLOADS)) {
    const input = JSON.stringify({ ...common, ...payload });
    const empty = time(["-e", "0"], input, directory);
    const hook = time([HOOK], input, directory);
    times[name]?.hook.push(hook);
    times[name]?.empty.push(empty);
    times[name]?.ratio.push(hook / empty);
  }
  rmSync(directory, { recursive: true });
}

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown cpu"}`);
console.log(`median of ${ROUNDS} rounds: the hook / an empty node`);
for (const [name, { hook, empty, ratio }] of Object.entries(times)) {
  const figures = `${median(hook).toFixed(1)} ms, empty ${median(empty).toFixed(1)} ms`;
  console.log(`${name.padEnd(28)} ratio ${median(ratio).toFixed(2)}   ${figures}`);
}
const all = Object.values(times).flatMap(({ ratio }) => ratio);
console.log(`${"all".padEnd(28)} ratio ${median(all).toFixed(2)}`);
