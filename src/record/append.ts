import { closeSync, fdatasyncSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** How often an open file is compared with what its path names now. */
const RECHECK_MILLISECONDS = 1000;

const NEWLINE = 0x0a;

/**
 * Appends lines to one file that any number of processes append to. Each line is one `write` on a descriptor opened
 * with O_APPEND, so lines of several writers never mix and no lock is needed.
 */
export class Appender {
  #descriptor: number | undefined;
  #identity = "";
  #checkedAt = 0;
  /** The file ends in the middle of a line, which must be closed before the next one. */
  #torn = false;

  constructor(
    readonly path: string,
    /** Wait until the line is on the disk, not only in the system's cache. */
    private readonly fsync: boolean,
  ) {}

  /**
   * @param line without the line end
   * @throws what the file system throws; then the line is not in the file, or only its torn beginning
   */
  append(line: string): void {
    const descriptor = this.#open();
    const text = this.#torn ? `\n${line}\n` : `${line}\n`;
    const length = Buffer.byteLength(text);
    const written = writeSync(descriptor, text);
    if (written !== length) this.#finish(descriptor, Buffer.from(text).subarray(written));
    this.#torn = false;
    if (this.fsync) fdatasyncSync(descriptor);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** A full disk cuts a write short: write the rest, or remember that the line is torn. */
  #finish(descriptor: number, rest: Buffer): void {
    this.#torn = true;
    for (let done = 0; done < rest.length;) {
      const written = writeSync(descriptor, rest, done);
      if (written === 0) throw new Error(`could not write all of a line to ${this.path}`);
      done += written;
    }
  }

  /** Opens the file, anew when it was moved or deleted: a long-lived program must not write into a deleted file. */
  #open(): number {
    const now = Date.now();
    if (this.#descriptor !== undefined) {
      if (now - this.#checkedAt < RECHECK_MILLISECONDS && now >= this.#checkedAt) return this.#descriptor;
      this.#checkedAt = now;
      if (identify(statSync(this.path, { throwIfNoEntry: false })) === this.#identity) return this.#descriptor;
      this.close();
    }
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(this.path, "a+", 0o600);
    const stats = fstatSync(this.#descriptor);
    this.#identity = identify(stats);
    this.#checkedAt = now;
    this.#torn = stats.size > 0 && stats.isFile() && lastByte(this.#descriptor, stats.size) !== NEWLINE;
    return this.#descriptor;
  }
}

function identify(stats: { dev: number; ino: number } | undefined): string {
  return stats ? `${stats.dev}:${stats.ino}` : "";
}

function lastByte(descriptor: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, size - 1);
  return byte[0];
}
