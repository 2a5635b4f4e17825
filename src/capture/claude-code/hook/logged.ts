import { parseTimestamp } from "../../../event/clock.js";
import { asObject, asText, parseRecord, type TranscriptRecord } from "../records.js";
import { HOOK_EVENTS } from "./payload.js";

/** A payload as somebody logged it. */
export interface LoggedPayload {
  readonly payload: TranscriptRecord;
  /** Milliseconds since 1970; undefined where it is not said. */
  readonly at: number | undefined;
}

/** What those who log hooks call the time. */
const TIMES = ["timestamp", "@timestamp", "_timestamp", "ts", "_ts", "time", "at", "datetime"];
const PASSED = ["received_at", "logged_at", "captured_at", "recorded_at", "created_at", "received", "logged"];

/** What they call the event, where they took it out of the payload. */
const NAMES = ["hook_event_name", "hook_event", "event", "event_name", "hook_event_type", "hook", "hook_name", "type"];

/** From here on a number counts milliseconds: as seconds it would be the year 5138. */
const FIRST_MILLISECONDS = 1e11;

/**
 * Reads a line of a log of payloads: the payload alone, with fields of the logger beside it, or inside of one of its
 * fields, also as text. What stands before the first brace is passed over, but for a time.
 */
export function readLogged(line: string): LoggedPayload | undefined {
  const brace = line.indexOf("{");
  const prefix = line.slice(0, Math.max(0, brace));
  const record = parseRecord(line) ?? (prefix.trim() === "" ? undefined : parseRecord(line.slice(brace)));
  return record && readLoggedRecord(record, prefix);
}

/** Reads an entry of such a log. */
export function readLoggedRecord(record: TranscriptRecord, prefix = ""): LoggedPayload | undefined {
  const found = payloadIn(record);
  if (!found) return undefined;
  const name = asText(found["hook_event_name"]) ?? eventName(record);
  const payload = { ...found, ...(name === undefined ? {} : { hook_event_name: name }) };
  return { payload, at: timeOf(record) ?? timeOf(found) ?? timeIn(prefix) };
}

function payloadIn(record: TranscriptRecord): TranscriptRecord | undefined {
  if (asText(record["hook_event_name"]) !== undefined) return record;
  const inner = Object.values(record).flatMap((value) => {
    const object =
      asObject(value) ?? (typeof value === "string" && value.startsWith("{") ? parseRecord(value) : undefined);
    return object ? [object] : [];
  });
  const named = inner.find((object) => asText(object["hook_event_name"]) !== undefined);
  if (named) return named;
  if (eventName(record) === undefined) return undefined;
  return inner.find((object) => asText(object["session_id"]) !== undefined) ?? record;
}

function eventName(record: TranscriptRecord): string | undefined {
  const names = new Set<unknown>(NAMES.map((field) => record[field]));
  return HOOK_EVENTS.find((event) => names.has(event));
}

function timeOf(record: TranscriptRecord): number | undefined {
  for (const field of [...TIMES, ...PASSED]) {
    const value = record[field];
    const time = typeof value === "number" ? ofNumber(value) : timeIn(asText(value) ?? "");
    if (time !== undefined) return time;
  }
  return undefined;
}

function ofNumber(value: number): number | undefined {
  if (!(value > 1e9) || value > 1e14) return undefined;
  return value < FIRST_MILLISECONDS ? value * 1000 : value;
}

/** A time as text; digits alone count since 1970. */
function timeIn(text: string): number | undefined {
  const trimmed = text.trim().replace(/^\[|\]:?$/g, "");
  return /^\d+(?:\.\d+)?$/.test(trimmed) ? ofNumber(Number(trimmed)) : parseTimestamp(trimmed);
}
