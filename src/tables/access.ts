import type { DuckDBConnection, DuckDBDataChunk, DuckDBTypeId, StatementType } from "@duckdb/node-api";

import { connectTo, disconnect } from "./connections.js";
import { engine } from "./engine.js";
import { sqlText } from "./lines.js";
import { SqlError } from "./sql-error.js";
import type { Tables } from "./tables.js";
import { toSqlValue, type SqlValue } from "./values.js";
import { createUserViews } from "./views.js";

/** A row: one value for each column. */
export type SqlRow = readonly SqlValue[];

/** What a query gives. */
export interface SqlResult {
  /** Each name once. */
  readonly columns: readonly string[];
  /** The rows as they come. */
  readonly batches: AsyncIterable<readonly SqlRow[]>;
}

/** What a user of SQL may do. */
export interface SqlRights {
  /** SQL may reach files and whatever else the SQL engine can. */
  readonly allowFiles?: boolean;
}

/** Statements that read. SHOW, DESCRIBE, SUMMARIZE, FROM, VALUES and PIVOT are kinds of SELECT. */
const READING: ReadonlySet<StatementType> = new Set([engine.StatementType.SELECT, engine.StatementType.EXPLAIN]);

/**
 * Functions that may stand in a SELECT and yet change the SQL engine, or run what cannot be looked at; some of them end
 * the process when files are closed to them.
 */
const CHANGING =
  /\b(?:(?:enable|disable)_(?:logging|profiling|peg_parser)|(?:force_)?checkpoint|truncate_duckdb_logs|write_log|arrow_scan\w*|query|json_execute_serialized_sql)"?(?:\s|--.*|\/\*[^]*?\*\/)*\(/i;

/** The database that holds the views and nothing else, so that SHOW TABLES lists them alone. */
const DATABASE = "telemetry";

/**
 * SQL over the documented views of folded tables. It changes nothing: only statements that read are run, in a
 * transaction that reads. Unless it is allowed to, it reaches no file, no network, no other database and no extension.
 */
export class TableAccess {
  private constructor(private readonly connection: DuckDBConnection) {}

  /**
   * @param silentSince a workflow without an end that has not been heard of since then (ISO 8601) is abandoned
   */
  static async open(tables: Tables, silentSince: string, { allowFiles = false }: SqlRights = {}): Promise<TableAccess> {
    const connection = await connectTo(tables);
    await connection.run(`
      ATTACH ':memory:' AS ${DATABASE};
      ${createUserViews(DATABASE, "memory.main", silentSince)}
      USE ${DATABASE};`);
    // What is locked stays locked until the tables are closed.
    if (!allowFiles) await connection.run("SET enable_external_access = false; SET lock_configuration = true;");
    return new TableAccess(connection);
  }

  /**
   * Runs one statement.
   *
   * @throws {SqlError} when it is wrong, or is not one statement that reads; also while rows come
   */
  async query(sql: string): Promise<SqlResult> {
    const changing = CHANGING.exec(sql);
    if (changing) throw new SqlError(`not allowed here: ${changing[0]}`, true);
    const statements = await explained(this.connection.extractStatements(sql), sql);
    // A PIVOT that asks for its columns comes as two, the first of which creates a type.
    if (statements.count !== 1) throw new SqlError("only one statement at a time, and PIVOT only with IN (…)", true);
    await this.connection.run("BEGIN TRANSACTION READ ONLY;");
    try {
      const statement = await explained(statements.prepare(0), sql);
      if (!READING.has(statement.statementType)) throw new SqlError(REFUSAL, true);
      const result = await explained(statement.stream(), sql);
      const first = await explained(result.fetchChunk(), sql);
      const json = Array.from({ length: result.columnCount }, (_, i) => isJson(result.columnLogicalType(i)));
      const batches = this.#batches(first, () => explained(result.fetchChunk(), sql), json);
      return { columns: result.deduplicatedColumnNames(), batches };
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /** Writes what a query of our own gives to a file, which it may only with the right to. Gives the number of rows. */
  async copy(sql: string, path: string, options: string): Promise<number> {
    const copied = await this.connection.runAndReadAll(
      `COPY (${sql}) TO ${sqlText(path)} (${options}, USE_TMP_FILE false)`,
    );
    return Number(copied.getRows()[0]![0]);
  }

  close(): void {
    disconnect(this.connection);
  }

  async *#batches(
    first: DuckDBDataChunk | null,
    next: () => Promise<DuckDBDataChunk | null>,
    json: readonly boolean[],
  ): AsyncGenerator<SqlRow[]> {
    try {
      for (let chunk = first; chunk && chunk.rowCount > 0; chunk = await next())
        yield chunk.getRows().map((row) => row.map((value, i) => toSqlValue(value, json[i])));
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    await this.connection.run("ROLLBACK;").catch(() => undefined);
  }
}

const REFUSAL =
  "only statements that read: SELECT, WITH, FROM, VALUES, SHOW, DESCRIBE, SUMMARIZE, EXPLAIN, PIVOT … IN (…)";

function isJson(type: { readonly typeId: DuckDBTypeId; readonly alias: string | undefined }): boolean {
  return type.typeId === engine.DuckDBTypeId.VARCHAR && type.alias === "JSON";
}

/** Turns a failure of the SQL engine into one that tells its user what is wrong. */
async function explained<T>(work: Promise<T>, sql: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // That is all that it says of a text without a statement.
    if (said === "Error in native callback" && withoutComments(sql) === "")
      throw new SqlError("the query is empty", true);
    const lines = said.replace(/^Failed to extract statements: /, "").split("\n");
    throw new SqlError(lines.filter((line) => line.trim() !== "").join("\n"), false);
  }
}

function withoutComments(sql: string): string {
  return sql.replace(/--.*|\/\*[^]*?\*\/|;/g, "").trim();
}
