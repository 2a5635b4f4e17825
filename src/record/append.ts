import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import { makeDirectory } from "../event/directory.js";

/** How often an open file is compared with what its path names now. */
const RECHECK_MILLISECONDS = 1000;

/** Lines of a burst are buffered up to so many characters: more would hardly be faster, and more can be lost. */
const BURST_CHARACTERS = 16 * 1024;

/**
 * A file that does not end with a line end is looked at again after 1, 2, 4, … milliseconds, the last time after so many:
 * a writer on a busy machine may wait long for its turn in the middle of a write. Together 127.
 */
const LONGEST_LOOK_MILLISECONDS = 64;

const NEWLINE = 0x0a;

/** How an {@link Appender} writes. */
export interface AppenderOptions {
  readonly path: string;
  /** Write each line by itself and wait until it is on the disk, not only in the system's cache. */
  readonly fsync: boolean;
  /** Called after each write with the number of lines, and with what the file system threw when they are lost. */
  readonly onWritten: (lines: number, error?: unknown) => void;
  /** What was appended to this one is written first. */
  readonly after?: Appender | undefined;
}

/**
 * Appends lines to one file that any number of processes append to. Whole lines go out in one `write` on a descriptor
 * opened with O_APPEND, so lines of several writers never mix and no lock is needed.
 *
 * A line is written at once, unless another was written within the same millisecond: the lines of such a burst are
 * buffered and go out together when a line comes in a later millisecond, when there are 16 KB of them, and at the
 * latest when the running JavaScript job ends or the process exits.
 */
export class Appender {
  readonly #options: AppenderOptions;
  #descriptor: number | undefined;
  #identity = "";
  #checkedAt = 0;
  #writtenAt = 0;
  #buffered = "";
  #lines = 0;

  constructor(options: AppenderOptions) {
    this.#options = options;
    watchExit();
  }

  /**
   * Never throws: what the file system says goes to `onWritten`.
   *
   * @param line without the line end
   * @param now milliseconds since 1970
   */
  append(line: string, now: number): void {
    this.#buffered += `${line}\n`;
    this.#lines++;
    const burst = now === this.#writtenAt && !this.#options.fsync && !exiting;
    if (!burst || this.#buffered.length >= BURST_CHARACTERS) this.flush(now);
    else if (this.#lines === 1) flushSoon(this);
  }

  /** Writes what was buffered. */
  flush(now = Date.now()): void {
    if (this.#lines === 0) return;
    this.#options.after?.flush(now);
    const text = this.#buffered;
    const lines = this.#lines;
    this.#buffered = "";
    this.#lines = 0;
    this.#writtenAt = now;
    const progress = { bytes: 0 };
    let failure: unknown;
    try {
      this.#write(text, now, progress);
    } catch (error) {
      failure = error ?? new Error("unknown error");
      // The descriptor may be what is broken.
      this.#closeDescriptor();
    }
    if (failure === undefined) return this.#options.onWritten(lines);
    const whole = Buffer.from(text).subarray(0, progress.bytes).toString("latin1").split("\n").length - 1;
    this.#options.onWritten(lines - Math.min(whole, lines), failure);
  }

  /** Writes what was buffered and closes the file. A later line opens it again. */
  close(): void {
    this.flush();
    this.#closeDescriptor();
  }

  /** A full disk cuts a write short: then the rest is tried, and fails with the reason. */
  #write(text: string, now: number, progress: { bytes: number }): void {
    const descriptor = this.#open(now);
    const length = Buffer.byteLength(text);
    progress.bytes = writeSync(descriptor, text);
    if (progress.bytes < length) {
      const bytes = Buffer.from(text);
      while (progress.bytes < length) {
        const written = writeSync(descriptor, bytes, progress.bytes);
        if (written === 0) throw new Error(`${this.#options.path} takes no more`);
        progress.bytes += written;
      }
    }
    if (this.#options.fsync) fdatasyncSync(descriptor);
  }

  /** Opens the file, anew when it was moved or deleted: a long-lived program must not write into a deleted file. */
  #open(now: number): number {
    const { path } = this.#options;
    if (this.#descriptor !== undefined) {
      if (now - this.#checkedAt < RECHECK_MILLISECONDS && now >= this.#checkedAt) return this.#descriptor;
      this.#checkedAt = now;
      if (identify(statSync(path, { throwIfNoEntry: false })) === this.#identity) return this.#descriptor;
      this.#closeDescriptor();
    }
    makeDirectory(dirname(path));
    this.#descriptor = openSync(path, "a+", 0o600);
    const stats = fstatSync(this.#descriptor);
    this.#identity = identify(stats);
    this.#checkedAt = now;
    if (stats.isFile() && endsTorn(this.#descriptor)) writeSync(this.#descriptor, "\n");
    return this.#descriptor;
  }

  #closeDescriptor(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor === undefined) return;
    try {
      closeSync(descriptor);
    } catch {
      // Somebody closed it for us.
    }
  }
}

/** Appenders with buffered lines. */
let buffering = new Set<Appender>();
/** Once the process exits, no job ends any more: every line is written at once. */
let exiting = false;
let watchesExit = false;

function watchExit(): void {
  if (watchesExit) return;
  watchesExit = true;
  process.on("exit", () => {
    exiting = true;
    flushAll();
  });
}

function flushSoon(appender: Appender): void {
  if (buffering.size === 0) queueMicrotask(flushAll);
  buffering.add(appender);
}

function flushAll(): void {
  // Whoever hears of a failure may log it: that belongs into the next round.
  const appenders = buffering;
  buffering = new Set();
  for (const appender of appenders) appender.flush();
}

function identify(stats: { dev: number; ino: number } | undefined): string {
  return stats ? `${stats.dev}:${stats.ino}` : "";
}

/**
 * Whether a file ends in the middle of a line, and somebody was not just writing it. Who is taken for dead in the middle of
 * a write, and is not, does no harm: the line end that is written then comes behind the whole line, and makes an empty one.
 */
function endsTorn(descriptor: number): boolean {
  const byte = Buffer.alloc(1);
  for (let pause = 1; ; pause *= 2) {
    const { size } = fstatSync(descriptor);
    if (size === 0 || readSync(descriptor, byte, 0, 1, size - 1) === 0 || byte[0] === NEWLINE) return false;
    if (pause > LONGEST_LOOK_MILLISECONDS) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
}
