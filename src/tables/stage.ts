import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import { cleanChunk, copyChunks } from "../log/chunks.js";
import type { ProgressListener } from "../log/size.js";
import { lineTable, nextLineTable, stageLines } from "./lines.js";
import { numberOf } from "./sql.js";

/** Longest line that the SQL engine reads at full speed, in parallel; it reads longer ones when it meets one. */
const USUAL_LINE_BYTES = 4 * 1024 * 1024;

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

/** Whole lines that stand in the table of their file, until the next are asked for. */
export interface LineChunk {
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
export async function* chunksOf(
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
  { instance, directory, folder, until, chunkBytes }: LogReader,
  from: Readonly<Partial<Record<LogKind, number>>>,
  to: number | undefined,
): AsyncGenerator<LineChunk> {
  const connection = await instance.connect();
  const copy = join(folder, "chunk");
  try {
    for (const kind of LOG_KINDS) {
      if (from[kind] === undefined) continue;
      const path = join(directory, LOG_FILES[kind]);
      for await (const chunk of copyChunks(path, copy, { from: from[kind], to, chunkBytes })) {
        const damaged = await stageChunk(connection, kind, chunk.path, chunk.to - chunk.from, until);
        yield { kind, to: chunk.to, unreadable: chunk.skipped + damaged };
      }
    }
  } finally {
    connection.closeSync();
    for (const letter of ["a", "b"]) await rm(`${copy}.${letter}`, { force: true });
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
