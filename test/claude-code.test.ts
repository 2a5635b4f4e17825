import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { FakeSession } from "./support/transcripts.js";
import { sharedData } from "./support/data.js";
import { temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";

/** Published transcripts of real sessions. */
const { path, absent } = sharedData("claude-code");

type Json = Record<string, any>;

const linesOf = (file: string): Json[] =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Json);

/** Reads a subagent's transcript in the simplest way that is right. */
function readNaively(lines: readonly Json[]) {
  const answers = lines.filter((line) => line["type"] === "assistant").map((line) => line["message"] as Json);
  const requests = new Map<string, Json>();
  for (const line of lines)
    if (line["message"]?.usage)
      requests.set(`${line["message"].id} ${line["requestId"]}`, line["message"].usage as Json);
  const calls = answers.flatMap((message) =>
    (message["content"] as Json[]).filter((block) => block["type"] === "tool_use"),
  );
  const sum = (field: string) => [...requests.values()].reduce((total, usage) => total + (usage[field] as number), 0);
  const writers = new Set(["Edit", "Write", "MultiEdit", "NotebookEdit"]);
  return {
    model: answers.at(-1)!["model"] as string,
    input_tokens: sum("input_tokens"),
    output_tokens: sum("output_tokens"),
    cache_read_input_tokens: sum("cache_read_input_tokens"),
    cache_creation_input_tokens: sum("cache_creation_input_tokens"),
    tools_used: [...new Set(calls.map((call) => call["name"] as string))],
    files_modified: [
      ...new Set(calls.filter((call) => writers.has(call["name"])).map((call) => call["input"].file_path as string)),
    ],
  };
}

const runs = (directory: string) =>
  oakJson<Json[]>(["sql", "--dir", directory, "SELECT * FROM invocations ORDER BY started_at"]);

describe.skipIf(absent)("the import of real transcripts", () => {
  it("finds every subagent that ran, and nothing else", async () => {
    const directory = temporaryDirectory();
    const result = await oakJson<Json>(["import", "claude-code", path, "--dir", directory]);
    expect(result).toMatchObject({ invocations: { found: 4, added: 4 }, not_understood: {} });
    const found = new Map((await runs(directory)).map((run) => [(run["metadata"] as Json)["agent_id"] as string, run]));

    // Those that have transcripts of their own.
    const own = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((file) =>
      /agent-(?!acompact)[^/]*\.jsonl$/.test(file),
    );
    expect(own.length).toBe(3);
    for (const file of own) {
      const lines = linesOf(join(path, file));
      const { metadata, ...run } = found.get(/agent-(.*)\.jsonl/.exec(file)![1]!)!;
      const { tools_used, files_modified, model, ...tokens } = readNaively(lines);
      expect(run).toMatchObject({ tools_used, files_modified, model, status: "success" });
      expect(metadata).toMatchObject(tokens);
      expect(run["session_id"]).toBe(file.split("/")[0]);
    }

    // And one that is only told of by the session that started it.
    const told = linesOf(join(path, "subagent.jsonl")).filter((line) => line["data"]?.type === "agent_progress");
    const [agent_id, ...others] = new Set(told.map((line) => line["data"].agentId as string));
    expect(others).toEqual([]);
    const { tools_used } = readNaively(told.map((line) => line["data"].message as Json));
    expect(found.get(agent_id!)).toMatchObject({ agent_name: "Plan", tools_used, status: "success" });
    expect(found.size).toBe(own.length + 1);
  });

  it("adds nothing the second time, nor from a part of it", async () => {
    const directory = temporaryDirectory();
    await oakJson(["import", "claude-code", path, "--dir", directory]);
    const log = readFileSync(join(directory, "agent_invocations.jsonl"), "utf8");
    for (const part of [path, join(path, "subagent.jsonl")])
      expect(await oakJson(["import", "claude-code", part, "--dir", directory])).toMatchObject({ lines_added: 0 });
    expect(readFileSync(join(directory, "agent_invocations.jsonl"), "utf8")).toBe(log);
    const doctor = await oakJson<Json>(["doctor", "--dir", directory]);
    expect(doctor).toMatchObject({ damaged: [], invalid: [], unknown_fields: {}, orphans: {}, duplicates: 0 });
  });

  it("makes reports of them", async () => {
    const directory = temporaryDirectory();
    await oak(["import", "claude-code", path, "--dir", directory]);
    const { stdout } = await oak(["report", "--dir", directory, "--as-of", "2026-02-13"]);
    expect(stdout).toContain("claude-code-guide");
  });
});

describe("oak import claude-code", () => {
  const projects = () => {
    const root = temporaryDirectory();
    const run = {
      agent: "tester",
      ending: "completed",
      requests: 1,
      edits: [],
      creates: [],
      reads: [],
      children: [],
      plain: true,
    } as const;
    new FakeSession("s", "sidecar")
      .request("go", [run])
      .noise("compaction")
      .write(join(root, "projects", "-home-me-shop"));
    return root;
  };

  it("reads what Claude Code keeps, wherever its configuration is", async () => {
    const root = projects();
    const directory = temporaryDirectory();
    const env = { CLAUDE_CONFIG_DIR: root };
    const { code, stdout, stderr } = await oak(["import", "claude-code", "--dir", directory], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/agent runs +1 +1 new/);
    expect(stdout).toContain("4 lines added");
    const [run] = await runs(directory);
    expect(run).toMatchObject({ agent_name: "tester", model: "claude-x", input_tokens: 6, output_tokens: 80 });
  });

  it("says in a dry run what it would add, and writes nothing at all", async () => {
    const root = projects();
    const directory = join(root, "oak");
    const { stdout } = await oak(["import", "claude-code", root, "--dir", directory, "--dry-run"]);
    expect(stdout).toContain("4 lines would be added");
    expect(existsSync(directory)).toBe(false);
  });

  it("says what is wrong and what to do", async () => {
    const root = projects();
    const env = { CLAUDE_CONFIG_DIR: join(root, "nowhere") };
    const empty = temporaryDirectory();
    for (const [args, code, message] of [
      [[], 1, "name their folder, or set CLAUDE_CONFIG_DIR"],
      [[join(root, "no")], 1, "no such file"],
      [[""], 2, "must not be empty"],
      [[root, "--project", "inn"], 1, "there are those of -home-me-shop"],
      [[root, "--since", "soon"], 2, "must be how long ago"],
      [[root, "--dir", "/proc/nowhere"], 1, "/proc/nowhere"],
    ] as const) {
      const result = await oak(["import", "claude-code", ...args], { env });
      expect(result.code).toBe(code);
      expect(result.stderr).toContain(message);
      expect(result.stderr.split("\n").length).toBeLessThan(4);
    }
    const { code, stdout } = await oak(["import", "claude-code", empty]);
    expect(code).toBe(0);
    expect(stdout).toContain(`No transcripts in ${empty}\n`);
    const { stdout: unchanged } = await oak(["import", "claude-code", root, "--since", "2100-01-01"]);
    expect(unchanged).toContain("None of 1 session");
  });
});
