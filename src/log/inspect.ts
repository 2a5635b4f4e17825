import { LOG_FILES } from "../event/directory.js";
import type { EventName, TelemetryEvent } from "../event/events.js";
import { knownFields, EVENT_NAMES } from "../event/schema.js";
import { readLog, type Position } from "./read.js";
import { logSize, type ProgressListener } from "./size.js";

/** A place in the log with something wrong at it. */
export interface Problem extends Position {
  readonly reason: string;
}

/** Something counted, with the first place where it was met. */
export interface Tally {
  count: number;
  readonly first: Position;
}

/** What a log holds, line by line, and what is wrong with it. */
export interface LogInspection {
  readonly files: { file: string; bytes: number; lines: number; events: number; damaged: number; invalid: number }[];
  /** Lines (or parts of lines) that cannot be read; nothing of them enters the analysis. */
  readonly damaged: Problem[];
  /** JSON objects that break the schema. The analysis takes from the field at fault what it can, or nothing. */
  readonly invalid: Problem[];
  /** Events that this version does not know, by name. */
  readonly unknown_events: Record<string, Tally>;
  /** Fields that this version does not know, as `event.field`. */
  readonly unknown_fields: Record<string, Tally>;
  /** Lines that came before, by `event_id`, else by what they are about and when; they count once. */
  readonly duplicates: number;
  /** References to what the log does not hold. */
  readonly orphans: Partial<Record<Orphan, Tally>>;
}

/** Kinds of reference that lead nowhere, or to more than one thing. */
export type Orphan =
  | "workflow_events_without_start"
  | "invocations_without_workflow"
  | "updates_without_invocation"
  | "feedback_without_invocation"
  | "invocations_without_parent"
  | "workflow_ids_used_twice";

/** How a reference is found: the field that refers, and which events define what it refers to. */
const REFERENCES: readonly {
  orphan: Orphan;
  from: readonly EventName[];
  field: string;
  to: "workflow" | "invocation";
}[] = [
  {
    orphan: "workflow_events_without_start",
    from: ["agent_handoff", "workflow_complete", "workflow_cancelled"],
    field: "workflow_id",
    to: "workflow",
  },
  { orphan: "invocations_without_workflow", from: ["invocation_start"], field: "workflow_id", to: "workflow" },
  { orphan: "updates_without_invocation", from: ["invocation_update"], field: "invocation_id", to: "invocation" },
  { orphan: "feedback_without_invocation", from: ["success_metric"], field: "invocation_id", to: "invocation" },
  {
    orphan: "invocations_without_parent",
    from: ["invocation_start"],
    field: "parent_invocation_id",
    to: "invocation",
  },
];

/** What a line without `event_id` is about, and when. */
const IDENTIFYING = [
  "event",
  "timestamp",
  "workflow_id",
  "invocation_id",
  "from_agent",
  "to_agent",
  "feedback_source",
] as const;

/** Reads a whole log and counts what it holds. A directory without log files gives counts of zero. */
export async function inspectLog(directory: string, onProgress?: ProgressListener): Promise<LogInspection> {
  const total = await logSize(directory);
  let done = 0;
  const files = new Map<string, LogInspection["files"][number]>(
    Object.values(LOG_FILES).map((file) => [file, { file, bytes: 0, lines: 0, events: 0, damaged: 0, invalid: 0 }]),
  );
  const damaged: Problem[] = [];
  const invalid: Problem[] = [];
  const unknownEvents: Tallies = new Map();
  const unknownFields: Tallies = new Map();
  const known = new Map(EVENT_NAMES.map((name) => [name, knownFields(name)]));
  const seen = new Set<string>();
  const defined = { workflow: new Set<string>(), invocation: new Set<string>() };
  const unresolved: { orphan: Orphan; to: "workflow" | "invocation"; id: string; position: Position }[] = [];
  const orphans: Tallies = new Map();
  let duplicates = 0;

  const visit = (event: TelemetryEvent, position: Position) => {
    const fields = event as unknown as Record<string, unknown>;
    const identity = event.event_id ?? JSON.stringify(IDENTIFYING.map((field) => fields[field]));
    if (seen.has(identity)) {
      duplicates++;
      return;
    }
    seen.add(identity);
    for (const field in fields) {
      if (!known.get(event.event)!.has(field)) tally(unknownFields, `${event.event}.${field}`, position);
    }
    if (event.event === "workflow_start") {
      if (defined.workflow.has(event.workflow_id)) tally(orphans, "workflow_ids_used_twice", position);
      defined.workflow.add(event.workflow_id);
    }
    if (event.event === "invocation_start") defined.invocation.add(event.invocation_id);
    for (const { orphan, from, field, to } of REFERENCES) {
      const id = fields[field];
      if (from.includes(event.event) && typeof id === "string" && !defined[to].has(id))
        unresolved.push({ orphan, to, id, position });
    }
  };

  for await (const batch of readLog(directory)) {
    const file = files.get(batch.file)!;
    file.lines += batch.lines;
    file.bytes += batch.bytes;
    done += batch.bytes;
    onProgress?.(done, total);
    for (const entry of batch.entries) {
      if (entry.kind === "damage") {
        file.damaged++;
        damaged.push({ ...entry.position, reason: entry.reason });
      } else if (entry.kind === "invalid") {
        file.invalid++;
        invalid.push({ ...entry.position, reason: entry.reason });
      } else if (entry.kind === "unknown") {
        tally(unknownEvents, entry.event, entry.position);
      } else {
        file.events++;
        visit(entry.event, entry.position);
      }
    }
  }

  for (const { orphan, to, id, position } of unresolved) if (!defined[to].has(id)) tally(orphans, orphan, position);
  return {
    files: [...files.values()],
    damaged,
    invalid,
    unknown_events: Object.fromEntries(unknownEvents),
    unknown_fields: Object.fromEntries(unknownFields),
    duplicates,
    orphans: Object.fromEntries(orphans),
  };
}

/** By name: a map, because a name may be `__proto__`. */
type Tallies = Map<string, Tally>;

function tally(tallies: Tallies, name: string, position: Position): void {
  const found = tallies.get(name);
  if (found) found.count++;
  else tallies.set(name, { count: 1, first: position });
}
