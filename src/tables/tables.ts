import { copyFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";

import { LOG_FILES } from "../event/directory.js";
import { logState } from "../log/follow.js";
import { logSize, type ProgressListener } from "../log/size.js";
import { cachePath, publish, removeCache, stillHolds } from "./cache.js";
import { connectTo, disconnect } from "./connections.js";
import { engine } from "./engine.js";
import { FOLD_MACROS } from "./fold.js";
import { LINE_MACROS, sqlText } from "./lines.js";
import { nothingRead, refresh, type ReadState } from "./refresh.js";
import { createDelta, createTables, createViews } from "./schema.js";
import { rowsOf, type Row } from "./sql.js";
import type { LogReader } from "./stage.js";
import { TemporaryFolder } from "./temporary-folder.js";
import { TABLES_VERSION } from "./version.js";

/** New lines are folded in memory as long as they are fewer than this; beyond it the result is cached. */
const CACHE_AFTER_BYTES = 4 * 1024 * 1024;

/** And fewer than this share of what is cached: copying the cache costs about as much as folding so much anew. */
const CACHE_AFTER_SHARE = 1 / 32;

/** The most that is folded in memory. */
const MOST_IN_MEMORY_BYTES = 64 * 1024 * 1024;

/** What the SQL engine may hold in memory; beyond it, it uses the temporary folder. */
const MEMORY_LIMIT = "768MB";

/** How the log is read. */
export interface OpenOptions {
  /** ISO 8601: what was logged later is left out. */
  readonly until?: string;
  readonly onProgress?: ProgressListener;
  /** For tests: how many new bytes make it worth while to cache, and how large chunks are. */
  readonly cacheAfterBytes?: number;
  readonly chunkBytes?: number;
}

/**
 * The folded log of one telemetry directory: invocations, workflows, handoffs, feedback and the metrics of each
 * workflow, as tables of an embedded SQL engine.
 *
 * They are cached in the telemetry directory: only lines that were written since are folded, in memory while they are
 * few. The cache can be deleted at any time: everything in it comes from the log.
 */
export class Tables {
  #users = 0;
  #closed = false;
  /** Called when nobody is querying any more. */
  #whenIdle: (() => void)[] = [];

  private constructor(
    readonly directory: string,
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly folder: TemporaryFolder,
    private folded: FoldedLog,
    private readonly options: OpenOptions,
  ) {}

  /** Lines that could not be read: damaged, or without a timestamp. */
  get unreadable_lines(): number {
    return this.folded.state.unreadable_lines;
  }

  /** Stands for the state of the log that was folded: another object for each. */
  get folding(): object {
    return this.folded;
  }

  /**
   * Reads and folds what is new in the log of a directory. A directory that does not exist, or is empty, gives empty
   * tables.
   *
   * @throws when a file of the log cannot be opened, or the temporary folder cannot be written
   */
  static async open(directory: string, options: OpenOptions = {}): Promise<Tables> {
    try {
      return await Tables.#open(directory, options, true);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return Tables.#open(directory, options, false);
    }
  }

  static async #open(directory: string, options: OpenOptions, useCache: boolean): Promise<Tables> {
    const { fingerprint } = await logState(directory);
    const folder = new TemporaryFolder();
    let instance: DuckDBInstance | undefined;
    let connection: DuckDBConnection | undefined;
    try {
      instance = await engine.DuckDBInstance.create(":memory:", {
        // Nothing is ever fetched from anywhere.
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        memory_limit: MEMORY_LIMIT,
        // Where it puts what does not fit into memory; by default into the user's working directory.
        temp_directory: folder.path,
      });
      connection = await connectTo(instance);
      // Rows are put in order where it matters.
      await connection.run("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL preserve_insertion_order = false;");
      const log = { instance, connection, directory, folder: folder.path, ...options };
      const folded = await openAndRefresh(log, options, useCache);
      return new Tables(directory, instance, connection, folder, { fingerprint, ...folded }, options);
    } catch (error) {
      if (connection) disconnect(connection);
      instance?.closeSync();
      folder.remove();
      throw error;
    }
  }

  /** Whether the log has changed since it was folded. */
  async stale(): Promise<boolean> {
    return (await logState(this.directory)).fingerprint !== this.folded.fingerprint;
  }

  /**
   * Folds what was appended to the log since, in memory, once nobody is querying: whoever keeps tables open sees to it
   * that nobody begins to meanwhile.
   *
   * @returns false where that is not possible: the log was changed otherwise, or there is so much to fold that it should
   *   be cached. Then they are to be opened anew
   */
  async catchUp(): Promise<boolean> {
    if (this.#users > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    const { directory, instance, connection, folder, options } = this;
    const { base, state, folds } = this.folded;
    const { fingerprint } = await logState(directory);
    const unread = (await logSize(directory)) - bytesRead(base);
    if (unread > mostInMemory(base, options) || !(await stillHolds(directory, state.positions))) return false;
    try {
      const log = { instance, connection, directory, folder: folder.path, ...options };
      if (!folds) await connection.run(FOLDING);
      this.folded = { fingerprint, base, state: await refresh(log, state, "delta"), folds: true };
      return true;
    } catch {
      // Half folded: nobody must see it. Opened anew, it works or says what is wrong.
      return false;
    }
  }

  /** Lets `work` query; the tables stay open until it is done, whoever closes them meanwhile. */
  async use<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(this);
    } catch (error) {
      if (!isDamage(error)) throw error;
      // A block of the cache that nobody had looked at until now.
      await removeCache(this.directory);
      const again = await Tables.#open(this.directory, this.options, false);
      try {
        return await work(again);
      } finally {
        again.close();
      }
    } finally {
      this.#users--;
      if (this.#users === 0) for (const tell of this.#whenIdle.splice(0)) tell();
      if (this.#closed) this.close();
    }
  }

  /** A connection of its own, which the caller closes. */
  connect(): Promise<DuckDBConnection> {
    return this.instance.connect();
  }

  /** Runs a query. */
  async rows(sql: string, parameters: Record<string, DuckDBValue> = {}): Promise<Row[]> {
    return rowsOf(this.connection, sql, parameters);
  }

  close(): void {
    this.#closed = true;
    if (this.#users > 0) return;
    disconnect(this.connection);
    this.instance.closeSync();
    this.folder.remove();
  }
}

/** Whether the engine says that a file of its own is damaged: only the cache can be meant. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && /corrupt|checksum|not a valid DuckDB database|deserializ/i.test(error.message);
}

/** What was read of a log. */
interface FoldedLog {
  /** Of its files, as they were then. */
  readonly fingerprint: string;
  /** How far the tables on the disk go; what came later is in memory. */
  readonly base: ReadState;
  readonly state: ReadState;
  /** Whether there is what {@link FOLDING} makes. */
  readonly folds: boolean;
}

/** Makes what folding needs. Where nothing is new, nobody does: to make it takes longer than to open the cache. */
const FOLDING = `${LINE_MACROS} ${FOLD_MACROS} ${createDelta()}`;

function bytesRead({ positions }: ReadState): number {
  return Object.values(positions).reduce((sum, { offset }) => sum + offset, 0);
}

/** How much is folded in memory beyond what is cached. */
function mostInMemory(base: ReadState, { cacheAfterBytes = CACHE_AFTER_BYTES }: OpenOptions): number {
  return Math.min(MOST_IN_MEMORY_BYTES, Math.max(cacheAfterBytes, bytesRead(base) * CACHE_AFTER_SHARE));
}

/** Attaches what is cached as `base`, and folds what is new: in memory, or into a new cache when it is much. */
async function openAndRefresh(
  log: LogReader,
  options: OpenOptions,
  useCache: boolean,
): Promise<Omit<FoldedLog, "fingerprint">> {
  const { connection, directory, folder } = log;
  const { until } = options;
  const files = await logFiles(directory);
  const cached = useCache ? await attachCache(connection, directory, until) : undefined;
  const base = cached ?? nothingRead();
  const unread = (await logSize(directory)) - bytesRead(base);
  if (unread <= mostInMemory(base, options)) {
    if (!cached) await connection.run(`ATTACH ':memory:' AS base; ${createTables("base")}`);
    const folds = unread !== 0;
    await connection.run(folds ? FOLDING : createViews());
    return { base, state: folds ? await refresh(log, base, "delta") : base, folds };
  }
  // In a file of its own, so that nothing that others do to the cache is in the way. It is thrown away when something
  // fails, and needs no log of its own.
  const file = join(folder, "tables.duckdb");
  const state = cached && (await copyCache(connection, directory, file)) ? cached : nothingRead();
  await connection.run(`ATTACH ${sqlText(file)} AS base (STORAGE_VERSION 'latest', RECOVERY_MODE no_wal_writes);`);
  if (state !== cached) await connection.run(`${createTables("base")} CREATE TABLE base.meta (state VARCHAR);`);
  await connection.run(FOLDING);
  const now = await refresh(log, state, "base");
  const meta = JSON.stringify({ version: TABLES_VERSION, ...now });
  await connection.run(`DELETE FROM base.meta; INSERT INTO base.meta VALUES (${sqlText(meta)}); CHECKPOINT base;`);
  // Where it cannot be kept, it is made again the next time. Of a log that was replaced meanwhile, nothing is kept.
  if (isUntil(now, until) && (await stillHolds(directory, now.positions)) && (await logFiles(directory)) === files)
    await publish(file, directory).catch(() => undefined);
  return { base: now, state: now, folds: true };
}

/** Attaches the cached tables as `base`, if there are any that are of use. */
async function attachCache(
  connection: DuckDBConnection,
  directory: string,
  until: string | undefined,
): Promise<ReadState | undefined> {
  const path = cachePath(directory);
  if (!(await stat(path).catch(() => undefined))) return undefined;
  try {
    await connection.run(`ATTACH ${sqlText(path)} AS base (READ_ONLY);`);
  } catch {
    return undefined;
  }
  try {
    const [meta] = await rowsOf(connection, "SELECT state FROM base.meta");
    const { version, ...state } = JSON.parse(String(meta?.["state"])) as ReadState & { version: string };
    if (version === TABLES_VERSION && isUntil(state, until) && (await stillHolds(directory, state.positions)))
      return state;
  } catch {
    // Not ours, or not whole: it is made again.
  }
  await connection.run("DETACH base;");
  return undefined;
}

/** Whether all that was read was logged until then. */
function isUntil({ last_line }: ReadState, until: string | undefined): boolean {
  return until === undefined || last_line === null || last_line <= Date.parse(until);
}

/** Replaces the attached cache by a copy of it that may be written, if it still is the one that was attached. */
async function copyCache(connection: DuckDBConnection, directory: string, file: string): Promise<boolean> {
  const meta = async () => JSON.stringify(await rowsOf(connection, "SELECT state FROM base.meta"));
  const attached = await meta();
  await connection.run("DETACH base;");
  try {
    await copyFile(cachePath(directory), file);
    await connection.run(`ATTACH ${sqlText(file)} AS base (READ_ONLY);`);
    const same = (await meta()) === attached;
    await connection.run("DETACH base;");
    if (same) return true;
  } catch {
    // Someone deleted it.
  }
  await rm(file, { force: true });
  return false;
}

/** Which files the log consists of: others when one was replaced. */
async function logFiles(directory: string): Promise<string> {
  const files = Object.values(LOG_FILES).map((file) =>
    stat(join(directory, file)).then(
      ({ ino }) => ino,
      () => 0,
    ),
  );
  return (await Promise.all(files)).join(" ");
}
