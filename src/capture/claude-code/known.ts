import { join } from "node:path";

import { LOG_FILES } from "../../event/directory.js";
import { readLines } from "../../log/lines.js";
import { asObject, asText, parseRecord, type TranscriptRecord } from "./records.js";

/** A run that the log holds already. */
interface KnownRun {
  session_id: string | undefined;
  workflow_id: string | undefined;
  tool_use_id: string | undefined;
  /** What it was to do is in the log. */
  has_task: boolean;
  /** Its end is in the log, with what its own records say. */
  has_end: boolean;
}

/** What the log holds of Claude Code, whoever wrote it: the hook, or an earlier import. */
export interface KnownLog {
  readonly event_ids: Set<string>;
  /** By `invocation_id`. */
  readonly runs: Map<string, KnownRun>;
  /** The run that a call started, by the id of the call. */
  readonly run_of_call: Map<string, string>;
  /** Ids of the workflows that have a start. */
  readonly workflows: Set<string>;
}

const OURS = Buffer.from('_id":"cc-');

/** Reads what a telemetry directory holds of Claude Code. Of other lines nothing is kept, nor parsed. */
export async function readKnownLog(directory: string): Promise<KnownLog> {
  const known: KnownLog = { event_ids: new Set(), runs: new Map(), run_of_call: new Map(), workflows: new Set() };
  for (const kind of ["workflow", "invocation"] as const) {
    for await (const lines of readLines(join(directory, LOG_FILES[kind]))) {
      for (const line of lines) {
        const event = line.bytes?.includes(OURS) ? parseRecord(line.bytes.toString("utf8")) : undefined;
        if (event) learn(known, event);
      }
    }
  }
  return known;
}

/** Takes in a line that the log holds, or will. */
export function learn(known: KnownLog, event: TranscriptRecord): void {
  const event_id = asText(event["event_id"]);
  if (event_id !== undefined) known.event_ids.add(event_id);
  const workflow_id = asText(event["workflow_id"]);
  if (event["event"] === "workflow_start" && workflow_id !== undefined) known.workflows.add(workflow_id);
  const invocation_id = asText(event["invocation_id"]);
  if (invocation_id === undefined) return;
  let run = known.runs.get(invocation_id);
  if (!run) {
    run = { session_id: undefined, workflow_id: undefined, tool_use_id: undefined, has_task: false, has_end: false };
    known.runs.set(invocation_id, run);
  }
  const metadata = asObject(event["metadata"]) ?? {};
  run.session_id ??= asText(event["session_id"]);
  run.workflow_id ??= workflow_id;
  run.tool_use_id ??= asText(metadata["tool_use_id"]);
  run.has_task ||= asText(event["task_description"]) !== undefined;
  run.has_end ||= asText(metadata["end_reason"]) !== undefined;
  if (run.tool_use_id !== undefined && !known.run_of_call.has(run.tool_use_id))
    known.run_of_call.set(run.tool_use_id, invocation_id);
}
