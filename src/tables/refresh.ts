import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import { cleanChunk, copyChunks } from "../log/chunks.js";
import { logSize, type ProgressListener } from "../log/size.js";
import { fingerprintOf, type Position, type Positions } from "./cache.js";
import {
  FOLD_FEEDBACK,
  FOLD_INTERLEAVED,
  FOLD_INVOCATIONS,
  FOLD_SESSIONS,
  FOLD_TOUCHED_WORKFLOWS,
  FOLD_WORKFLOWS,
} from "./fold.js";
import { lineTable, nextLineTable, stageLines } from "./lines.js";
import { measureWorkflows } from "./measure.js";
import { rowsWith, type TableName } from "./schema.js";
import { numberOf, rowsOf } from "./sql.js";
import { splitChangedWaits } from "./waits.js";

/** Longest line that the SQL engine reads at full speed, in parallel; it reads longer ones when it meets one. */
const USUAL_LINE_BYTES = 4 * 1024 * 1024;

/** How much is read at once: one chunk is held while it is folded, and another is read meanwhile. */
const CHUNK_BYTES = 128 * 1024 * 1024;

/** What has been read of a log. */
export interface ReadState {
  readonly positions: Positions;
  /** Lines that could not be read: damaged, or without a timestamp. */
  readonly unreadable_lines: number;
  /** Latest timestamp, in milliseconds; `null` before the first line. */
  readonly last_line: number | null;
}

/** The log and the engine that reads it. */
export interface LogReader {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly directory: string;
  /** Where copies of chunks are held. */
  readonly folder: string;
  readonly until?: string;
  readonly onProgress?: ProgressListener;
  readonly chunkBytes?: number;
}

/** Where the new rows go: into tables in memory that stand before those of `base`, or into those themselves. */
export type Target = "delta" | "base";

/** The state of a log of which nothing has been read. */
export function nothingRead(): ReadState {
  const start = { offset: 0, fingerprint: "" };
  return { positions: { workflow: start, invocation: start, feedback: start }, unreadable_lines: 0, last_line: null };
}

/** Folds what a log holds beyond what has been read of it, and gives how far it has been read then. */
export async function refresh(log: LogReader, state: ReadState, target: Target): Promise<ReadState> {
  const { connection, directory } = log;
  await connection.run(`
    CREATE OR REPLACE TABLE touched_workflows (workflow_id VARCHAR);
    CREATE OR REPLACE TABLE touched_sessions (session_id VARCHAR);
    CREATE OR REPLACE TABLE interleaved (invocation_id VARCHAR);`);
  const total = await logSize(directory);
  let done = Object.values(state.positions).reduce((sum, { offset }) => sum + offset, 0);
  let { unreadable_lines, last_line } = state;
  const offsets = offsetsOf(state.positions);
  let changed = false;
  for await (const { kind, to, unreadable } of chunksOf(log, offsets)) {
    unreadable_lines += unreadable;
    await connection.run(FOLDS[kind]);
    for (const table of FOLDED[kind]) await replaceRows(connection, target, table);
    const latest = await numberOf(connection, `SELECT epoch_us(max(timestamp)) / 1000 FROM ${lineTable(kind)}`);
    if (latest !== null) last_line = Math.max(latest, last_line ?? latest);
    await connection.run(`DROP TABLE ${lineTable(kind)};`);
    done += to - offsets[kind];
    offsets[kind] = to;
    changed = true;
    log.onProgress?.(done, total);
  }
  const positions = {} as Record<LogKind, Position>;
  for (const kind of LOG_KINDS) {
    const [before, offset] = [state.positions[kind], offsets[kind]];
    const fingerprint = () => fingerprintOf(join(directory, LOG_FILES[kind]), offset);
    positions[kind] = offset === before.offset ? before : { offset, fingerprint: await fingerprint() };
  }
  if (changed) {
    await foldInterleaved(log, target, offsets.invocation);
    await foldTouched(log, target);
  }
  // A last line that is being written was left for the next time.
  if (done < total) log.onProgress?.(total, total);
  return { positions, unreadable_lines, last_line };
}

function offsetsOf(positions: Positions): Record<LogKind, number> {
  return {
    workflow: positions.workflow.offset,
    invocation: positions.invocation.offset,
    feedback: positions.feedback.offset,
  };
}

const FOLDS: Readonly<Record<LogKind, string>> = {
  workflow: FOLD_WORKFLOWS,
  invocation: FOLD_INVOCATIONS,
  feedback: FOLD_FEEDBACK,
};

/** The tables into which the lines of each file are folded. */
const FOLDED: Readonly<Record<LogKind, readonly TableName[]>> = {
  workflow: ["workflow_states", "handoffs"],
  invocation: ["invocations"],
  feedback: ["feedback"],
};

/** The column by which the fold of each table names the rows that it replaces: those of the ids in `fresh_ids`. */
const REPLACED_BY: Readonly<Record<TableName, string>> = {
  invocations: "invocation_id",
  workflow_states: "workflow_id",
  handoffs: "workflow_id",
  feedback: "invocation_id",
  workflows: "workflow_id",
  session_members: "session_id",
  workflow_metrics: "workflow_id",
  workflow_runs: "workflow_id",
};

/** Puts the rows of the table named `new_…` in place of those of the ids in `fresh_ids`. */
async function replaceRows(connection: DuckDBConnection, target: Target, table: TableName): Promise<void> {
  const replaced = `${REPLACED_BY[table]} IN (FROM fresh_ids)`;
  await connection.run(
    target === "base"
      ? `DELETE FROM base.${table} WHERE ${replaced};`
      : `DELETE FROM delta.${table} WHERE ${replaced};
        INSERT INTO delta.hidden_${table} SELECT rowid FROM base.${table} WHERE ${replaced}
          EXCEPT FROM delta.hidden_${table};`,
  );
  await connection.run(`INSERT INTO ${target}.${table} FROM new_${table};`);
}

/** Whole lines that stand in the table of their file, until the next are asked for. */
interface LineChunk {
  readonly kind: LogKind;
  /** Where they end in the file. */
  readonly to: number;
  /** How many lines there could not be read. */
  readonly unreadable: number;
}

/**
 * Reads files into the tables of their lines, a chunk at a time, while the one before it is folded.
 *
 * @param from where to begin in each file that is to be read
 * @param to where to end; by default with the file
 */
async function* chunksOf(
  log: LogReader,
  from: Readonly<Partial<Record<LogKind, number>>>,
  to?: number,
): AsyncGenerator<LineChunk> {
  const staged = stageChunks(log, { ...from }, to);
  let next = staged.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      const lines = lineTable(value.kind);
      await log.connection.run(
        `DROP TABLE IF EXISTS ${lines}; ALTER TABLE ${nextLineTable(value.kind)} RENAME TO ${lines};`,
      );
      next = staged.next();
      // Whoever stops listening does not hear of its failure.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await next.catch(() => undefined);
    await staged.return(undefined);
  }
}

/** Reads files into the tables of their next lines, a chunk at a time. */
async function* stageChunks(
  { instance, directory, folder, until, chunkBytes = CHUNK_BYTES }: LogReader,
  from: Readonly<Partial<Record<LogKind, number>>>,
  to: number | undefined,
): AsyncGenerator<LineChunk> {
  const connection = await instance.connect();
  try {
    for (const kind of LOG_KINDS) {
      if (from[kind] === undefined) continue;
      const [path, copy] = [join(directory, LOG_FILES[kind]), join(folder, LOG_FILES[kind])];
      for await (const chunk of copyChunks(path, copy, { from: from[kind], to, chunkBytes })) {
        const damaged = await stageChunk(connection, kind, chunk.path, chunk.to - chunk.from, until);
        yield { kind, to: chunk.to, unreadable: chunk.skipped + damaged };
      }
      for (const letter of ["a", "b"]) await rm(`${copy}.${letter}`, { force: true });
    }
  } finally {
    connection.closeSync();
  }
}

/** Reads a chunk into the table of the next lines, and gives how many of its lines could not be read. */
async function stageChunk(
  connection: DuckDBConnection,
  kind: LogKind,
  path: string,
  bytes: number,
  until: string | undefined,
): Promise<number> {
  const nulls = `SELECT count(*) FROM ${nextLineTable(kind)} WHERE timestamp IS NULL`;
  try {
    await connection.run(stageLines(kind, path, USUAL_LINE_BYTES, until));
    if ((await numberOf(connection, nulls)) === 0) return 0;
  } catch {
    // As a rule a line longer than usual. Whatever else it may be comes again below.
  }
  const damaged = await cleanChunk(path);
  await connection.run(stageLines(kind, path, Math.max(USUAL_LINE_BYTES, bytes + 2), until));
  return damaged + (await numberOf(connection, nulls));
}

/** Reads the lines of interleaved invocations again, all of them, wherever in the file they are. */
async function foldInterleaved(log: LogReader, target: Target, to: number): Promise<void> {
  const { connection } = log;
  await connection.run(`CREATE OR REPLACE TABLE fresh_ids AS SELECT DISTINCT invocation_id FROM interleaved;`);
  if ((await numberOf(connection, "SELECT count(*) FROM fresh_ids")) === 0) return;
  const lines = lineTable("invocation");
  let gathered = false;
  for await (const _ of chunksOf(log, { invocation: 0 }, to)) {
    const wanted = `FROM ${lines} WHERE invocation_id IN (FROM fresh_ids)`;
    await connection.run(gathered ? `INSERT INTO gathered ${wanted};` : `CREATE TABLE gathered AS ${wanted};`);
    gathered = true;
  }
  await connection.run(`DROP TABLE ${lines}; ALTER TABLE gathered RENAME TO ${lines}; ${FOLD_INTERLEAVED}`);
  await replaceRows(connection, target, "invocations");
  await connection.run(`DROP TABLE ${lines};`);
}

/** Brings workflows, and what is known of their time, up to date with what was folded. */
async function foldTouched({ instance, connection }: LogReader, target: Target): Promise<void> {
  await connection.run(FOLD_TOUCHED_WORKFLOWS);
  await replaceRows(connection, target, "workflows");
  if (await anyJoinedBySession(connection)) {
    await connection.run(FOLD_SESSIONS);
    await replaceRows(connection, target, "session_members");
  }

  await connection.run(`
    CREATE OR REPLACE TABLE fresh_ids AS SELECT DISTINCT workflow_id FROM touched_workflows;
    CREATE OR REPLACE TABLE changed_times AS ${timesOf(rowsWith("workflow_runs", "workflow_id", "FROM fresh_ids"))};`);
  await measureWorkflows(instance, connection);
  await replaceRows(connection, target, "workflow_metrics");
  await replaceRows(connection, target, "workflow_runs");
  await connection.run(
    `INSERT INTO changed_times ${timesOf(rowsWith("workflow_runs", "workflow_id", "FROM fresh_ids"))};`,
  );
  await splitChangedWaits(instance, connection);
  await replaceWaits(connection, target);
  await connection.run(SCRATCH.map((table) => `DROP TABLE IF EXISTS ${table};`).join(" "));
}

/** Whether any invocation names no workflow, now or before. The engine knows where there are no nulls. */
async function anyJoinedBySession(connection: DuckDBConnection): Promise<boolean> {
  const loose = "SELECT 1 FROM invocations WHERE workflow_id IS NULL";
  return (
    (await rowsOf(connection, `SELECT 1 FROM (${loose} UNION ALL SELECT 1 FROM session_members) LIMIT 1`)).length > 0
  );
}

/** From when to when each agent ran, or waited to run, in some of its runs. */
function timesOf(runs: string): string {
  return `SELECT agent_name, min(least(start_us, ready_us)) AS from_us, max(coalesce(end_us, start_us)) AS to_us
    FROM ${runs} GROUP BY agent_name`;
}

/** Tables that nobody needs when all is folded. */
const SCRATCH =
  `touched_workflows touched_sessions interleaved fresh_ids changed_times new_waits several old again pairs
  lines_of old_states new_workflow_states new_handoffs new_feedback new_workflows new_session_members measured
  measured_runs chosen runs passed_on names`.split(/\s+/);

async function replaceWaits(connection: DuckDBConnection, target: Target): Promise<void> {
  const set = (where: string) => `
    UPDATE ${where}.workflow_runs AS r SET contention_us = w.contention_us, prioritization_us = w.prioritization_us
    FROM new_waits AS w WHERE r.invocation_id = w.invocation_id;`;
  if (target === "base") {
    await connection.run(set("base"));
    return;
  }
  await connection.run(`
    CREATE OR REPLACE TABLE moved AS
      SELECT rowid AS place, * FROM base.workflow_runs WHERE rowid IN (
        SELECT b.rowid FROM base.workflow_runs AS b JOIN new_waits AS w USING (invocation_id)
        WHERE b.rowid NOT IN (FROM delta.hidden_workflow_runs)
          AND (b.contention_us IS DISTINCT FROM w.contention_us
            OR b.prioritization_us IS DISTINCT FROM w.prioritization_us));
    INSERT INTO delta.hidden_workflow_runs SELECT place FROM moved;
    INSERT INTO delta.workflow_runs SELECT * EXCLUDE (place) FROM moved;
    DROP TABLE moved;
    ${set("delta")}`);
}
