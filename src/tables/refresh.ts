import { join } from "node:path";

import type { DuckDBConnection } from "@duckdb/node-api";

import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import { logSize } from "../log/size.js";
import { fingerprintOf, type Position, type Positions } from "./cache.js";
import {
  FOLD_FEEDBACK,
  FOLD_INTERLEAVED,
  FOLD_INVOCATIONS,
  FOLD_SESSIONS,
  FOLD_TOUCHED_WORKFLOWS,
  FOLD_WORKFLOWS,
  NAMED_WORKFLOWS,
} from "./fold.js";
import { lineTable } from "./lines.js";
import { Measuring } from "./measuring.js";
import { replaceRows, replaceWaits, type Target } from "./replace.js";
import type { TableName } from "./schema.js";
import { numberOf, rowsOf } from "./sql.js";
import { chunksOf, type LogReader } from "./stage.js";
import { splitChangedWaits } from "./waits.js";

/** The share of the workflows at hand beyond which it is better to wait than to measure them again. */
const MOST_AGAIN = 0.125;

/** What has been read of a log. */
export interface ReadState {
  readonly positions: Positions;
  /** Lines that could not be read: damaged, or without a timestamp. */
  readonly unreadable_lines: number;
  /** Latest timestamp, in milliseconds; `null` before the first line. */
  readonly last_line: number | null;
}

/** The state of a log of which nothing has been read. */
export function nothingRead(): ReadState {
  const start = { offset: 0, fingerprint: "" };
  return { positions: { workflow: start, invocation: start, feedback: start }, unreadable_lines: 0, last_line: null };
}

/** Folds what a log holds beyond what has been read of it, and gives how far it has been read then. */
export async function refresh(log: LogReader, state: ReadState, target: Target): Promise<ReadState> {
  const measuring = new Measuring(log, target);
  try {
    return await foldNew(log, state, target, measuring);
  } finally {
    await measuring.end();
  }
}

async function foldNew(log: LogReader, state: ReadState, target: Target, measuring: Measuring): Promise<ReadState> {
  const { connection, directory } = log;
  await connection.run(`
    CREATE OR REPLACE TABLE touched_workflows (workflow_id VARCHAR);
    CREATE OR REPLACE TABLE touched_sessions (session_id VARCHAR);
    CREATE OR REPLACE TABLE interleaved (invocation_id VARCHAR);
    CREATE OR REPLACE TABLE changed_times (agent_name VARCHAR, from_us DOUBLE, to_us DOUBLE);`);
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
    if (kind === "invocation" && target === "base") await measureAhead(connection, measuring);
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
    await foldTouched(log, target, measuring);
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

/**
 * Folds the workflows that the lines at hand name, and begins to measure them while the next lines are folded. Those that
 * these or what is left to do touch are folded and measured again. So where lines stand in no order, it is better to
 * wait until all are there.
 */
async function measureAhead(connection: DuckDBConnection, measuring: Measuring): Promise<void> {
  await measuring.store();
  await connection.run(NAMED_WORKFLOWS);
  const again = "SELECT count(*) FROM fresh_ids SEMI JOIN base.workflow_metrics USING (workflow_id)";
  const most = `SELECT count(*) * ${MOST_AGAIN} FROM fresh_ids`;
  if ((await numberOf(connection, again)) > (await numberOf(connection, most))) return;
  await connection.run(`
    CREATE OR REPLACE TABLE touched_workflows AS FROM touched_workflows ANTI JOIN fresh_ids USING (workflow_id);`);
  await foldWorkflows(connection, "base");
  await measuring.begin();
}

/** Brings workflows, and what is known of their time, up to date with what was folded. */
async function foldTouched({ instance, connection }: LogReader, target: Target, measuring: Measuring): Promise<void> {
  await measuring.store();
  const touched = "CREATE OR REPLACE TABLE fresh_ids AS SELECT DISTINCT workflow_id FROM touched_workflows;";
  await connection.run(touched);
  await foldWorkflows(connection, target);
  if (await anyJoinedBySession(connection)) {
    await connection.run(FOLD_SESSIONS);
    await replaceRows(connection, target, "session_members");
  }
  await connection.run(touched);
  await measuring.begin();
  await measuring.store();
  await splitChangedWaits(instance, connection);
  await replaceWaits(connection, target);
  await connection.run(SCRATCH.map((table) => `DROP TABLE IF EXISTS ${table};`).join(" "));
}

async function foldWorkflows(connection: DuckDBConnection, target: Target): Promise<void> {
  await connection.run(FOLD_TOUCHED_WORKFLOWS);
  await replaceRows(connection, target, "workflows");
}

/** Whether any invocation names no workflow, now or before. The engine knows where there are no nulls. */
async function anyJoinedBySession(connection: DuckDBConnection): Promise<boolean> {
  const loose = "SELECT 1 FROM invocations WHERE workflow_id IS NULL";
  return (
    (await rowsOf(connection, `SELECT 1 FROM (${loose} UNION ALL SELECT 1 FROM session_members) LIMIT 1`)).length > 0
  );
}

/** Tables that nobody needs when all is folded. */
const SCRATCH =
  `touched_workflows touched_sessions interleaved fresh_ids changed_times new_waits several old again pairs
  lines_of old_states new_workflow_states new_handoffs new_feedback new_workflows new_session_members measured
  measured_runs measured_ids chosen runs passed_on names`.split(/\s+/);
