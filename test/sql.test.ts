import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { query } from "../src/access/query.js";
import type { TelemetryEvent } from "../src/event/events.js";
import { TABLES, type TableSchema } from "../src/tables/schema.js";
import { VIEWS } from "../src/tables/views.js";
import { append, directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak, ROOT } from "./support/oak.js";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 1) + minute * 60_000).toISOString();

const start = (id: string, minute: number, more: object = {}) => ({
  timestamp: at(minute),
  event: "invocation_start",
  invocation_id: id,
  agent_name: "a",
  ...more,
});
const end = (id: string, minute: number) => ({
  timestamp: at(minute),
  event: "invocation_update",
  invocation_id: id,
  outcome: { status: "success" },
});
const workflow = (workflow_id: string, minute: number, event = "workflow_start", more: object = {}) => ({
  timestamp: at(minute),
  event,
  workflow_id,
  project_name: "",
  agent_plan: ["a"],
  ...more,
});

const EVENTS = [
  workflow("done", 0),
  start("1", 1, { workflow_id: "done", state_features: { deep: [1] } }),
  end("1", 3),
  start("2", 4, { workflow_id: "done", agent_name: "b" }),
  end("2", 9),
  workflow("done", 10, "workflow_complete", { duration_seconds: 600, success: true, agents_executed: ["a", "b"] }),
  workflow("failed", 0, "workflow_complete", { duration_seconds: 1, success: false, agents_executed: [] }),
  workflow("off", 0),
  workflow("off", 1, "workflow_cancelled"),
  workflow("silent", 0),
  workflow("running", 30),
] as unknown as TelemetryEvent[];

type Row = Record<string, unknown>;

/** All rows of a query, without a process of its own. */
async function ask(directory: string, sql: string, options: { as_of?: string; allow_files?: boolean } = {}) {
  return query(sql, { directory, ...options }, async ({ columns, batches }) => {
    const all: Row[] = [];
    for await (const rows of batches)
      for (const row of rows) all.push(Object.fromEntries(columns.map((name, i) => [name, row[i]])));
    return all;
  });
}

describe("oak sql", () => {
  it("answers with a table, JSON or CSV", async () => {
    const directory = directoryOf(EVENTS);
    const sql = `SELECT agent_name, count(*) AS runs, min(started_at) AS first, list(invocation_id) AS ids, NULL AS nothing
      FROM invocations GROUP BY ALL ORDER BY agent_name`;
    const run = (...more: string[]) => oak(["sql", sql, "--dir", directory, ...more]);
    expect(await run()).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "agent_name  runs  first                     ids    nothing",
        'a              1  2026-11-01T00:01:00.000Z  ["1"]  –',
        'b              1  2026-11-01T00:04:00.000Z  ["2"]  –',
        "",
      ].join("\n"),
    });
    expect(JSON.parse((await run("--json")).stdout)).toEqual([
      { agent_name: "a", runs: 1, first: at(1), ids: ["1"], nothing: null },
      { agent_name: "b", runs: 1, first: at(4), ids: ["2"], nothing: null },
    ]);
    expect((await run("--csv")).stdout).toBe(
      `agent_name,runs,first,ids,nothing\r\na,1,${at(1)},"[""1""]",\r\nb,1,${at(4)},"[""2""]",\r\n`,
    );
  });

  it("reads the query from standard input", async () => {
    const child = spawn(process.execPath, [`${ROOT}dist/cli/main.cjs`, "sql", "--json", "--dir", directoryOf(EVENTS)]);
    child.stdin.end("-- how many?\nSELECT count(*) AS runs\nFROM invocations;\n");
    let stdout = "";
    for await (const text of child.stdout.setEncoding("utf8")) stdout += text as string;
    expect(JSON.parse(stdout)).toEqual([{ runs: 2 }]);
  });

  it("gives columns of the same name names of their own", async () => {
    const { stdout } = await oak([
      "sql",
      "SELECT 1 AS a, 2 AS a, 3 AS __proto__",
      "--json",
      "--dir",
      temporaryDirectory(),
    ]);
    expect(stdout).toBe('[\n{"a":1,"a:1":2,"__proto__":3}\n]\n');
  });

  it("shows 100 rows and says how many more there are; JSON and CSV have all", async () => {
    const directory = temporaryDirectory();
    const run = (...more: string[]) =>
      oak(["sql", "SELECT range AS n FROM range(50_000)", "--dir", directory, ...more]);
    const { stdout, stderr } = await run();
    expect(stdout.trimEnd().split("\n")).toHaveLength(101);
    expect(stderr).toBe("100 of 50,000 rows: --limit 50000, --json or --csv print all\n");
    expect((await run("--limit", "3")).stdout).toBe("n\n0\n1\n2\n");
    expect(JSON.parse((await run("--json")).stdout)).toHaveLength(50_000);
    expect((await run("--csv")).stdout.trimEnd().split("\r\n")).toHaveLength(50_001);
  });

  it("says what is wrong with the query, and where", async () => {
    const directory = directoryOf(EVENTS);
    const run = (sql: string) => oak(["sql", sql, "--dir", directory]);
    expect(await run("SELECT agent FROM handoffs")).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^oak: Binder Error: Referenced column "agent" not found.*\nCandidate bindings: .*\nLINE 1: SELECT agent FROM handoffs\n {15}\^\n$/,
      ),
    });
    expect(await run("SELEC 1")).toMatchObject({ code: 1, stderr: expect.stringContaining('at or near "SELEC"') });
    expect(await run("SELECT CAST(agent_name AS INT) FROM invocations")).toMatchObject({ code: 1, stdout: "" });
    expect(await run("FROM read_csv('/etc/passwd')")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("--allow-files"),
    });
    for (const sql of ["", " ; ", "-- nothing", "SELECT 1; SELECT 2", "DROP VIEW workflows"])
      expect(await run(sql)).toMatchObject({ code: 2, stdout: "" });
    const both = await oak(["sql", "SELECT 1", "--json", "--csv", "--dir", directory]);
    expect(both).toMatchObject({ code: 2, stdout: "" });
  });

  it("fits the terminal and steers it nowhere", async () => {
    const directory = directoryOf([start("\u001b[31m\u0007", 0, { task_description: "日本 ".repeat(80) })] as never);
    for (const sql of ["FROM invocations", "SELECT task_description, invocation_id FROM invocations"]) {
      const { stdout } = await oak(["sql", sql, "--dir", directory]);
      expect(stdout).not.toMatch(/[\u001b\u0007]/);
      for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    }
    expect((await oak(["sql", "EXPLAIN SELECT 1", "--dir", directory])).stdout).toContain("PROJECTION");
  });

  it("gives empty tables where nothing was recorded", async () => {
    const { code, stdout, stderr } = await oak(["sql", "FROM handoffs", "--dir", temporaryDirectory()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "no rows\n" });
    expect(stdout).toMatch(/^workflow_id +from_agent/);
  });
});

describe("the views", () => {
  it("tell what has become of a workflow, as of any time", async () => {
    const directory = directoryOf(EVENTS);
    const statuses = async (as_of: string) => {
      const rows = await ask(directory, "SELECT workflow_id, status FROM workflows ORDER BY workflow_id", { as_of });
      return Object.fromEntries(rows.map(({ workflow_id, status }) => [workflow_id, status]));
    };
    expect(await statuses("2026-11-02T00:15:00Z")).toEqual({
      done: "completed",
      failed: "failed",
      off: "cancelled",
      running: "running",
      silent: "abandoned",
    });
    expect(await statuses("2026-11-01T00:05:00Z")).toMatchObject({ done: "running", silent: "running" });
  });

  it("give the metrics of workflows and runs in seconds", async () => {
    const directory = directoryOf(EVENTS);
    expect(await ask(directory, "SELECT * FROM workflow_metrics")).toMatchObject([
      { workflow_id: "done", wall_seconds: 600, busy_seconds: 420, lead_in_seconds: 60, agents: 2, adherence: 2 / 3 },
    ]);
    expect(await ask(directory, "SELECT * FROM workflow_runs ORDER BY position")).toMatchObject([
      { invocation_id: "1", started_at: at(1), critical_path_seconds: 120, ready_at: null, waited_seconds: null },
      { invocation_id: "2", started_at: at(4), critical_path_seconds: 300, ready_at: at(3), waited_seconds: 60 },
    ]);
  });

  it("show every column of the tables that is not the fold's own, and no other table", async () => {
    const directory = temporaryDirectory();
    expect(await ask(directory, "SHOW TABLES")).toEqual(
      VIEWS.map(({ name }) => ({ name })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
    for (const [table, { columns }] of Object.entries(TABLES) as [string, TableSchema][]) {
      const view = VIEWS.find(({ name }) => name === table);
      const shown = view?.columns.map(({ from }) => from).join(" ") ?? "";
      for (const column of Object.keys(columns)) expect(shown).toMatch(new RegExp(`\\b${column}\\b`));
    }
    for (const { name, columns } of VIEWS) {
      const described = await ask(directory, `SELECT column_name AS name, column_type AS type FROM (DESCRIBE ${name})`);
      expect(described).toEqual(columns.map((column) => ({ name: column.name, type: column.type })));
    }
  });

  it("are listed, and documented", async () => {
    const { stdout } = await oak(["sql", "--tables"]);
    const listed = JSON.parse((await oak(["sql", "--tables", "--json"])).stdout) as typeof VIEWS;
    const documentation = readFileSync(`${ROOT}docs/tables.md`, "utf8");
    expect(listed.map(({ name }) => name)).toEqual(VIEWS.map(({ name }) => name));
    for (const { name, meaning, columns } of listed) {
      expect(stdout).toContain(`${name}  ${meaning}`);
      const rows = columns.map((column) => `| \`${column.name}\` | ${column.type} | ${column.meaning} |\n`).join("");
      expect(documentation).toContain(`## ${name}\n\n${meaning}\n\n| column | type | |\n|---|---|---|\n${rows}`);
    }
  });

  it("are read with what was recorded a moment ago", async () => {
    const directory = directoryOf(EVENTS);
    append(directory, [start("3", 20)] as unknown as TelemetryEvent[]);
    expect(await ask(directory, "SELECT count(*) AS runs FROM invocations")).toEqual([{ runs: 3 }]);
  });
});

describe("oak tables", () => {
  it("says what is cached, makes it and deletes it, and no result depends on it", async () => {
    const directory = directoryOf(EVENTS);
    const tables = async (...more: string[]) => (await oak(["tables", "--dir", directory, ...more])).stdout;
    const stats = () => ask(directory, "FROM workflows ORDER BY workflow_id", { as_of: "2026-11-03" });
    const before = await stats();
    expect(await tables()).toMatch(/^No cached tables in /);
    expect(await tables("--rebuild")).toMatch(
      /^\S+tables\.duckdb\n[\d,]+ bytes, written 20\S+Z\nholds .*\(100\.0%\)\n$/,
    );
    expect(await stats()).toEqual(before);
    append(directory, [start("3", 20)] as unknown as TelemetryEvent[]);
    expect(JSON.parse(await tables("--json"))).toMatchObject({ usable: true, reason: null });
    expect(await tables()).toMatch(/\(9\d\.\d%\)\n$/);
    writeFileSync(join(directory, "success_metrics.jsonl"), "");
    writeFileSync(join(directory, "agent_invocations.jsonl"), "");
    expect(await tables()).toContain("not used: the log has been changed since, other than by appending");
    writeFileSync(join(directory, "tables", "tables.duckdb"), "not a database");
    expect(await tables()).toContain("not used: it cannot be read");
    expect(await tables("--delete")).toMatch(/^No cached tables in /);
    expect(existsSync(join(directory, "tables"))).toBe(false);
    expect((await oak(["tables", "--dir", temporaryDirectory()])).stdout).toMatch(/^No telemetry yet/);
    expect((await oak(["tables", "--delete", "--rebuild", "--dir", directory])).code).toBe(2);
  });
});
