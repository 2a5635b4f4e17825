import { basename } from "node:path";

import { formatTimestamp, MAX_SECONDS } from "../../event/clock.js";
import type { AgentHandoff, InvocationStart, InvocationUpdate, TelemetryEvent } from "../../event/events.js";
import { writable, type Redact } from "../writable.js";
import {
  contentEventId,
  handoffEventId,
  invocationId,
  OUTCOME_OF,
  startEventId,
  workflowId,
  type EndReason,
} from "./identity.js";
import type { Run } from "./runs.js";

/** How work on a request ended; `abandoned` when the session ended, or fell silent, before there was an answer. */
export type Closing = "answer" | "error" | "interruption" | "abandoned";

/** What is said of a workflow. */
export interface WorkflowRuns {
  readonly workflow_id: string;
  readonly project: string;
  /** At least one, in the order of their starts. */
  readonly runs: readonly Run[];
  /** Undefined while work on the request goes on: it may start further subagents. */
  readonly closing: Closing | undefined;
}

/** The workflow that a run belongs to. */
export function workflowOf(run: Run): string | undefined {
  return run.request && workflowId(run.session_id, run.request.key);
}

export function invocationOf(run: Run): string {
  return invocationId(run.session_id, run.agent_id);
}

/** The lines that one run becomes: its start, and its end when it has one. */
export function eventsOfRun(run: Run, workflow_id: string | undefined, redact: Redact): TelemetryEvent[] {
  const invocation_id = invocationOf(run);
  const task = [run.description, run.prompt].filter((text) => text !== undefined).join("\n\n");
  const inferred = [...run.inferred];
  const identity = { source: "claude-code", agent_id: run.agent_id, tool_use_id: run.tool_use_id ?? null };
  const start: InvocationStart = {
    timestamp: formatTimestamp(run.started_at),
    event: "invocation_start",
    invocation_id,
    agent_name: run.agent_name,
    task_description: task === "" ? null : writable(task, redact),
    workflow_id: workflow_id ?? null,
    parent_invocation_id: run.parent === undefined ? null : invocationId(run.session_id, run.parent),
    detached: run.detached,
    metadata: { ...identity, inferred: inferred.filter((field) => STARTED.has(field)) },
    session_id: run.session_id,
    event_id: startEventId(invocation_id),
    sequence: 0,
  };
  return run.end ? [start, updateOf(run, run.end, { ...identity, inferred }, redact)] : [start];
}

/** What is known when a run starts. */
const STARTED = new Set(["agent_name", "started_at", "tool_use_id"]);

function updateOf(run: Run, end: NonNullable<Run["end"]>, metadata: object, redact: Redact): TelemetryEvent {
  const { transcript } = run;
  const update: InvocationUpdate = {
    timestamp: formatTimestamp(end.at),
    event: "invocation_update",
    invocation_id: invocationOf(run),
    duration_seconds: Math.min(end.seconds, MAX_SECONDS),
    outcome: {
      status: OUTCOME_OF[end.reason],
      ...(end.reason === "failed" && end.error ? { error_message: writable(end.error, redact) } : {}),
      ...(transcript && {
        files_modified: [...transcript.files_written],
        files_created: [...transcript.files_created],
      }),
    },
    ...(transcript && { tools_used: [...transcript.tools] }),
    metadata: {
      ...metadata,
      end_reason: end.reason,
      ...(transcript?.model !== undefined && { model: transcript.model }),
      ...transcript?.tokens,
    },
    session_id: run.session_id,
    // Whoever has read more of the run overrules.
    sequence: transcript?.records ?? 0,
  };
  return { ...update, event_id: contentEventId(update) };
}

/**
 * When a workflow begins: with the first call that started a subagent. What the user's request took before is the main
 * agent's own work, which is no run, and would look like waiting.
 */
export function startOfWorkflow(runs: readonly Run[]): number {
  return Math.min(...runs.map(({ called_at, started_at }) => Math.min(called_at ?? started_at, started_at)));
}

/**
 * The lines that tell of a workflow: its start, who followed whom, and its end, when work on the request is over. It ends
 * with its last subagent.
 */
export function eventsOfWorkflow(workflow: WorkflowRuns): TelemetryEvent[] {
  const { workflow_id, runs, project } = workflow;
  const session_id = runs[0]!.session_id;
  const cwd = runs[0]!.request?.cwd;
  const start: TelemetryEvent = {
    timestamp: formatTimestamp(startOfWorkflow(runs)),
    event: "workflow_start",
    workflow_id,
    project_name: cwd === undefined ? project : basename(cwd.replaceAll("\\", "/")) || project,
    // Nobody said in advance who was to work.
    agent_plan: [],
    session_id,
    event_id: startEventId(workflow_id),
    sequence: 0,
  };
  return [start, ...handoffsOf(workflow_id, runs), ...endOf(workflow)];
}

/** Why a workflow was cancelled. */
const CANCELLED: Partial<Record<Closing, string>> = {
  interruption: "interrupted by the user",
  abandoned: "the session ended before the answer",
};

function endOf({ workflow_id, runs, closing }: WorkflowRuns): TelemetryEvent[] {
  const ends = runs.map((run) => run.end?.at);
  if (closing === undefined || ends.includes(undefined)) return [];
  const started_at = startOfWorkflow(runs);
  const ended_at = Math.max(started_at, ...(ends as number[]));
  const common = {
    timestamp: formatTimestamp(ended_at),
    workflow_id,
    session_id: runs[0]!.session_id,
    sequence: runs.length,
    duration_seconds: Math.min((ended_at - started_at) / 1000, MAX_SECONDS),
    agents_executed: runs.map((run) => run.agent_name),
  };
  const reason = CANCELLED[closing];
  const event: TelemetryEvent =
    reason === undefined
      ? { ...common, event: "workflow_complete", success: closing !== "error" && !hasFailed(runs) }
      : { ...common, event: "workflow_cancelled", reason };
  return [{ ...event, event_id: contentEventId(event) }];
}

/** Whether a run failed that the same agent did not make good by a later run: as the recorder decides. */
function hasFailed(runs: readonly Run[]): boolean {
  const reason = (run: Run): EndReason | undefined => run.end?.reason;
  return runs.some(
    (failed) =>
      reason(failed) === "failed" &&
      !runs.some(
        (run) =>
          run.agent_name === failed.agent_name && reason(run) === "completed" && run.started_at >= failed.end!.at,
      ),
  );
}

/**
 * Who followed whom among the runs that the same one started. Whoever read files that an earlier run had written, took
 * them over from it. Else whoever started follows those that had ended before, but for those that others followed.
 */
function handoffsOf(workflow_id: string, runs: readonly Run[]): TelemetryEvent[] {
  const events: AgentHandoff[] = [];
  for (const run of runs) {
    // What it reads is known when it has ended.
    if (!run.end) continue;
    const earlier = runs.filter(
      (other) => other !== run && other.parent === run.parent && other.end && other.end.at <= run.started_at,
    );
    const touched = new Set([...(run.transcript?.files_read ?? []), ...(run.transcript?.files_written ?? [])]);
    const taken = earlier
      .map((other) => ({
        from: other,
        artifacts: [...(other.transcript?.files_written ?? [])].filter((path) => touched.has(path)),
      }))
      .filter(({ artifacts }) => artifacts.length > 0);
    const lastStart = Math.max(...earlier.map((other) => other.started_at));
    const frontier = earlier.filter((other) => other.end!.at > lastStart).map((from) => ({ from, artifacts: [] }));
    for (const { from, artifacts } of taken.length > 0 ? taken : frontier) {
      events.push({
        timestamp: formatTimestamp(run.started_at),
        event: "agent_handoff",
        workflow_id,
        from_agent: from.agent_name,
        to_agent: run.agent_name,
        artifacts,
        session_id: run.session_id,
        event_id: handoffEventId(invocationOf(from), invocationOf(run)),
        sequence: 0,
      });
    }
  }
  return events;
}
