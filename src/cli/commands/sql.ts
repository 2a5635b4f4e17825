import { Option, type Command } from "commander";

import type { QueryResult, SqlRow, View } from "../../access/query.js";
import { CommandError } from "../errors.js";
import { count, grouped } from "../format.js";
import { analysisOptions, wholeNumber, type AnalysisOptions } from "../options.js";
import { accessOptions, noteUnreadable } from "../reading.js";
import { isTerminal, note, print, printJson, writeOut } from "../terminal.js";

interface SqlOptions extends AnalysisOptions {
  readonly csv?: boolean;
  readonly limit: number;
  readonly allowFiles?: boolean;
  readonly tables?: boolean;
}

export function addSql(program: Command): void {
  analysisOptions(program.command("sql [query]"))
    .description("ask the log anything in SQL (DuckDB's), read-only; without a query it is read from standard input")
    .addOption(new Option("--csv", "print CSV").conflicts("json"))
    .option("--limit <rows>", "how many rows a table shows; --json and --csv print all", wholeNumber, 100)
    .option("--allow-files", "let SQL read and write files; else it reaches nothing but the tables")
    .option("--tables", "list the tables with their columns")
    .addHelpText(
      "after",
      `
Times are in UTC, durations in seconds. docs/tables.md describes the tables.

Examples:
  oak sql --tables
  oak sql "select agent_name, count(*) as runs, avg(duration_seconds) from invocations group by all order by runs desc"
  oak sql "from workflows where status = 'abandoned'" --json
  oak sql --csv < questions.sql > answers.csv`,
    )
    .action(async (query: string | undefined, options: SqlOptions) => {
      if (options.tables) return listTables(options);
      const sql = query ?? (await standardInput());
      const access = await import("../../access/query.js");
      try {
        await access.query(sql, { ...accessOptions(options), allow_files: options.allowFiles }, (result) =>
          printResult(result, options),
        );
      } catch (error) {
        if (!(error instanceof access.SqlError)) throw error;
        const { errorText } = await import("../views/sql.js");
        throw new CommandError(errorText(error.message), error.refused ? 2 : 1);
      }
    });
}

async function listTables(options: SqlOptions): Promise<void> {
  const { VIEWS } = await import("../../access/query.js");
  if (options.json) {
    const columns = (view: View) => view.columns.map(({ name, type, meaning }) => ({ name, type, meaning }));
    return printJson(VIEWS.map((view) => ({ ...view, columns: columns(view) })));
  }
  const { viewsText } = await import("../views/sql.js");
  print(viewsText(VIEWS));
}

async function standardInput(): Promise<string> {
  if (process.stdin.isTTY)
    throw new CommandError('a query is missing, such as: oak sql "select count(*) from invocations"', 2);
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

async function printResult(result: QueryResult, options: SqlOptions): Promise<void> {
  const { rowsText, writeCsv, writeJson } = await import("../views/rows.js");
  if (options.json) return writeJson(result, writeOut);
  if (options.csv) return writeCsv(result, writeOut, isTerminal());
  const rows: SqlRow[] = [];
  let total = 0;
  for await (const batch of result.batches) {
    total += batch.length;
    for (const row of batch.slice(0, options.limit - rows.length)) rows.push(row);
  }
  print(rowsText(result.columns, rows));
  if (total === 0) note("no rows");
  if (total > rows.length)
    note(`${grouped(rows.length)} of ${count(total, "row")}: --limit ${total}, --json or --csv print all`);
  noteUnreadable(result.unreadable_lines);
}
