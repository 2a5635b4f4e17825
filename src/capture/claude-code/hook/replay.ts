import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

import { findTelemetryDirectory } from "../../../event/directory.js";
import type { TelemetryEvent } from "../../../event/events.js";
import { readLines } from "../../../log/lines.js";
import { asObject } from "../records.js";
import { ABANDONED_AFTER_HOURS } from "../identity.js";
import { appendEvents, handlePayload } from "./hook.js";
import { appendDone, appendRecord, journalPath, readJournal } from "./journal.js";
import { readLogged, readLoggedRecord, type LoggedPayload } from "./logged.js";
import { readPayload } from "./payload.js";
import type { HookRecord } from "./record.js";
import { Session, type SessionCounts } from "./session.js";

/** What a replay came to. The counts of runs and stops are those of all that the sessions have ever said. */
export interface Replayed extends SessionCounts {
  readonly directory: string;
  readonly payloads: number;
  /** Payloads by the name of their event. */
  readonly payloads_by_event: Readonly<Record<string, number>>;
  /** Payloads that tell of other things than subagents. */
  readonly irrelevant: number;
  /** What is no payload. */
  readonly refused: number;
  /** The same by reason. */
  readonly refused_by_reason: Readonly<Record<string, number>>;
  /** Payloads that an earlier replay had handled. */
  readonly known: number;
  readonly sessions: number;
  /** Events that were written. */
  readonly events: number;
}

/** A file that is one JSON value is read whole: up to so many bytes. */
const LONGEST_VALUE = 256 * 1024 * 1024;

/** More names of events are counted as one. */
const MAX_NAMES = 50;

/**
 * Handles the payloads of a file as if they came at the time that was logged with them, else when the one before them
 * came. The file has one on each line, or is a list of them; see {@link readLogged} for what may stand around a payload.
 * Handling the same file again, also when it has grown, adds only what is new.
 *
 * @param onProgress called with the bytes that were read, and how many there are
 * @throws what the file system says
 */
export async function replay(
  path: string,
  given?: string,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Replayed> {
  const task = new Replay(findTelemetryDirectory(given));
  const total = statSync(path).size;
  let done = 0;
  let isFirst = true;
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      done += line.length + 1;
      const text = line.bytes?.toString("utf8").trim();
      if (text === "") continue;
      // Its first line is no payload: it may be one value, on many lines.
      const list = isFirst && (text === "{" || text?.startsWith("[")) ? entriesOf(path, total) : undefined;
      isFirst = false;
      if (list) {
        for (const entry of list) await task.take(entry && readLoggedRecord(entry), JSON.stringify(entry));
        return task.end();
      }
      await task.take(text === undefined ? undefined : readLogged(text), text ?? "");
    }
    onProgress(done, total);
  }
  return task.end();
}

/** The entries of a file that is a list, or an object with one. */
function entriesOf(path: string, size: number): ReturnType<typeof asObject>[] | undefined {
  if (size > LONGEST_VALUE) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const list: unknown = Array.isArray(value) ? value : Object.values(asObject(value) ?? {}).find(Array.isArray);
    return Array.isArray(list) ? list.map(asObject) : undefined;
  } catch {
    return undefined;
  }
}

class Replay {
  readonly #directory: string;
  readonly #sessions = new Map<string, ReplayedSession>();
  readonly #events = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  readonly #seen = new Map<string, number>();
  #latest = 0;
  #irrelevant = 0;
  #known = 0;
  #written = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param line what tells the payload from others */
  async take(logged: LoggedPayload | undefined, line: string): Promise<void> {
    if (!logged) return void count(this.#reasons, "not_json");
    this.#latest = logged.at ?? (this.#latest || Date.now());
    const name = String(logged.payload["hook_event_name"]).slice(0, 40);
    count(this.#events, this.#events.has(name) || this.#events.size < MAX_NAMES ? name : "other");
    const text = JSON.stringify(logged.payload);
    const payload = readPayload(text);
    if (payload === "irrelevant") return void this.#irrelevant++;
    if (typeof payload === "string") return void count(this.#reasons, payload);
    const hash = createHash("sha256").update(line).digest("hex").slice(0, 20);
    const id = `${hash}-${count(this.#seen, hash)}`;
    const session = this.#session(payload.session_id);
    if (session.holds(id)) return void this.#known++;
    const enter = (record: HookRecord) => session.enter({ ...record, id });
    const records = () => session.records;
    this.#written += (
      await handlePayload(text, { directory: this.#directory, now: this.#latest, enter, records })
    ).length;
  }

  end(): Replayed {
    const silent = Date.now() - ABANDONED_AFTER_HOURS * 3_600_000;
    const counts = { runs: 0, open: 0, phantom_stops: 0, duplicate_stops: 0, abandoned: 0 };
    for (const session of this.#sessions.values()) {
      if (session.last_at < silent) this.#written += session.close().length;
      const own = session.counts;
      for (const name of Object.keys(counts) as (keyof SessionCounts)[]) counts[name] += own[name];
    }
    const sum = (tally: ReadonlyMap<string, number>) => [...tally.values()].reduce((a, b) => a + b, 0);
    return {
      directory: this.#directory,
      payloads: sum(this.#events),
      payloads_by_event: Object.fromEntries(this.#events),
      irrelevant: this.#irrelevant,
      refused: sum(this.#reasons),
      refused_by_reason: Object.fromEntries(this.#reasons),
      known: this.#known,
      sessions: this.#sessions.size,
      ...counts,
      events: this.#written,
    };
  }

  #session(session_id: string): ReplayedSession {
    let session = this.#sessions.get(session_id);
    if (!session) this.#sessions.set(session_id, (session = new ReplayedSession(this.#directory, session_id)));
    return session;
  }
}

/** A session whose journal nobody else writes meanwhile: it is read once. */
class ReplayedSession {
  readonly records: HookRecord[];
  last_at = 0;
  readonly #ids: Set<string>;
  readonly #directory: string;
  readonly #session_id: string;
  readonly #session: Session;

  constructor(directory: string, session_id: string) {
    this.#directory = directory;
    this.#session_id = session_id;
    this.#session = new Session(session_id);
    this.records = [...readJournal(journalPath(directory, session_id)).records];
    this.#ids = new Set(this.records.map(({ id }) => id));
    for (const record of this.records) {
      this.#session.step(record, false);
      this.last_at = Math.max(this.last_at, record.at);
    }
  }

  get counts(): SessionCounts {
    return this.#session.counts;
  }

  holds(id: string): boolean {
    return this.#ids.has(id);
  }

  enter(record: HookRecord): TelemetryEvent[] {
    appendRecord(this.#directory, this.#session_id, record);
    this.records.push(record);
    this.#ids.add(record.id);
    this.last_at = Math.max(this.last_at, record.at);
    const events = this.#session.step(record);
    appendEvents(this.#directory, events);
    if (events.length > 0) appendDone(this.#directory, this.#session_id, record.id);
    return events;
  }

  close(): TelemetryEvent[] {
    const last = this.records.at(-1)?.event;
    const isClosed = last === "Silence" || last === "SessionEnd";
    return isClosed ? [] : this.enter({ id: `silence-${this.records.length}`, at: Date.now(), event: "Silence" });
  }
}

/** Counts one more; gives how many there are. */
function count(tally: Map<string, number>, name: string): number {
  const number = (tally.get(name) ?? 0) + 1;
  tally.set(name, number);
  return number;
}
