import { rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from "@duckdb/node-api";

import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import { cleanChunk, copyChunks } from "../log/chunks.js";
import { logSize, type ProgressListener } from "../log/size.js";
import { measureWorkflows } from "./metrics.js";
import { createLineTables, deleteLinesAfter, FOLD, insertLines, lineTable } from "./schema.js";
import { TemporaryFolder } from "./temporary-folder.js";

/** Longest line that the SQL engine reads at full speed; it reads longer ones when it meets one. */
const USUAL_LINE_BYTES = 16 * 1024 * 1024;

/** A row of a query: lists are arrays, structs objects, whole numbers plain numbers. */
export type Row = Record<string, unknown>;

/** How the log is read. */
interface OpenOptions {
  /** ISO 8601: what was logged later is left out. */
  readonly until?: string;
  readonly onProgress?: ProgressListener;
}

/**
 * The folded log of one telemetry directory: invocations, workflows, handoffs, feedback and the metrics of each
 * workflow, as tables of an in-memory SQL engine. A cache: everything in it comes from the log.
 */
export class Tables {
  #users = 0;
  #closed = false;

  private constructor(
    readonly directory: string,
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly folder: TemporaryFolder,
    /** The state of the log that was folded. */
    private readonly fingerprint: string,
    /** Lines that could not be read: damaged, or without a timestamp. */
    readonly unreadable_lines: number,
  ) {}

  /**
   * Reads and folds the log of a directory. A directory that does not exist, or is empty, gives empty tables.
   *
   * @throws when a file of the log cannot be opened, or the temporary folder cannot be written
   */
  static async open(directory: string, { until, onProgress }: OpenOptions = {}): Promise<Tables> {
    const fingerprint = await fingerprintOf(directory);
    const folder = new TemporaryFolder();
    let instance: DuckDBInstance | undefined;
    try {
      instance = await DuckDBInstance.create(":memory:", {
        // Nothing is ever fetched from anywhere.
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        // Where it puts what does not fit into memory; by default into the user's working directory.
        temp_directory: folder.path,
      });
      const connection = await instance.connect();
      await connection.run("SET TimeZone = 'UTC';");
      await connection.run(createLineTables());
      const unreadable = await readLog(connection, directory, folder.path, onProgress);
      if (until !== undefined) for (const kind of LOG_KINDS) await connection.run(deleteLinesAfter(kind), { until });
      await connection.run(FOLD);
      await connection.run(LOG_KINDS.map((kind) => `DROP TABLE ${lineTable(kind)};`).join(" "));
      await measureWorkflows(connection);
      return new Tables(directory, instance, connection, folder, fingerprint, unreadable);
    } catch (error) {
      instance?.closeSync();
      folder.remove();
      throw error;
    }
  }

  /** Whether the log has changed since it was folded. */
  async stale(): Promise<boolean> {
    return (await fingerprintOf(this.directory)) !== this.fingerprint;
  }

  /** Lets `work` query; the tables stay open until it is done, whoever closes them meanwhile. */
  async use<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(this);
    } finally {
      this.#users--;
      if (this.#closed) this.close();
    }
  }

  /** Runs a query. */
  async rows(sql: string, parameters: Record<string, DuckDBValue> = {}): Promise<Row[]> {
    return rowsOf(this.connection, sql, parameters);
  }

  close(): void {
    this.#closed = true;
    if (this.#users > 0) return;
    this.connection.closeSync();
    this.instance.closeSync();
    this.folder.remove();
  }
}

async function fingerprintOf(directory: string): Promise<string> {
  const states = await Promise.all(
    Object.values(LOG_FILES).map((file) =>
      stat(join(directory, file)).then(
        ({ ino, size, mtimeMs }) => `${ino}:${size}:${mtimeMs}`,
        () => "absent",
      ),
    ),
  );
  return states.join(" ");
}

/** Reads every line of the log into its table, and returns how many could not be read. */
async function readLog(
  connection: DuckDBConnection,
  directory: string,
  folder: string,
  onProgress?: ProgressListener,
): Promise<number> {
  let unreadable = 0;
  let done = 0;
  const total = await logSize(directory);
  for (const kind of LOG_KINDS) {
    const target = join(folder, LOG_FILES[kind]);
    for await (const chunk of copyChunks(join(directory, LOG_FILES[kind]), target)) {
      unreadable += chunk.skipped + (await readChunk(connection, kind, target, chunk.to - chunk.from));
      done += chunk.to - chunk.from;
      onProgress?.(done, total);
    }
    await rm(target, { force: true });
  }
  // A last line that is being written was left for the next time.
  if (done < total) onProgress?.(total, total);
  return unreadable;
}

async function readChunk(connection: DuckDBConnection, kind: LogKind, path: string, bytes: number): Promise<number> {
  const table = lineTable(kind);
  const count = async (sql: string) => (await rowsOf(connection, sql))[0]!["n"] as number;
  const last = await count(`SELECT coalesce(max(rowid), -1) AS n FROM ${table}`);
  const countNulls = () => count(`SELECT count(*) AS n FROM ${table} WHERE rowid > ${last} AND timestamp IS NULL`);
  try {
    await connection.run(insertLines(kind, path, USUAL_LINE_BYTES));
    if ((await countNulls()) === 0) return 0;
    await connection.run(`DELETE FROM ${table} WHERE rowid > ${last}`);
  } catch {
    // As a rule a line longer than usual. Whatever else it may be comes again below.
  }
  const damaged = await cleanChunk(path);
  await connection.run(insertLines(kind, path, Math.max(USUAL_LINE_BYTES, bytes + 2)));
  return damaged + (await countNulls());
}

async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  parameters: Record<string, DuckDBValue> = {},
): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql, parameters);
  const names = reader.deduplicatedColumnNames();
  return reader.getRowsJS().map((row) => Object.fromEntries(row.map((value, i) => [names[i]!, toPlain(value)])));
}

/** Counts come as BigInt; nothing here is counted beyond 2^53. */
function toPlain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toPlain(field)]));
}
