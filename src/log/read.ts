import { join } from "node:path";

import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import type { EventName, TelemetryEvent } from "../event/events.js";
import { EVENT_SCHEMAS, IMPLIED_EVENT } from "../event/schema.js";
import { MAX_LINE_BYTES, readLines, type RawLine } from "./lines.js";
import { parseLine, type JsonObject } from "./parse.js";

/** Where something stands in the log. */
export interface Position {
  /** File name in the telemetry directory. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Bytes before the line. */
  readonly offset: number;
}

/** What a line turned out to be. */
type LogEntry =
  | { readonly kind: "event"; readonly event: TelemetryEvent; readonly position: Position }
  /** An event of a kind that this version does not know. */
  | { readonly kind: "unknown"; readonly event: string; readonly position: Position }
  /** A JSON object that is no valid event: `reason` names the field. */
  | { readonly kind: "invalid"; readonly reason: string; readonly position: Position }
  /** Bytes that cannot be read. */
  | { readonly kind: "damage"; readonly reason: string; readonly position: Position };

/** A batch of lines of one file and what they hold. */
export interface LogBatch {
  readonly file: string;
  readonly lines: number;
  readonly bytes: number;
  readonly entries: readonly LogEntry[];
}

/** Reads every line of a telemetry directory, file by file. Damage is an entry, never an exception. */
export async function* readLog(directory: string): AsyncGenerator<LogBatch> {
  for (const kind of LOG_KINDS) {
    const file = LOG_FILES[kind];
    for await (const lines of readLines(join(directory, file))) {
      const entries = lines.flatMap((line) => entriesOf(line, kind, { file, line: line.number, offset: line.offset }));
      const bytes = lines.reduce((sum, line) => sum + line.length + (line.terminated ? 1 : 0), 0);
      yield { file, lines: lines.length, bytes, entries };
    }
  }
}

function entriesOf(line: RawLine, kind: LogKind, position: Position): LogEntry[] {
  if (!line.bytes) {
    const reason = `line of ${line.length} bytes, more than the ${MAX_LINE_BYTES} that are read`;
    return [{ kind: "damage", reason, position }];
  }
  const { objects, damage } = parseLine(line.bytes);
  const entries = objects.map((object) => interpret(object, kind, position));
  if (damage === undefined) return entries;
  const reason = line.terminated ? damage : `${damage} (last line, without line end)`;
  return [{ kind: "damage", reason, position }, ...entries];
}

function interpret(object: JsonObject, kind: LogKind, position: Position): LogEntry {
  const name = object["event"] ?? IMPLIED_EVENT[kind];
  if (typeof name !== "string") return { kind: "invalid", reason: "event: missing", position };
  if (!Object.hasOwn(EVENT_SCHEMAS, name)) return { kind: "unknown", event: name, position };
  const result = EVENT_SCHEMAS[name as EventName].safeParse({ ...object, event: name });
  if (result.success) return { kind: "event", event: result.data, position };
  const issue = result.error.issues[0]!;
  return { kind: "invalid", reason: `${issue.path.join(".")}: ${issue.message}`, position };
}
