import { closeSync, fdatasyncSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** How often an open file is compared with what its path names now. */
const RECHECK_MILLISECONDS = 1000;

/** Lines of a burst are gathered up to so many characters. */
const BURST_CHARACTERS = 64 * 1024;

/** A line that has not grown for so long is not being written any more. */
const TORN_AFTER_MILLISECONDS = 10;

const NEWLINE = 0x0a;

/** How an {@link Appender} writes. */
interface AppenderOptions {
  readonly path: string;
  /** Write each line by itself and wait until it is on the disk, not only in the system's cache. */
  readonly fsync: boolean;
  /** Called after each write with the number of lines, and with what the file system threw when they are lost. */
  readonly onWritten: (lines: number, error?: unknown) => void;
}

/**
 * Appends lines to one file that any number of processes append to. Whole lines go out in one `write` on a descriptor
 * opened with O_APPEND, so lines of several writers never mix and no lock is needed.
 *
 * A line is written at once, unless another was written within the same millisecond: the lines of such a burst are
 * gathered and go out together when the next line comes a millisecond later, when there are 64 KB of them, or at the
 * latest when the running JavaScript job ends, or the process exits.
 */
export class Appender {
  readonly #options: AppenderOptions;
  #descriptor: number | undefined;
  #identity = "";
  #checkedAt = 0;
  /** The file ends in the middle of a line, which must be closed before the next one. */
  #torn = false;
  #writtenAt = 0;
  #gathered = "";
  #lines = 0;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /**
   * Never throws: what the file system says goes to `onWritten`.
   *
   * @param line without the line end
   * @param now milliseconds since 1970
   */
  append(line: string, now: number): void {
    this.#gathered += `${line}\n`;
    this.#lines++;
    if (now !== this.#writtenAt || this.#options.fsync || this.#gathered.length >= BURST_CHARACTERS) this.flush(now);
    else if (this.#lines === 1) flushSoon(this);
  }

  /** Writes what was gathered. */
  flush(now = Date.now()): void {
    if (this.#lines === 0) return;
    const text = this.#gathered;
    const lines = this.#lines;
    this.#gathered = "";
    this.#lines = 0;
    this.#writtenAt = now;
    try {
      this.#write(text, now);
      this.#options.onWritten(lines);
    } catch (error) {
      this.#options.onWritten(lines, error);
    }
  }

  /** Writes what was gathered and closes the file. A later line opens it again. */
  close(): void {
    this.flush();
    this.#closeDescriptor();
  }

  #write(lines: string, now: number): void {
    const descriptor = this.#open(now);
    const text = this.#torn ? `\n${lines}` : lines;
    const written = writeSync(descriptor, text);
    if (written !== Buffer.byteLength(text)) this.#finish(descriptor, Buffer.from(text).subarray(written));
    this.#torn = false;
    if (this.#options.fsync) fdatasyncSync(descriptor);
  }

  /** A full disk cuts a write short: write the rest, or remember that the last line is torn. */
  #finish(descriptor: number, rest: Buffer): void {
    this.#torn = true;
    for (let done = 0; done < rest.length;) {
      const written = writeSync(descriptor, rest, done);
      if (written === 0) throw new Error(`could not write all of a line to ${this.#options.path}`);
      done += written;
    }
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
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(path, "a+", 0o600);
    const stats = fstatSync(this.#descriptor);
    this.#identity = identify(stats);
    this.#checkedAt = now;
    this.#torn = stats.isFile() && endsTorn(this.#descriptor);
    return this.#descriptor;
  }

  #closeDescriptor(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Appenders with gathered lines. */
const gathering = new Set<Appender>();
let watchesExit = false;

function flushSoon(appender: Appender): void {
  if (gathering.size === 0) queueMicrotask(flushAll);
  gathering.add(appender);
  if (watchesExit) return;
  watchesExit = true;
  process.on("exit", flushAll);
}

function flushAll(): void {
  for (const appender of gathering) appender.flush();
  gathering.clear();
}

function identify(stats: { dev: number; ino: number } | undefined): string {
  return stats ? `${stats.dev}:${stats.ino}` : "";
}

/** Whether a file ends in the middle of a line that nobody is writing any more. */
function endsTorn(descriptor: number): boolean {
  const byte = Buffer.alloc(1);
  for (let last = -1; ;) {
    const { size } = fstatSync(descriptor);
    if (size === 0 || readSync(descriptor, byte, 0, 1, size - 1) === 0 || byte[0] === NEWLINE) return false;
    if (size === last) return true;
    // Another process may be in the middle of its write.
    last = size;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TORN_AFTER_MILLISECONDS);
  }
}
