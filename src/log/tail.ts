import { watch, type FSWatcher } from "node:fs";
import { join } from "node:path";

import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import { logState } from "./follow.js";
import { readLines } from "./lines.js";
import { openLogFile } from "./open.js";
import { parseLine, type JsonObject } from "./parse.js";

/** How far each file of a log has been read: the byte after a line end, or 0. */
export type Offsets = Readonly<Record<LogKind, number>>;

/** An object of the log, and how far its file has been read with it. */
export interface TailEntry {
  readonly kind: LogKind;
  readonly object: JsonObject;
  readonly to: number;
  /** The line that it stands in, until the next lines are asked for. */
  readonly line: Buffer;
}

/** Where a file system gives no notice of a change, or loses one, milliseconds. */
const POLL_MILLISECONDS = 500;

/** While lines keep coming, they are read together, at most so often, milliseconds. */
const PAUSE_MILLISECONDS = 20;

/** And one rests so long in terms of what the last reading took, but not longer than this. */
const REST = 5;
const LONGEST_REST_MILLISECONDS = 250;

/** So much of what stood before an offset is compared, to notice that a file was written anew. */
const COMPARED_BYTES = 256;

const NEWLINE = 0x0a;

/**
 * Reads the whole lines of a log from given offsets on, file by file. Damaged lines are left out.
 *
 * @param to how far to read; by default to the end
 */
export async function* readFrom(directory: string, from: Offsets, to?: Offsets): AsyncGenerator<TailEntry[]> {
  for (const kind of LOG_KINDS) {
    if (to && from[kind] >= to[kind]) continue;
    for await (const lines of readLines(join(directory, LOG_FILES[kind]), from[kind])) {
      const whole = lines.filter(
        ({ terminated, offset, length }) => terminated && (!to || offset + length + 1 <= to[kind]),
      );
      if (whole.length > 0)
        yield whole.flatMap(({ bytes, offset, length }) =>
          bytes
            ? parseLine(bytes).objects.map((object) => ({ kind, object, to: offset + length + 1, line: bytes }))
            : [],
        );
      if (whole.length < lines.length) break;
    }
  }
}

/** Where the last whole line of each file ends. */
export async function endsOf(directory: string): Promise<Offsets> {
  const ends = await Promise.all(LOG_KINDS.map((kind) => endOf(join(directory, LOG_FILES[kind]))));
  return Object.fromEntries(LOG_KINDS.map((kind, i) => [kind, ends[i]!])) as Record<LogKind, number>;
}

async function endOf(path: string): Promise<number> {
  const file = await openLogFile(path);
  if (!file) return 0;
  try {
    const buffer = Buffer.alloc(64 * 1024);
    for (let { size } = await file.stat(); size > 0; size -= Math.min(size, buffer.length)) {
      const start = Math.max(0, size - buffer.length);
      const { bytesRead } = await file.read(buffer, 0, size - start, start);
      const newline = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
      if (newline !== -1) return start + newline + 1;
    }
    return 0;
  } finally {
    await file.close();
  }
}

/** Who follows a log. */
export interface TailListener {
  /** What was appended, in the order of each file. */
  readonly onEntries: (entries: readonly TailEntry[], offsets: Offsets) => void;
  /** The log was written anew, other than by appending: what was said of it may not hold any more. */
  readonly onReset: (offsets: Offsets) => void;
  /** What the file system says; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
}

/** Follows what is appended to a log, from its end on. */
export class LogTail {
  #offsets: Offsets = { workflow: 0, invocation: 0, feedback: 0 };
  #before = new Map<LogKind, string>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #fingerprint = "";

  private constructor(
    readonly directory: string,
    private readonly listener: TailListener,
  ) {}

  static async start(directory: string, listener: TailListener): Promise<LogTail> {
    const tail = new LogTail(directory, listener);
    await tail.#goToEnd();
    tail.#timer = setInterval(() => {
      tail.#watch();
      tail.#look();
    }, POLL_MILLISECONDS);
    tail.#watch();
    return tail;
  }

  /** How far the log has been followed. */
  get offsets(): Offsets {
    return this.#offsets;
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** The directory may come into being later, or be replaced. */
  #watch(): void {
    if (this.#watcher) return;
    try {
      this.#watcher = watch(this.directory, () => this.#look());
      this.#watcher.on("error", () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      // Polling will do.
    }
  }

  #look(): void {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    const began = performance.now();
    this.#reading = this.#read()
      .catch((error: unknown) => {
        if (!this.#stopped) this.listener.onTrouble(error);
      })
      .finally(() => {
        const rest = Math.min(REST * (performance.now() - began), LONGEST_REST_MILLISECONDS);
        setTimeout(
          () => {
            this.#reading = undefined;
            if (!this.#again || this.#stopped) return;
            this.#again = false;
            this.#look();
          },
          Math.max(PAUSE_MILLISECONDS, rest),
        );
      });
  }

  async #read(): Promise<void> {
    const { fingerprint, sizes } = await logState(this.directory);
    if (fingerprint === this.#fingerprint) return;
    for (const kind of LOG_KINDS) {
      if (sizes[kind] < this.#offsets[kind] || !(await this.#isAsBefore(kind, this.#offsets[kind])))
        return this.#reset();
    }
    const from = this.#offsets;
    const ends = new Map<LogKind, string>();
    for await (const entries of readFrom(this.directory, this.#offsets)) {
      const last = entries.at(-1);
      if (!last) continue;
      this.#offsets = { ...this.#offsets, [last.kind]: last.to };
      ends.set(last.kind, `${last.line.toString("latin1", Math.max(0, last.line.length + 1 - COMPARED_BYTES))}\n`);
      this.listener.onEntries(entries, this.#offsets);
    }
    for (const kind of LOG_KINDS) {
      if (this.#offsets[kind] === from[kind]) continue;
      // It may have been written anew since that was compared: what was read, and stands there, would be of another file.
      if (!(await this.#isAsBefore(kind, from[kind]))) return this.#reset();
      // Of what was read, not of what stands there by now.
      this.#before.set(kind, ends.get(kind) ?? "");
    }
    this.#fingerprint = fingerprint;
  }

  async #reset(): Promise<void> {
    await this.#goToEnd();
    // Whoever stopped may have deleted it.
    if (!this.#stopped) this.listener.onReset(this.#offsets);
  }

  async #goToEnd(): Promise<void> {
    this.#offsets = await endsOf(this.directory);
    for (const kind of LOG_KINDS) this.#before.set(kind, await this.#beforeOffset(kind, this.#offsets[kind]));
  }

  /** Whether there still stands before the place that was read to what stood there when it was. */
  async #isAsBefore(kind: LogKind, to: number): Promise<boolean> {
    const before = this.#before.get(kind) ?? "";
    return (await this.#beforeOffset(kind, to, before.length || COMPARED_BYTES)) === before;
  }

  async #beforeOffset(kind: LogKind, to: number, length = COMPARED_BYTES): Promise<string> {
    const file = to === 0 ? undefined : await openLogFile(join(this.directory, LOG_FILES[kind]));
    if (!file) return "";
    try {
      const from = Math.max(0, to - length);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
      return buffer.subarray(0, bytesRead).toString("latin1");
    } finally {
      await file.close();
    }
  }
}
