import { constants } from "node:fs";
import { chmod, copyFile, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { LOG_FILES, LOG_KINDS, makeDirectory, type LogKind } from "../event/directory.js";

/*
 * Where folded tables are kept between two analyses: one file of the SQL engine, which is never changed but replaced by
 * rename, so that any number of processes may read it while others replace or delete it.
 */

/** Folder in the telemetry directory. It may be deleted at any time. */
const FOLDER = "tables";
const FILE = "tables.duckdb";

/** Files that a killed process left behind are removed when they are older than this. */
const LEFT_BEHIND_MILLISECONDS = 60 * 60 * 1000;

/** A file of the log up to this size is compared wholly to see that it is still the one that was folded, in such pieces. */
const WHOLE_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** Of a larger one so many samples are compared. What shifts the lines behind it is as plain in few bytes as in many. */
const SAMPLES = 256;
const SAMPLE_BYTES = 4 * 1024;

/** How far a file of the log has been folded. */
export interface Position {
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  /** What stood there; absent when the file had become shorter meanwhile. */
  readonly fingerprint: string | undefined;
}

/** How far each file of the log has been folded. */
export type Positions = Readonly<Record<LogKind, Position>>;

/** Where the cached tables of a telemetry directory are. */
export function cachePath(directory: string): string {
  return join(directory, FOLDER, FILE);
}

/** Puts a finished copy of a file of tables where others find it. Fails when the directory cannot be written. */
export async function publish(file: string, directory: string): Promise<void> {
  const folder = join(directory, FOLDER);
  makeDirectory(folder);
  await writeFile(join(folder, ".gitignore"), "*\n", { mode: 0o600 });
  await removeLeftBehind(folder);
  const copy = join(folder, `${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}.tmp`);
  try {
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    await chmod(copy, 0o600);
    await rename(copy, join(folder, FILE));
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
}

/** Deletes the cached tables. */
export async function removeCache(directory: string): Promise<void> {
  await rm(join(directory, FOLDER), { recursive: true, force: true });
}

async function removeLeftBehind(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".tmp")) continue;
    const path = join(folder, name);
    const written = await stat(path).catch(() => undefined);
    if (written && written.mtimeMs < Date.now() - LEFT_BEHIND_MILLISECONDS) await rm(path, { force: true });
  }
}

/** Whether the log still begins with what was folded: nothing but appending has happened since. */
export async function stillHolds(directory: string, positions: Positions): Promise<boolean> {
  const checks = LOG_KINDS.map(async (kind) => {
    const { offset, fingerprint } = positions[kind];
    return fingerprint !== undefined && (await fingerprintOf(join(directory, LOG_FILES[kind]), offset)) === fingerprint;
  });
  return (await Promise.all(checks)).every(Boolean);
}

/**
 * A checksum of the first `length` bytes of a file: of all of them where they are few, else of samples evenly spread
 * from the first to the last. A line that is changed shifts what follows, so that the samples differ. `undefined`
 * when the file is shorter, or gone.
 */
export async function fingerprintOf(path: string, length: number): Promise<string | undefined> {
  if (length === 0) return "";
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return undefined;
  try {
    const isWhole = length <= WHOLE_BYTES;
    const bytes = isWhole ? PIECE_BYTES : SAMPLE_BYTES;
    const samples = isWhole ? Math.ceil(length / bytes) : SAMPLES;
    const sample = Buffer.allocUnsafe(Math.min(bytes, length));
    let checksum = 0;
    for (let i = 0; i < samples; i++) {
      const at = samples === 1 ? 0 : Math.round((i * (length - sample.length)) / (samples - 1));
      const { bytesRead } = await file.read(sample, 0, sample.length, at);
      if (bytesRead < sample.length) return undefined;
      checksum = crc32(sample, checksum);
    }
    const { ino } = await file.stat();
    return `${ino}:${checksum}`;
  } finally {
    await file.close();
  }
}
