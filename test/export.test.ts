import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { ExportResult } from "../src/access/exporter.js";
import type { TelemetryEvent } from "../src/event/events.js";
import { sharedData } from "./support/data.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 1) + minute * 60_000).toISOString();
const NOW = ["--as-of", "2026-11-02T12:00:00Z"];

const AWKWARD = 'quote " comma , line\nend \u00e9 \u{1f980} tab\t';

const EVENTS = [
  { timestamp: at(0), event: "workflow_start", workflow_id: "done", project_name: AWKWARD, agent_plan: ["a", "b, c"] },
  {
    timestamp: at(0),
    event: "invocation_start",
    invocation_id: "1",
    agent_name: "a",
    workflow_id: "done",
    task_description: AWKWARD,
    task_type: "design",
    metadata: { nested: [1, null] },
  },
  { timestamp: at(1), event: "invocation_update", invocation_id: "1", outcome: { status: "success" } },
  { timestamp: at(1), event: "agent_handoff", workflow_id: "done", from_agent: "a", to_agent: "b", artifacts: ["x"] },
  {
    timestamp: at(1),
    event: "invocation_start",
    invocation_id: "2",
    agent_name: "b",
    state_features: { task: "text" },
  },
  { timestamp: at(2), event: "invocation_update", invocation_id: "3", outcome: { status: "failure" } },
  {
    timestamp: at(3),
    event: "workflow_complete",
    workflow_id: "done",
    duration_seconds: 180,
    success: true,
    agents_executed: ["a", "b"],
  },
  { timestamp: at(0), event: "workflow_start", workflow_id: "off", project_name: "", agent_plan: [] },
  { timestamp: at(1), event: "workflow_cancelled", workflow_id: "off", reason: "changed plans" },
  { timestamp: at(0), event: "workflow_start", workflow_id: "running", project_name: "", agent_plan: [] },
  { timestamp: at(5), event: "success_metric", invocation_id: "1", success: true, quality_rating: 4 },
  { timestamp: at(6), event: "success_metric", invocation_id: "1", success: true, quality_rating: 9 },
] as unknown as TelemetryEvent[];

type Row = Record<string, unknown>;

const jsonLines = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);

describe("oak export", () => {
  it.each(["parquet", "csv", "jsonl"])("writes every table as %s, which reads back as it was", async (format) => {
    const directory = directoryOf(EVENTS);
    const out = join(temporaryDirectory(), "new", "folder");
    const { files } = await oakJson<ExportResult>(["export", "--format", format, "--out", out, "--dir", directory]);
    const read = async (sql: string) =>
      JSON.parse((await oak(["sql", sql, "--allow-files", "--json", "--dir", directory])).stdout) as Row[];
    for (const { file, bytes } of files) {
      const { size, mode } = statSync(join(out, file));
      expect({ size, mode: mode & 0o777 }).toEqual({ size: bytes, mode: 0o600 });
    }
    const counts = files.map(({ file }) => `SELECT '${file}' AS file, count(*) AS rows FROM '${join(out, file)}'`);
    expect(await read(`${counts.join(" UNION ALL ")} ORDER BY file`)).toEqual(
      files.map(({ file, rows }) => ({ file, rows })).toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    );
    expect(readdirSync(out).toSorted()).toEqual(files.map(({ file }) => file).toSorted());
    const columns = "started_at, project_name, agent_plan, cancel_reason, duration_seconds";
    const original = await read(`SELECT ${columns} FROM workflows ORDER BY workflow_id`);
    const path = join(out, `workflows.${format}`);
    const plan = format === "csv" ? "CAST(CAST(agent_plan AS JSON) AS VARCHAR[]) AS agent_plan" : "agent_plan";
    const from = format === "csv" ? `read_csv('${path}', allow_quoted_nulls = false)` : `'${path}'`;
    const exported = await read(
      `SELECT CAST(started_at AS TIMESTAMP) AS started_at, project_name, ${plan}, cancel_reason, duration_seconds
      FROM ${from} ORDER BY workflow_id`,
    );
    expect(exported).toEqual(original);
    expect(original[0]).toMatchObject({ project_name: AWKWARD, agent_plan: ["a", "b, c"] });
  });

  it("writes the tables that it is told to, and says times as the log does", async () => {
    const directory = directoryOf(EVENTS);
    const out = temporaryDirectory();
    const options = ["--format", "jsonl", "--out", out, "--tables", "workflows, feedback", "--dir", directory, ...NOW];
    const { stdout } = await oak(["export", ...options]);
    expect(stdout).toContain("workflows.jsonl");
    expect(readdirSync(out).toSorted()).toEqual(["feedback.jsonl", "workflows.jsonl"]);
    const workflows = jsonLines(join(out, "workflows.jsonl"));
    expect(Object.fromEntries(workflows.map(({ workflow_id, status }) => [workflow_id, status]))).toEqual({
      done: "completed",
      off: "cancelled",
      running: "abandoned",
    });
    expect(workflows.find(({ workflow_id }) => workflow_id === "done")).toMatchObject({ started_at: at(0) });
  });

  it("replaces files only when it is told to, and then all of them at once", async () => {
    const directory = directoryOf(EVENTS);
    const out = temporaryDirectory();
    writeFileSync(join(out, "handoffs.csv"), "mine");
    const options = ["export", "--format", "csv", "--out", out, "--dir", directory];
    const { code, stdout, stderr } = await oak(options);
    expect({ code, stdout, files: readdirSync(out) }).toEqual({ code: 1, stdout: "", files: ["handoffs.csv"] });
    expect(stderr).toContain("handoffs.csv already: --force");
    expect(readFileSync(join(out, "handoffs.csv"), "utf8")).toBe("mine");
    expect((await oak([...options, "--force"])).code).toBe(0);
    expect(readFileSync(join(out, "handoffs.csv"), "utf8")).toMatch(/^workflow_id,from_agent,/);
  });

  it.each([
    [["--format", "xml", "--out", "x"], "parquet, csv, jsonl, oak-python"],
    [["--format", "csv"], "--out"],
    [["--out", "x"], "--format"],
    [["--format", "csv", "--out", ""], "must not be empty"],
    [["--format", "csv", "--out", "x", "--tables", "workflow"], "there is no table workflow; tables: workflows"],
    [["--format", "oak-python", "--out", "x", "--tables", "feedback"], "does not go with"],
  ])("refuses %j with exit code 2", async (options, message) => {
    const cwd = temporaryDirectory();
    const { code, stdout, stderr } = await oak(["export", ...options, "--dir", directoryOf([])], { cwd });
    expect({ code, stdout, made: readdirSync(cwd) }).toEqual({ code: 2, stdout: "", made: [] });
    expect(stderr).toContain(message);
  });

  it("gives empty files for an empty log, and says where it cannot write", async () => {
    const directory = temporaryDirectory();
    const out = join(directory, "out");
    const { files } = await oakJson<ExportResult>(["export", "--format", "csv", "--out", out, "--dir", directory]);
    expect(files.every(({ rows }) => rows === 0)).toBe(true);
    const file = join(directory, "file");
    writeFileSync(file, "");
    const { code, stderr } = await oak(["export", "--format", "csv", "--out", file, "--dir", directory]);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("oak export --format oak-python", () => {
  it("writes one line for each invocation, and leaves out what the Python analyzer would stumble over", async () => {
    const out = temporaryDirectory();
    const options = ["export", "--format", "oak-python", "--out", out, "--dir", directoryOf(EVENTS), ...NOW];
    const { code, stderr } = await oak(options);
    expect(code).toBe(0);
    expect(stderr).toBe(
      "left out, as the Python analyzer cannot take it: 1 invocation without an agent, 1 feedback without a rating from 1 to 5\n",
    );
    const [first, second, ...others] = jsonLines(join(out, "agent_invocations.jsonl"));
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      timestamp: "2026-11-01T00:00:00Z",
      invocation_id: "1",
      state_features: { task: { type: "design" } },
      task_type: "design",
      duration_seconds: 60,
      outcome: { status: "success", files_modified: [] },
      metadata: { nested: [1, null] },
    });
    expect(second).toMatchObject({ duration_seconds: null, outcome: { status: "unknown" } });
    const text = readFileSync(join(out, "agent_invocations.jsonl"), "latin1");
    expect(text).not.toMatch(/[^\n\u0020-\u007e]/);
    const events = jsonLines(join(out, "workflow_events.jsonl")).map(({ event, workflow_id }) => [event, workflow_id]);
    expect(events.filter(([event]) => event === "workflow_complete")).toEqual([["workflow_complete", "done"]]);
    expect(events.filter(([event]) => event === "workflow_start")).toHaveLength(3);
    expect(jsonLines(join(out, "success_metrics.jsonl"))).toHaveLength(1);
    expect(existsSync(join(out, "tables"))).toBe(false);
  });

  const { path, absent } = sharedData("oak-python");

  describe.skipIf(absent)("of a directory of the Python logger", () => {
    const asOf = absent ? "" : (JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as { as_of: string }).as_of;
    const exportAll = async () => {
      const out = temporaryDirectory();
      mkdirSync(out, { recursive: true });
      await oakJson(["export", "--format", "oak-python", "--out", out, "--dir", path, "--as-of", asOf]);
      return out;
    };

    it("gives the same lines, and so the same results", async () => {
      const out = await exportAll();
      for (const file of ["workflow_events.jsonl", "agent_invocations.jsonl", "success_metrics.jsonl"]) {
        const sorted = (directory: string) =>
          jsonLines(join(directory, file))
            .map((line) => JSON.stringify(line))
            .toSorted();
        expect(sorted(out)).toEqual(sorted(path));
      }
      for (const command of ["stats", "workflows", "trends"]) {
        const results = (directory: string) => oakJson([command, "--dir", directory, "--as-of", asOf]);
        expect(await results(out)).toEqual(await results(path));
      }
    });

    it("gives a naive reader, which counts lines, the counts that Python has", async () => {
      const out = await exportAll();
      const { statistics } = JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as {
        statistics: {
          total_invocations: number;
          agents: Record<string, { invocation_count: number; success_rate: number }>;
        };
      };
      const agents: Record<string, { invocation_count: number; success: number; failure: number }> = {};
      const lines = jsonLines(join(out, "agent_invocations.jsonl")) as {
        agent_name: string;
        outcome: { status: string };
      }[];
      for (const { agent_name, outcome } of lines) {
        const agent = (agents[agent_name] ??= { invocation_count: 0, success: 0, failure: 0 });
        agent.invocation_count++;
        if (outcome.status === "success" || outcome.status === "failure") agent[outcome.status]++;
      }
      expect(lines).toHaveLength(statistics.total_invocations);
      const naive = Object.entries(agents).map(([name, { invocation_count, success, failure }]) => [
        name,
        { invocation_count, success_rate: Math.round((1000 * success) / (success + failure)) / 1000 },
      ]);
      expect(statistics.agents).toMatchObject(Object.fromEntries(naive));
      expect(naive.map(([name]) => name)).toEqual(Object.keys(statistics.agents));
    });
  });
});
