// @ts-check
// Loads the files of a directory into tables with nothing but the SQL engine, as they stand, and prints how long that
// took: `node bare-duckdb.mjs DIRECTORY LINES`, LINES the built module that names the columns.
import { join } from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";

const [directory = "", lines = ""] = process.argv.slice(2);
/** @type {{ lineColumns: (kind: string) => Record<string, string>, lineTable: (kind: string) => string }} */
const { lineColumns } = await import(lines);
const start = performance.now();
const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
for (const [kind, file] of [
  ["workflow", "workflow_events.jsonl"],
  ["invocation", "agent_invocations.jsonl"],
  ["feedback", "success_metrics.jsonl"],
]) {
  const columns = Object.entries(lineColumns(kind ?? "")).map(([name, type]) => `${name}: '${type}'`);
  await connection.run(`CREATE TABLE ${kind} AS SELECT * FROM read_json('${join(directory, file ?? "")}',
    format = 'newline_delimited', ignore_errors = true, columns = {${columns.join(", ")}})`);
}
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds }));
