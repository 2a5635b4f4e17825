import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

import { isAlive } from "../event/process.js";
import { Appender, type AppenderOptions } from "./append.js";

/** Where lines wait for a server, below the telemetry directory: in a folder for each endpoint. */
const SPOOL_FOLDER = "spool";

/** A file is closed and another begun when it is so long, characters: one file goes out in one request. */
const FILE_CHARACTERS = 512 * 1024;

/** A process that has not touched its files for so long is taken for dead, though its id is in use, milliseconds. */
const LEASE_MILLISECONDS = 3_600_000;

/** Between the parts of a file's name: machine, process, thread, spool, number of the file. */
const SEPARATOR = "~";

const OWNERS_KEY = Symbol.for("oak-telemetry.spools");

/**
 * Distinguishes machines and containers that share a directory: a process id means something on its own only.
 * This and the thread are asked for when there is a spool: their modules take long to load beside a start of Node.
 */
const host = () =>
  process
    .getBuiltinModule("node:os")
    .hostname()
    .replaceAll(/[^\w-]/g, "_") || "host";
const threadId = () => process.getBuiltinModule("node:worker_threads").threadId;

/**
 * The spools of this thread, whichever copy of this module they are of. In a container that was restarted, a process has
 * the id that its dead predecessor had.
 */
const OWNERS = ((globalThis as { [OWNERS_KEY]?: Set<string> })[OWNERS_KEY] ??= new Set());

/** How a {@link Spool} keeps lines. */
export interface SpoolOptions extends Pick<AppenderOptions, "fsync" | "onWritten"> {
  /** Of its endpoint: see {@link spoolFolder}. */
  readonly folder: string;
  /** When the files of all processes together hold so much, bytes, no more is taken: what is oldest is lost last. */
  readonly most_bytes: number;
}

/**
 * Keeps lines in files until they are delivered. Each process appends to files of its own: their names say whose they
 * are, and in which order they were written. What a process left behind is adopted by another.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #owner = [host(), process.pid, threadId(), randomBytes(6).toString("hex")].join(SEPARATOR);
  /** Closed files, oldest first. */
  readonly #closed: string[] = [];
  #number = 0;
  #open: { readonly path: string; readonly appender: Appender; characters: number } | undefined;
  #full = false;

  constructor(options: SpoolOptions) {
    this.#options = options;
    OWNERS.add(this.#owner);
  }

  /** Whether lines wait. */
  get isEmpty(): boolean {
    return this.#closed.length === 0 && this.#open === undefined;
  }

  /** No more is taken until something was delivered. */
  get isFull(): boolean {
    return this.#full;
  }

  /** Never throws: what the file system says goes to `onWritten`. */
  append(line: string, now: number): void {
    if (this.#open && this.#open.characters + line.length > FILE_CHARACTERS) this.#close();
    if (!this.#open) {
      const path = this.#nextPath();
      const { fsync, onWritten } = this.#options;
      this.#open = { path, appender: new Appender({ path, fsync, onWritten }), characters: 0 };
    }
    this.#open.characters += line.length;
    this.#open.appender.append(line, now);
  }

  /** The oldest file that is not written to any more, or else the one that is, which is closed. */
  next(): string | undefined {
    if (this.#closed.length === 0) this.#close();
    return this.#closed[0];
  }

  /** Its lines were delivered. */
  remove(path: string): void {
    this.#closed.splice(this.#closed.indexOf(path), 1);
    rmSync(path, { force: true });
    this.#full = false;
  }

  /** What was gathered is written. */
  flush(): void {
    this.#open?.appender.flush();
  }

  /** Says that this process is alive, and looks how much is waiting. */
  touch(): void {
    const now = new Date();
    for (const path of [...this.#closed, ...(this.#open ? [this.#open.path] : [])]) {
      try {
        utimesSync(path, now, now);
      } catch {
        // Adopted by another, who took this process for dead; or not written yet.
      }
    }
    this.#measure();
  }

  /** Takes over what dead processes left behind. Of several that try, one gets a file. */
  adopt(): void {
    for (const name of filesOf(this.#options.folder)) {
      const path = join(this.#options.folder, name);
      if (!isOrphan(name, path)) continue;
      const adopted = this.#nextPath();
      try {
        renameSync(path, adopted);
        this.#closed.push(adopted);
      } catch {
        // Another was faster.
      }
    }
  }

  #close(): void {
    if (!this.#open) return;
    const { path, appender } = this.#open;
    this.#open = undefined;
    appender.close();
    this.#closed.push(path);
    this.#measure();
  }

  #measure(): void {
    const { folder, most_bytes } = this.#options;
    this.#full = filesOf(folder).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0) >= most_bytes;
  }

  #nextPath(): string {
    return join(this.#options.folder, `${this.#owner}${SEPARATOR}${++this.#number}.jsonl`);
  }
}

/** The lines of a file of the spool; none when it is gone. */
export function linesIn(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Where what is meant for an endpoint waits: nothing recorded for one server must ever reach another. */
export function spoolFolder(directory: string, endpoint: string): string {
  return join(directory, SPOOL_FOLDER, encodeURIComponent(endpoint));
}

/** What waits for a server. */
export interface Waiting {
  readonly endpoint: string;
  readonly events: number;
  readonly bytes: number;
}

/** What waits in a telemetry directory to be sent. */
export function waitingIn(directory: string): Waiting[] {
  return filesOf(join(directory, SPOOL_FOLDER), "").flatMap((name) => {
    const folder = join(directory, SPOOL_FOLDER, name);
    const paths = filesOf(folder).map((file) => join(folder, file));
    const events = paths.reduce((sum, path) => sum + linesIn(path).length, 0);
    const bytes = paths.reduce((sum, path) => sum + sizeOf(path), 0);
    return events === 0 ? [] : [{ endpoint: endpointIn(name), events, bytes }];
  });
}

function endpointIn(folder: string): string {
  try {
    return decodeURIComponent(folder);
  } catch {
    return folder;
  }
}

function filesOf(folder: string, end = ".jsonl"): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(end));
  } catch {
    return [];
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** Whether nobody will send a file: its process is dead, or has not touched it for long. */
function isOrphan(name: string, path: string): boolean {
  const parts = name.split(SEPARATOR);
  const [machine, pid, thread] = parts;
  if (OWNERS.has(parts.slice(0, -1).join(SEPARATOR))) return false;
  const here = machine === host();
  if (here && Number(pid) === process.pid && Number(thread) === threadId()) return true;
  if (here && !isAlive(Number(pid))) return true;
  try {
    return Date.now() - statSync(path).mtimeMs > LEASE_MILLISECONDS;
  } catch {
    return false;
  }
}
