import { isTimestamp, parseTimestamp } from "../event/clock.js";
import type { LogKind } from "../event/directory.js";
import type { EventName } from "../event/events.js";
import { IMPLIED_EVENT } from "../event/schema.js";
import { readLines, type RawLine } from "./lines.js";
import { parseLine, type JsonObject } from "./parse.js";

/** Whose lines are to go: ids of workflows, and of invocations in the two other files. */
export type Expired = Readonly<Record<LogKind, ReadonlySet<string>>>;

/** What the lines of a file say that are to go. */
export interface ExpiredLines {
  lines: number;
  bytes: number;
  /** Lines of each event. */
  readonly events: Partial<Record<EventName, number>>;
  /** Earliest and latest timestamp, milliseconds since 1970. */
  from: number;
  to: number;
  /** Lines that stay because nobody can say what they are about: damaged, not valid, or of an unknown event. */
  unknown: number;
  /** Offset behind the last line that was looked at. */
  end: number;
}

const EVENTS: Readonly<Record<LogKind, readonly EventName[]>> = {
  workflow: ["workflow_start", "agent_handoff", "workflow_complete", "workflow_cancelled"],
  invocation: ["invocation_start", "invocation_update"],
  feedback: ["success_metric"],
};

/** The event on a line, if it is certain what the line says. */
function eventOf(
  line: Buffer | undefined,
  kind: LogKind,
): (JsonObject & { event: EventName; timestamp: string }) | undefined {
  const { objects, damage } = line ? parseLine(line) : { objects: [], damage: "too long" };
  const [object] = objects;
  if (!object || objects.length > 1 || damage !== undefined) return undefined;
  const name = object["event"] ?? IMPLIED_EVENT[kind];
  const event = EVENTS[kind].find((known) => known === name);
  const { timestamp } = object as { timestamp?: unknown };
  if (event === undefined || typeof timestamp !== "string" || !isTimestamp(timestamp)) return undefined;
  return { ...object, event, timestamp };
}

/** The id by which a line of a file is about something. */
function idOf(event: JsonObject, kind: LogKind): unknown {
  return kind === "workflow" ? event["workflow_id"] : event["invocation_id"];
}

function isExpired(id: unknown, ids: ReadonlySet<string>): boolean {
  return typeof id === "string" && ids.has(id);
}

/** Whether a line keeps alive what is to go: an event of an expired workflow or invocation. */
export function contradicts(line: Buffer, kind: LogKind, expired: Expired): boolean {
  const event = eventOf(line, kind);
  if (!event || kind === "feedback") return false;
  return isExpired(idOf(event, kind), expired[kind]) || isExpired(event["workflow_id"], expired.workflow);
}

/**
 * Goes through the lines of a file up to an offset, and counts those that are to go.
 *
 * @param keep gets the lines that stay, in their order
 */
export async function sift(
  path: string,
  kind: LogKind,
  to: number,
  expired: Expired,
  keep?: (lines: readonly RawLine[]) => Promise<void>,
): Promise<ExpiredLines> {
  const found: ExpiredLines = { lines: 0, bytes: 0, events: {}, from: Infinity, to: -Infinity, unknown: 0, end: 0 };
  for await (const batch of readLines(path)) {
    // A last line without line end is being written.
    const lines = batch.filter((line) => line.terminated && line.offset + line.length < to);
    const kept = lines.filter((line) => {
      const event = eventOf(line.bytes, kind);
      if (!event && line.length > 0) found.unknown++;
      if (!event || !isExpired(idOf(event, kind), expired[kind])) return true;
      count(found, event, line.length + 1);
      return false;
    });
    await keep?.(kept);
    found.end = lines.reduce((_, line) => line.offset + line.length + 1, found.end);
    if (lines.length < batch.length) break;
  }
  return found;
}

function count(
  found: ExpiredLines,
  { event, timestamp }: { event: EventName; timestamp: string },
  bytes: number,
): void {
  const time = parseTimestamp(timestamp)!;
  found.lines++;
  found.bytes += bytes;
  found.events[event] = (found.events[event] ?? 0) + 1;
  found.from = Math.min(found.from, time);
  found.to = Math.max(found.to, time);
}
