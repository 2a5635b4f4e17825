import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { directoryOf, temporaryDirectory } from "../../test/support/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { TableAccess, type SqlRights } from "./access.js";
import { SqlError } from "./sql-error.js";
import { Tables } from "./tables.js";

const NOW = "2026-11-01T00:00:00Z";

const EVENTS = ["a", "b"].map((agent_name) => ({
  timestamp: NOW,
  event: "invocation_start",
  invocation_id: agent_name,
  agent_name,
})) as unknown as TelemetryEvent[];

async function withAccess<T>(work: (access: TableAccess) => Promise<T>, rights?: SqlRights): Promise<T> {
  const tables = await Tables.open(directoryOf(EVENTS));
  const access = await TableAccess.open(tables, NOW, rights);
  try {
    return await work(access);
  } finally {
    access.close();
    tables.close();
  }
}

async function rowsOf(access: TableAccess, sql: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const rows of (await access.query(sql)).batches) all.push(...rows);
  return all;
}

const ask = (sql: string, rights?: SqlRights) => withAccess((access) => rowsOf(access, sql), rights);

describe("values", () => {
  it.each([
    ["9007199254740993", "9007199254740993"],
    ["42::HUGEINT", 42],
    ["(-9223372036854775808)::BIGINT", "-9223372036854775808"],
    ["1.50", 1.5],
    ["12345678901234567.89", "12345678901234567.89"],
    ["'NaN'::DOUBLE", null],
    ["TIMESTAMP '2026-11-01 12:00:00.000001'", "2026-11-01T12:00:00.000001Z"],
    ["TIMESTAMP '1969-12-31 23:59:59.999999'", "1969-12-31T23:59:59.999999Z"],
    ["TIMESTAMPTZ '2026-11-01 12:00:00+02'", "2026-11-01T10:00:00.000Z"],
    ["TIMESTAMP 'infinity'", "infinity"],
    ["DATE '2026-11-01'", "2026-11-01"],
    ["INTERVAL 90 MINUTE", "01:30:00"],
    ["[1, NULL]", [1, null]],
    ["{a: [TIMESTAMP '2026-11-01']}", { a: ["2026-11-01T00:00:00.000Z"] }],
    ["MAP {'k': 1}", [{ key: "k", value: 1 }]],
    [`'{"a": [1]}'::JSON`, { a: [1] }],
    [`'{"a": [1]}'`, '{"a": [1]}'],
    ["true", true],
    ["'\\x00'::BLOB", "\\x00"],
  ])("%s is %j", async (sql, value) => {
    expect(await ask(`SELECT ${sql}`)).toEqual([[value]]);
  });
});

/** What reads or writes a file, changes the tables or the SQL engine, or would. */
const forbidden = (elsewhere: string, secret: string, target: string) => [
  `FROM read_csv('${secret}')`,
  `FROM '${secret}'`,
  `FROM read_text('${secret}')`,
  `FROM read_blob('${secret}')`,
  `FROM read_json('${secret}')`,
  `FROM sniff_csv('${secret}')`,
  `FROM parquet_metadata('${secret}')`,
  `FROM query('FROM read_text(''${secret}'')')`,
  `FROM query_table('${secret}')`,
  `FROM glob('${elsewhere}/*')`,
  `FROM read_text('${elsewhere}/*')`,
  "SELECT getenv('HOME')",
  "FROM duckdb_secrets()",
  "FROM which_secret('s3://bucket', 's3')",
  "FROM 'https://example.com/data.csv'",
  `COPY (SELECT 1) TO '${target}'`,
  `COPY workflows FROM '${secret}'`,
  `EXPLAIN ANALYZE COPY (SELECT 1) TO '${target}'`,
  `EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1`,
  "EXPLAIN ANALYZE INSERT INTO memory.delta.workflows (workflow_id) VALUES ('new')",
  "EXPLAIN ANALYZE DELETE FROM base.workflows",
  `EXPORT DATABASE '${target}'`,
  `IMPORT DATABASE '${target}'`,
  `ATTACH '${target}' AS other`,
  "ATTACH ':memory:' AS other",
  "DETACH base",
  "USE memory",
  "INSTALL httpfs",
  "LOAD httpfs",
  "FORCE INSTALL httpfs",
  "CREATE SECRET (TYPE s3)",
  "SET enable_external_access = true",
  "RESET lock_configuration",
  "SET GLOBAL memory_limit = '99GB'",
  "PRAGMA enable_profiling",
  `PRAGMA profiling_output = '${target}'`,
  `CALL enable_logging(storage = 'file', storage_path = '${target}')`,
  "CALL pragma_version()",
  "CREATE TABLE t (a INT)",
  "CREATE MACRO f() AS 1",
  "INSERT INTO memory.delta.workflows (workflow_id) VALUES ('new')",
  "UPDATE base.workflows SET project_name = 'new'",
  "DELETE FROM base.workflows",
  "DROP VIEW workflows",
  "ALTER VIEW workflows RENAME TO others",
  "CHECKPOINT",
  "VACUUM",
  "BEGIN TRANSACTION",
  "PREPARE p AS SELECT 1",
  "EXECUTE p",
  "SELECT 1; DROP VIEW workflows",
  `FROM enable_logging(storage = 'file', storage_path = '${target}')`,
  `FROM system.main."enable_logging" /* */ (storage = 'file', storage_path = '${target}')`,
  `FROM query('FROM enable_' || 'logging(storage = ''file'', storage_path = ''${target}'')')`,
  `FROM enable_profiling(format = 'json', save_location = '${target}')`,
  "FROM force_checkpoint('memory')",
  "SELECT write_log('text')",
  "PIVOT workflows ON project_name USING count(*)",
];

describe("SQL", () => {
  it("changes nothing and reaches nothing, however it is asked to", async () => {
    const elsewhere = temporaryDirectory();
    const secret = join(elsewhere, "secret.csv");
    const target = join(elsewhere, "written");
    writeFileSync(secret, "word\nhidden\n");
    const answers = await withAccess(async (access) => {
      const given: unknown[] = [];
      for (const sql of forbidden(elsewhere, secret, target))
        given.push(
          await rowsOf(access, sql).then(
            () => sql,
            (error: unknown) => error,
          ),
        );
      expect(await rowsOf(access, "SELECT count(*) FROM invocations")).toEqual([[2]]);
      return given;
    });
    // Each of them is refused, with an error that tells nothing of the file system.
    expect(answers).toEqual(answers.map(() => expect.any(SqlError)));
    expect(answers.join("\n")).not.toContain("hidden");
    expect(readdirSync(elsewhere)).toEqual(["secret.csv"]);
  });

  it("may read files when it is allowed to, and still changes nothing", async () => {
    const file = join(temporaryDirectory(), "teams.csv");
    writeFileSync(file, "agent_name,team\na,red\nb,blue\n");
    const rights = { allowFiles: true };
    const sql = `SELECT team FROM invocations JOIN '${file}' USING (agent_name) ORDER BY ALL`;
    expect(await ask(sql, rights)).toEqual([["blue"], ["red"]]);
    for (const change of ["DROP VIEW workflows", `COPY (SELECT 1) TO '${file}.out'`])
      await expect(ask(change, rights)).rejects.toThrow("only statements that read");
    expect(existsSync(`${file}.out`)).toBe(false);
  });
});
