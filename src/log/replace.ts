import { rmSync } from "node:fs";
import { link, open, readdir, realpath, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { RawLine } from "./lines.js";

/*
 * Puts a new file in the place of one that other processes append to, and loses none of their lines.
 *
 * The new file is written under another name, and brought up to what was appended meanwhile. Then it takes the old one's
 * name at once. Writers that have the old file open notice within a second, and until then append to it: what they
 * append is moved into the new file until the old one has been quiet. Meanwhile the old file keeps a second name, which
 * says how far it has been copied: when this process dies, whoever comes next goes on there.
 */

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Writers compare the file that they have open with the one of its name once a second: twice that is enough. */
const LEAST_DRAINING_MILLISECONDS = 2000;
/** And nothing must have come for so long. Who is in the middle of a line may wait for its turn on a busy machine. */
const QUIET_MILLISECONDS = 1000;
const POLL_MILLISECONDS = 20;
/** Then it is not a writer of ours: it may never let go of the old file. */
const LONG_DRAINING_MILLISECONDS = 10_000;

const TEMPORARY = /\.prune-\d+\.tmp$/;
const OLD = /\.pruned-(\d+)$/;

/** A file that is about to be replaced. */
export class Replacement {
  /** Up to where the old file has been copied, or left out. */
  #position = 0;
  /** The old file's second name. */
  #second: string | undefined;

  private constructor(
    readonly path: string,
    private readonly temporary: string,
    private readonly old: FileHandle,
    /** Opened to append, as the writers do: lines never mix. */
    private readonly next: FileHandle,
  ) {}

  /** Begins a new file, empty, which belongs to whom the old one at `path` does. */
  static async begin(path: string): Promise<Replacement> {
    const real = await realpath(path);
    const temporary = `${real}.prune-${process.pid}.tmp`;
    const old = await open(real, "r");
    const next = await open(temporary, "ax", 0o600);
    try {
      const { uid, gid, mode } = await old.stat();
      const own = await next.stat();
      if (own.uid !== uid || own.gid !== gid) await next.chown(uid, gid);
      await next.chmod(mode & 0o777);
      return new Replacement(real, temporary, old, next);
    } catch (error) {
      await old.close();
      await next.close();
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Writes lines of the old file into the new one, byte for byte. */
  async keep(lines: readonly RawLine[]): Promise<void> {
    let parts: Buffer[] = [];
    for (const { bytes, offset, length } of lines) {
      if (bytes) {
        parts.push(bytes, LINE_END);
        continue;
      }
      // Too long to be held in memory.
      await append(this.next, Buffer.concat(parts));
      parts = [];
      await copyRange(this.old, this.next, offset, offset + length + 1);
    }
    await append(this.next, Buffer.concat(parts));
  }

  /**
   * Copies what was appended to the old file, and gives the new file its name.
   *
   * @param from where the lines end that were kept or left out
   * @param check sees the whole lines that were appended meanwhile; what it throws ends the replacing
   * @throws when somebody else replaced the old file
   */
  async replace(from: number, check: (lines: Buffer) => void): Promise<void> {
    this.#position = await moveLines(this.old, from, this.next, check);
    // That takes long when the file is large, and lines come meanwhile.
    await this.next.sync();
    this.#position = await moveLines(this.old, this.#position, this.next, check);
    this.#position = await closeTorn(this.old, this.#position, this.next);
    this.#position = await moveLines(this.old, this.#position, this.next, check);
    const { ino, dev } = await this.old.stat();
    const named = await stat(this.path);
    if (named.ino !== ino || named.dev !== dev) throw new Error(`${this.path} was replaced by another program`);
    this.#second = `${this.path}.pruned-${this.#position}`;
    // Some file systems know no second names: there, only a crash within the next seconds loses lines.
    await link(this.path, this.#second).catch(() => (this.#second = undefined));
    await rename(this.temporary, this.path);
    await syncFolder(this.path);
  }

  /** Moves what writers append to the old file, until they have noticed that there is a new one. */
  async drain(onLong: () => void): Promise<void> {
    this.#position = await drain(this.old, this.#position, this.next, LEAST_DRAINING_MILLISECONDS, onLong);
    await this.next.sync();
    if (this.#second) await rm(this.#second, { force: true });
    await this.#close();
  }

  /** Gives up: the old file stays as it is. */
  async abandon(): Promise<void> {
    await this.#close();
    this.removeTemporary();
  }

  /** Removes the new file if it has not got the old one's name yet; also while the process exits. */
  removeTemporary(): void {
    rmSync(this.temporary, { force: true });
  }

  async #close(): Promise<void> {
    await this.old.close().catch(() => undefined);
    await this.next.close().catch(() => undefined);
  }
}

/**
 * Puts in order what a process that died left behind: removes files that were not finished, and moves what was appended
 * to an old file after it had been copied. A line that was moved before stands there twice then, which counts once.
 *
 * Nobody may be replacing the file.
 */
export async function recoverReplacement(path: string): Promise<void> {
  const real = await realpath(path).catch(() => path);
  const folder = dirname(real);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`${basename(real)}.`)) continue;
    const leftover = join(folder, name);
    const position = OLD.exec(name)?.[1];
    if (TEMPORARY.test(name)) await rm(leftover, { force: true });
    else if (position !== undefined) await recover(real, leftover, Number(position));
  }
}

async function recover(path: string, leftover: string, position: number): Promise<void> {
  const old = await open(leftover, "r");
  try {
    const current = await stat(path).catch(() => undefined);
    // The same file: it had not been replaced yet.
    if (current?.ino !== (await old.stat()).ino) {
      const next = await open(path, "a", 0o600);
      try {
        await drain(old, position, next, 0, () => undefined);
        await next.sync();
      } finally {
        await next.close();
      }
    }
  } finally {
    await old.close();
  }
  await rm(leftover, { force: true });
}

/** Moves lines from an old file to a new one until the old one is quiet. Gives the position behind the last. */
async function drain(
  old: FileHandle,
  from: number,
  next: FileHandle,
  least: number,
  onLong: () => void,
): Promise<number> {
  const began = performance.now();
  let position = from;
  let grewAt = least === 0 ? -Infinity : began;
  let size = from;
  let said = false;
  for (;;) {
    position = await moveLines(old, position, next);
    const now = performance.now();
    const { size: grown } = await old.stat();
    if (grown > size) grewAt = now;
    size = grown;
    if (now - began >= least && now - grewAt >= QUIET_MILLISECONDS && position >= size) return position;
    // What stands there without a line end is torn.
    if (now - began >= least && now - grewAt >= QUIET_MILLISECONDS) position = await closeTorn(old, position, next);
    if (!said && now - began > LONG_DRAINING_MILLISECONDS) {
      said = true;
      onLong();
    }
    await sleep(POLL_MILLISECONDS);
  }
}

const LINE_END = Buffer.from("\n");

/** Appends the whole lines of a file from an offset on to another file. Gives the offset behind the last. */
async function moveLines(
  from: FileHandle,
  offset: number,
  to: FileHandle,
  check?: (lines: Buffer) => void,
): Promise<number> {
  let at = offset;
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await from.read(buffer, 0, buffer.length, at);
    const length = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
    if (length > 0) {
      check?.(buffer.subarray(0, length));
      await append(to, buffer.subarray(0, length));
      at += length;
    } else if (bytesRead < buffer.length) {
      return at;
    } else {
      buffer = Buffer.allocUnsafe(buffer.length * 2);
    }
  }
}

/**
 * Copies a last line without line end, with a line end, once nobody is writing it any more. Gives the offset behind it;
 * the same offset when there is none, or somebody is.
 */
async function closeTorn(from: FileHandle, offset: number, to: FileHandle): Promise<number> {
  const { size } = await from.stat();
  if (size <= offset) return offset;
  await sleep(QUIET_MILLISECONDS);
  if ((await from.stat()).size !== size) return offset;
  const buffer = Buffer.allocUnsafe(size - offset);
  const { bytesRead } = await from.read(buffer, 0, buffer.length, offset);
  if (bytesRead < buffer.length || buffer.includes(NEWLINE)) return offset;
  await append(to, Buffer.concat([buffer, LINE_END]));
  return size;
}

async function copyRange(from: FileHandle, to: FileHandle, start: number, end: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = start; at < end;) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) throw new Error("a file of the log became shorter");
    await append(to, buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** In one `write`, as a rule: a full disk cuts it short, and then the rest fails with the reason. */
async function append(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written);
    if (bytesWritten === 0) throw new Error("the file takes no more");
    written += bytesWritten;
  }
}

/** So that the new name survives a power cut. Some systems cannot. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
