import { readdirSync, readFileSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { makeDirectory } from "../../../event/directory.js";
import { Appender } from "../../../record/append.js";
import type { HookRecord } from "./record.js";

/*
 * What hook processes of one session know of each other: a file for each session, to which each process appends what it
 * was given before it reads what all have appended. So nothing is lost when many run at once, there is no lock, and the
 * place in the file is the order of things. A process then writes the events that its own record adds, and appends
 * that it has; where a process was killed in between, a later one does it for it.
 */

/** The folder below the telemetry directory. */
const FOLDER = ["capture", "claude-code"] as const;

/** Payloads that could not be understood, one line each. */
const REFUSED = "refused.jsonl";

/** Its time says when silent sessions were last looked for. */
const SWEPT = "swept";

/** So long a process may take before another does its work. */
const LATE_MILLISECONDS = 20_000;

/** Journals of sessions are of no use once nothing can come of them. */
const KEPT_DAYS = 30;

/** A session that says more is told no further: its hooks would take too long. */
const LONGEST_JOURNAL = 64 * 1024 * 1024;

/** Enough to see that something is wrong. */
const LONGEST_REFUSED = 256 * 1024;

const DAY_MILLISECONDS = 86_400_000;

/** A record, or that the events of one have been written. */
type JournalLine = HookRecord | { readonly done: string };

/** The journals of a telemetry directory. */
function journalFolder(directory: string): string {
  return join(directory, ...FOLDER);
}

/** Path of a session's journal. Only a `session_id` that is fit for a file's name gets here. */
export function journalPath(directory: string, session_id: string): string {
  return join(journalFolder(directory), `${session_id}.jsonl`);
}

/** Appends a line. What the file system refuses is lost. */
function appendLine(path: string, line: JournalLine | object): void {
  const appender = new Appender({ path, fsync: false, onWritten: () => undefined });
  appender.append(JSON.stringify(line), Date.now());
  appender.close();
}

export function appendRecord(directory: string, session_id: string, record: HookRecord): void {
  appendLine(journalPath(directory, session_id), record);
}

/** Says that the events of a record have been written. */
export function appendDone(directory: string, session_id: string, id: string): void {
  appendLine(journalPath(directory, session_id), { done: id });
}

/** What a journal holds, in its order. */
export interface Journal {
  readonly records: readonly HookRecord[];
  /** The records whose events have been written. */
  readonly done: ReadonlySet<string>;
}

/** Reads a journal. Damaged lines are left out. */
export function readJournal(path: string): Journal {
  const records: HookRecord[] = [];
  const done = new Set<string>();
  for (const line of textOf(path, LONGEST_JOURNAL).split("\n")) {
    const entry = parsed(line);
    if (entry === undefined) continue;
    if ("done" in entry) done.add(entry.done);
    else records.push(entry);
  }
  return { records, done };
}

/** Whether the events of a record are still missing though its process has had the time. */
export function isOverdue(journal: Journal, record: HookRecord, now: number): boolean {
  return !journal.done.has(record.id) && Math.abs(now - record.at) > LATE_MILLISECONDS;
}

function textOf(path: string, longest: number): string {
  try {
    return statSync(path).size > longest ? "" : readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function parsed(line: string): JournalLine | undefined {
  if (line === "") return undefined;
  try {
    const value: unknown = JSON.parse(line);
    const { done, id, at, event } = value as Record<string, unknown>;
    const whole = typeof done === "string" || (typeof id === "string" && typeof at === "number" && Boolean(event));
    return whole ? (value as JournalLine) : undefined;
  } catch {
    return undefined;
  }
}

/** Counts a payload that could not be understood. */
export function appendRefused(directory: string, reason: string, now: number): void {
  const path = join(journalFolder(directory), REFUSED);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < LONGEST_REFUSED)
    appendLine(path, { at: new Date(now).toISOString(), reason });
}

/** Payloads that could not be understood. */
export function countRefused(directory: string): number {
  return textOf(join(journalFolder(directory), REFUSED), LONGEST_JOURNAL)
    .split("\n")
    .filter((line) => line !== "").length;
}

/** A session that has a journal. */
export interface JournalFile {
  readonly session_id: string;
  /** Milliseconds since 1970. */
  readonly last_at: number;
}

/** The sessions that have a journal. */
export function listJournals(directory: string): JournalFile[] {
  const folder = journalFolder(directory);
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return [];
  }
  return files
    .filter((file) => file.endsWith(".jsonl") && file !== REFUSED)
    .flatMap((file) => {
      const stats = statSync(join(folder, file), { throwIfNoEntry: false });
      return stats ? [{ session_id: file.slice(0, -".jsonl".length), last_at: stats.mtimeMs }] : [];
    });
}

/**
 * The sessions that have fallen silent since this was asked last. Removes journals that are of no use any more.
 *
 * @param silence after how many milliseconds
 */
export function takeSilent(directory: string, now: number, silence: number): string[] {
  const marker = join(journalFolder(directory), SWEPT);
  const last = statSync(marker, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (now - last < silence / 24) return [];
  const silent: string[] = [];
  for (const { session_id, last_at } of listJournals(directory)) {
    if (last_at < now - KEPT_DAYS * DAY_MILLISECONDS) unlinkSync(journalPath(directory, session_id));
    else if (last_at <= now - silence && last_at > last - silence) silent.push(session_id);
  }
  makeDirectory(journalFolder(directory));
  writeFileSync(marker, "", { mode: 0o600 });
  utimesSync(marker, now / 1000, now / 1000);
  return silent;
}
