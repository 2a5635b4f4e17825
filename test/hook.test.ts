import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { invocationId } from "../src/capture/claude-code/identity.js";
import { SimulatedClaudeCode, type Payload } from "./support/simulated-claude-code.js";
import { temporaryDirectory } from "./support/directory.js";
import { oak, oakJson, ROOT } from "./support/oak.js";

const HOOK = join(ROOT, "dist/hook.cjs");

/** Payloads at once; one group after the other. */
type Steps = readonly (readonly Payload[])[];

/** A session that is simulated, and how the runs that it truly has must end. */
interface Scenario {
  readonly steps: Steps;
  readonly runs: Readonly<Record<string, string>>;
}

const prompt = (id: string): Payload => ({ hook_event_name: "UserPromptSubmit", prompt: "Do it", prompt_id: id });
const call = (id: string, agent: string, more: object = {}): Payload => ({
  hook_event_name: "PreToolUse",
  tool_name: "Agent",
  tool_use_id: id,
  tool_input: { subagent_type: agent, description: `Task ${id}`, prompt: "Look at src/index.ts" },
  ...more,
});
const result = (id: string, agent_id: string, status = "completed", more: object = {}): Payload => ({
  hook_event_name: "PostToolUse",
  tool_name: "Agent",
  tool_use_id: id,
  tool_input: {},
  tool_response: { status, agentId: agent_id, totalTokens: 9, totalDurationMs: 5 },
  ...more,
});
const failed = (id: string, more: object): Payload => ({
  hook_event_name: "PostToolUseFailure",
  tool_name: "Agent",
  tool_use_id: id,
  tool_input: {},
  error: "it did not work",
  ...more,
});
const start = (agent_id: string, agent_type: string): Payload => ({
  hook_event_name: "SubagentStart",
  agent_id,
  agent_type,
});
const stop = (agent_id: string, agent_type: string, more: object = {}): Payload => ({
  hook_event_name: "SubagentStop",
  agent_id,
  agent_type,
  stop_hook_active: false,
  agent_transcript_path: `/nowhere/subagents/agent-${agent_id}.jsonl`,
  ...more,
});
const done: Payload = { hook_event_name: "Stop", stop_hook_active: false };
const over: Payload = { hook_event_name: "SessionEnd", reason: "other" };

/** Ten kinds of session; names of agents are their ids' first letters. */
const KINDS: Readonly<Record<string, (s: string) => Scenario>> = {
  "one after the other": (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [call(`${s}t1`, "planner")],
      [start(`${s}a1`, "planner")],
      [stop(`${s}a1`, "planner"), result(`${s}t1`, `${s}a1`)],
      [call(`${s}t2`, "coder")],
      [start(`${s}a2`, "coder")],
      [stop(`${s}a2`, "coder"), result(`${s}t2`, `${s}a2`)],
      [done],
      [over],
    ],
    runs: { [`${s}a1`]: "success", [`${s}a2`]: "success" },
  }),
  "three of a kind at once": (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [1, 2, 3].flatMap((n) => [call(`${s}t${n}`, "Explore"), start(`${s}a${n}`, "Explore")]),
      [1, 2, 3].flatMap((n) => [stop(`${s}a${n}`, "Explore"), result(`${s}t${n}`, `${s}a${n}`)]),
      [done],
      [over],
    ],
    runs: { [`${s}a1`]: "success", [`${s}a2`]: "success", [`${s}a3`]: "success" },
  }),
  nested: (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [call(`${s}t1`, "planner")],
      [start(`${s}a1`, "planner")],
      [call(`${s}t2`, "coder", { agent_id: `${s}a1`, agent_type: "planner" })],
      [start(`${s}a2`, "coder")],
      [stop(`${s}a2`, "coder")],
      [result(`${s}t2`, `${s}a2`, "completed", { agent_id: `${s}a1` })],
      [stop(`${s}a1`, "planner"), result(`${s}t1`, `${s}a1`)],
      [done],
    ],
    runs: { [`${s}a1`]: "success", [`${s}a2`]: "success" },
  }),
  "in the background": (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [call(`${s}t1`, "coder"), call(`${s}t2`, "coder")],
      [start(`${s}a1`, "coder"), start(`${s}a2`, "coder")],
      [result(`${s}t1`, `${s}a1`, "async_launched"), result(`${s}t2`, `${s}a2`, "async_launched")],
      [done],
      [stop(`${s}a2`, "coder")],
      [over],
    ],
    runs: { [`${s}a1`]: "unknown", [`${s}a2`]: "success" },
  }),
  interrupted: (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [call(`${s}t1`, "coder"), call(`${s}t2`, "planner")],
      [start(`${s}a1`, "coder"), start(`${s}a2`, "planner")],
      [failed(`${s}t1`, { is_interrupt: true }), failed(`${s}t2`, { is_interrupt: true })],
      [over],
    ],
    runs: { [`${s}a1`]: "unknown", [`${s}a2`]: "unknown" },
  }),
  "killed without a word": (s) => ({
    steps: [[prompt(`${s}p`)], [call(`${s}t1`, "coder")], [start(`${s}a1`, "coder")]],
    runs: { [`${s}a1`]: "unknown" },
  }),
  "stops that come twice, and phantoms": (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [stop(`${s}x1`, ""), stop("acompact-1", "Explore")],
      [call(`${s}t1`, "coder")],
      [start(`${s}a1`, "coder")],
      [stop(`${s}a1`, "coder"), stop(`${s}a1`, "coder"), stop(`${s}x2`, "coder")],
      [result(`${s}t1`, `${s}a1`)],
      [done, stop(`${s}x3`, "")],
      [over],
    ],
    runs: { [`${s}a1`]: "success" },
  }),
  "a stop under another id": (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [call(`${s}t1`, "coder")],
      [start(`${s}a1`, "coder")],
      [stop(`${s}y1`, "coder", { agent_transcript_path: `/nowhere/agent-${s}a1.jsonl` })],
      [done],
      [over],
    ],
    runs: { [`${s}a1`]: "success" },
  }),
  "failures, and calls that start nothing": (s) => ({
    steps: [
      [prompt(`${s}p`)],
      [call(`${s}t1`, "coder")],
      [start(`${s}a1`, "coder")],
      [failed(`${s}t1`, {})],
      [call(`${s}t2`, "nobody")],
      [failed(`${s}t2`, {})],
      [done],
      [over],
    ],
    runs: { [`${s}a1`]: "failure" },
  }),
  "nothing but warm-up and the program's own": (s) => ({
    steps: [
      [{ hook_event_name: "SessionStart", source: "startup" }],
      [start(`${s}w1`, "Explore"), start(`${s}w2`, "Plan")],
      [stop(`${s}w1`, "Explore"), stop(`${s}w2`, "Plan"), stop(`${s}x1`, "")],
      [prompt(`${s}p`)],
      [{ hook_event_name: "PreToolUse", tool_name: "Bash", tool_use_id: "b1", tool_input: { command: "ls" } }],
      [done],
      [over],
    ],
    runs: {},
  }),
};

describe("the hook, run as Claude Code runs it", () => {
  it("leaves exactly the true runs of 20 sessions in the log, and not a word", async () => {
    const project = temporaryDirectory();
    mkdirSync(join(project, ".oak"));
    expect(await oak(["init", "claude-code"], { cwd: project })).toMatchObject({ code: 0, stderr: expect.any(String) });
    // Minutes pass here between hooks that come one after the other at once in a session of Claude Code.
    const claude = new SimulatedClaudeCode(join(project, ".claude/settings.json"), project, {
      NODE_OPTIONS: `--import=${new URL("support/slow-clock.mjs", import.meta.url).href}`,
      SLOW_SINCE: String(Date.now()),
    });
    const sessions = [...Array(2).keys()].flatMap((round) =>
      Object.values(KINDS).map((kind, i) => ({ id: `session-${round}-${i}`, ...kind(`r${round}k${i}`) })),
    );
    await Promise.all(
      sessions.map(async ({ id, steps }) => {
        for (const step of steps) {
          await Promise.all(
            step.map((payload) =>
              claude.fire({ session_id: id, cwd: project, transcript_path: "/nowhere/s.jsonl", ...payload }),
            ),
          );
        }
      }),
    );
    // A day later the next session finds what was killed.
    const directory = join(project, ".oak");
    const journals = join(directory, "capture/claude-code");
    const yesterday = Date.now() / 1000 - 25 * 3600;
    for (const file of readdirSync(journals))
      utimesSync(join(journals, file), yesterday, yesterday - (file === "swept" ? 1e6 : 0));
    await claude.fire({ hook_event_name: "SessionStart", session_id: "next", source: "startup" });

    expect(claude.results.filter(({ code, output }) => code !== 0 || output !== "")).toEqual([]);
    const rows = await oakJson<{ invocation_id: string; status: string; workflow_id: string }[]>([
      "sql",
      "select invocation_id, status, workflow_id from invocations",
      "--dir",
      directory,
    ]);
    const expected = sessions.flatMap(({ id, runs }) =>
      Object.entries(runs).map(([agent_id, status]) => [invocationId(id, agent_id), status]),
    );
    expect(Object.fromEntries(rows.map((row) => [row.invocation_id, row.status]))).toEqual(
      Object.fromEntries(expected),
    );
    expect(rows).toHaveLength(expected.length);
    expect(new Set(rows.map(({ workflow_id }) => workflow_id)).size).toBe(
      sessions.filter(({ runs }) => Object.keys(runs).length > 0).length,
    );
    expect((await oak(["doctor", "--dir", directory])).code).toBe(0);
  });

  it("survives whatever arrives", async () => {
    const project = temporaryDirectory();
    const directory = join(project, "telemetry");
    mkdirSync(join(project, ".claude"));
    writeFileSync(join(project, "victim"), "untouched");
    expect((await oak(["init"], { cwd: project })).code).toBe(0);
    const settings = join(project, ".claude/settings.json");
    const claude = new SimulatedClaudeCode(settings, project, { OAK_TELEMETRY_DIR: directory });
    const [command] = claude.commandsFor({ hook_event_name: "Stop" });
    const fifo = join(project, "agent-f1.jsonl");
    spawnSync("sh", ["-c", `mkfifo "${fifo}"`]);
    const base = { session_id: "s", cwd: project, transcript_path: join(project, "s.jsonl") };
    const texts: (string | Buffer)[] = [
      "",
      "not JSON",
      "null",
      "[1, 2]",
      '"text"',
      "{}",
      '{"hook_event_name": 5, "session_id": []}',
      JSON.stringify({ ...base, hook_event_name: "SubagentStop", agent_id: { a: 1 }, agent_type: 7 }),
      JSON.stringify({ ...base, hook_event_name: "SubagentStop", agent_id: "../../victim", agent_type: "x" }),
      JSON.stringify({ ...base, session_id: "../../victim", hook_event_name: "SessionEnd" }),
      JSON.stringify({ ...base, session_id: "a\u0000b", hook_event_name: "SessionEnd" }),
      JSON.stringify({ ...base, hook_event_name: "PreToolUse", tool_name: "Agent", tool_use_id: "t", tool_input: [1] }),
      JSON.stringify({
        ...base,
        hook_event_name: "PostToolUse",
        tool_name: "Agent",
        tool_use_id: "t",
        tool_response: "?",
      }),
      JSON.stringify({ ...stop("f1", "x"), ...base, agent_transcript_path: fifo }),
      JSON.stringify({ ...stop("f2", "x"), ...base, agent_transcript_path: "/dev/zero" }),
      JSON.stringify({ ...base, hook_event_name: "UserPromptSubmit", prompt: 3, transcript_path: "/dev/zero", cwd: 9 }),
      `{"hook_event_name":"Stop","session_id":"s","__proto__":{"x":1},"constructor":{"prototype":1}}`,
      "[".repeat(200_000),
      Buffer.from([0xff, 0xfe, 0, 1, 2, 3]),
      Buffer.from(JSON.stringify({ ...base, ...call("t9", "big"), tool_input: { prompt: "x".repeat(5_000_000) } })),
      Buffer.alloc(100 * 1024 * 1024, "x"),
      JSON.stringify({ ...base, ...prompt("p"), prompt: "y".repeat(100 * 1024 * 1024) }),
    ];
    for (const text of texts) await claude.give(command!, text);
    expect(claude.results).toEqual(texts.map(() => ({ code: 0, output: "" })));
    expect(readFileSync(join(project, "victim"), "utf8")).toBe("untouched");
    expect(existsSync(join(project, "victim.jsonl"))).toBe(false);
    const lines = readFileSync(join(directory, "capture/claude-code/refused.jsonl"), "utf8").trim().split("\n");
    expect(lines.length).toBeGreaterThan(8);
    for (const file of readdirSync(join(directory, "capture/claude-code")))
      expect(statSync(join(directory, "capture/claude-code", file)).mode & 0o077).toBe(0);
    expect(existsSync(join(directory, "agent_invocations.jsonl"))).toBe(false);
  });

  it("says nothing where it can write nothing, and where nothing comes", async () => {
    const project = temporaryDirectory();
    writeFileSync(join(project, "file"), "");
    const text = JSON.stringify({ hook_event_name: "SessionStart", session_id: "s", cwd: "/does/not/exist" });
    const full = existsSync("/dev/full") ? ["/dev/full"] : [];
    for (const OAK_TELEMETRY_DIR of [join(project, "file"), "/proc/nowhere", "\u0001", ...full]) {
      const { PATH = "" } = process.env;
      const ended = spawnSync(process.execPath, [HOOK], {
        input: text,
        encoding: "utf8",
        env: { PATH, OAK_TELEMETRY_DIR },
      });
      expect({ code: ended.status, output: ended.stdout + ended.stderr }).toEqual({ code: 0, output: "" });
    }
    const elsewhere = { PATH: process.env["PATH"] ?? "", OAK_TELEMETRY_DIR: project };
    const closed = spawnSync("sh", ["-c", `"${process.execPath}" "${HOOK}" <&- >&- 2>&-; echo $?`], {
      encoding: "utf8",
      env: elsewhere,
    });
    expect(closed.stdout).toBe("0\n");
    const silent = spawn("sh", ["-c", `sleep 600 | { "${process.execPath}" "${HOOK}"; echo $?; }`], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
      env: elsewhere,
    });
    const said = await new Promise((resolve) => silent.stdout.setEncoding("utf8").once("data", resolve));
    process.kill(-silent.pid!);
    expect(said).toBe("0\n");
  });

  it("takes a payload that is whole, though nobody closes the pipe", async () => {
    const directory = temporaryDirectory();
    const { PATH = "" } = process.env;
    const child = spawn(process.execPath, [HOOK], {
      env: { PATH, OAK_TELEMETRY_DIR: directory },
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin.on("error", () => undefined);
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.stdin.write('{"hook_event_name":"Stop",');
    child.stdin.write('"session_id":"s"}');
    expect(await ended).toBe(0);
    child.stdin.destroy();
    expect(readdirSync(join(directory, "capture/claude-code"))).toEqual(["s.jsonl"]);
  });

  it("leaves out secrets, and does what oak hook does", async () => {
    const directory = temporaryDirectory();
    const { PATH = "" } = process.env;
    const secret = `sk-ant-api03-${"a1B2".repeat(20)}`;
    const payload = {
      session_id: "s",
      ...call("t1", "coder"),
      tool_input: { prompt: `Use ${secret}`, subagent_type: "coder" },
    };
    const payloads = [payload, { session_id: "s", ...start("a1", "coder") }];
    for (const each of payloads) {
      const ended = spawnSync(process.execPath, [join(ROOT, "dist/cli/main.cjs"), "hook"], {
        input: JSON.stringify(each),
        encoding: "utf8",
        env: { PATH, OAK_TELEMETRY_DIR: directory },
      });
      expect({ code: ended.status, output: ended.stdout + ended.stderr }).toEqual({ code: 0, output: "" });
    }
    const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((file) => join(directory, file));
    const text = files
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file, "utf8"))
      .join("");
    expect(text).toContain("Use [REDACTED]");
    expect(text).not.toContain("a1B2a1B2");
  });

  it("can be told again from a file of payloads", async () => {
    const directory = temporaryDirectory();
    const file = join(temporaryDirectory(), "payloads.jsonl");
    const scenario = KINDS["killed without a word"]!("z");
    const lines = scenario.steps
      .flat()
      .map((payload, i) =>
        JSON.stringify({ timestamp: `2026-03-01T12:00:0${i}Z`, session_id: "s", cwd: "/home/me/shop", ...payload }),
      );
    writeFileSync(file, `${lines.join("\n")}\n{"torn\n`);
    const told = await oakJson(["hook", "--replay", file, "--dir", directory]);
    expect(told).toMatchObject({ payloads: 3, refused: 1, runs: 1, abandoned: 1, events: 4 });
    const rows = await oakJson<unknown[]>(["sql", "from invocations", "--dir", directory]);
    expect(rows).toEqual([
      expect.objectContaining({ agent_name: "coder", status: "unknown", started_at: "2026-03-01T12:00:02.000Z" }),
    ]);
  });
});
