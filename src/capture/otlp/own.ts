import { hash } from "node:crypto";

import { microsecondTimestamp } from "../../event/clock.js";
import {
  FEEDBACK_COLUMNS,
  FEEDBACK_EVENT,
  HANDOFF_COLUMNS,
  HANDOFF_EVENT,
  INVOCATION_COLUMNS,
  JSON_COLUMNS,
  RECORD,
  WORKFLOW_COLUMNS,
} from "../../otlp/genai.js";
import type { Span, SpanEvent } from "./decode.js";
import type { Attributes } from "./values.js";

type Row = Readonly<Record<string, unknown>>;

/** Whether a span was written by `oak export --format otlp`, or by a recorder that mirrors. */
export function isOwn({ attributes }: Span): boolean {
  return typeof attributes[RECORD] === "string";
}

/**
 * The events that a span of our own stands for: reading them gives the rows that it was made of. Anybody can send such a
 * span, so they are events when they have been checked.
 */
export function ownEvents(span: Span): object[] {
  switch (span.attributes[RECORD]) {
    case "workflow":
      return workflowEvents(span);
    case "invocation":
      return invocationEvents(span);
    case "feedback":
      return feedbackEvents(span);
    default:
      return [];
  }
}

function workflowEvents(span: Span): object[] {
  const row = rowOf(span.attributes, WORKFLOW_COLUMNS);
  const { workflow_id, status, session_id, duration_seconds, agents_executed } = row;
  const lines: Row[] = [];
  const start = { timestamp: microsecondTimestamp(span.start_us), workflow_id, session_id };
  if (row["has_start"] === true)
    lines.push({
      ...start,
      event: "workflow_start",
      project_name: row["project_name"] ?? "",
      agent_plan: row["agent_plan"] ?? [],
      estimated_duration: row["estimated_duration"],
    });
  const end = { timestamp: microsecondTimestamp(span.end_us ?? span.start_us), workflow_id, session_id };
  if (status === "completed" || status === "failed")
    lines.push({
      ...end,
      event: "workflow_complete",
      duration_seconds,
      success: row["success"],
      agents_executed: agents_executed ?? [],
    });
  else if (status === "cancelled")
    lines.push({
      ...end,
      event: "workflow_cancelled",
      reason: row["cancel_reason"],
      duration_seconds,
      agents_executed,
    });
  const handoffs = span.events
    .filter(({ name }) => name === HANDOFF_EVENT)
    .map((event) => ({
      ...happened(event),
      event: "agent_handoff",
      workflow_id,
      ...rowOf(event.attributes, HANDOFF_COLUMNS),
    }));
  return [...lines, ...handoffs].map(identified);
}

function invocationEvents(span: Span): object[] {
  const row = rowOf(span.attributes, INVOCATION_COLUMNS);
  const { invocation_id, status, duration_seconds, error_message, has_start, ...said } = row;
  const { agent_name, workflow_id, session_id, tools_used, reward, metadata } = said;
  const { files_modified, files_created, tests_passed, build_succeeded, ...beginning } = said;
  const lines: Row[] = [];
  if (has_start === true)
    lines.push({
      timestamp: microsecondTimestamp(span.start_us),
      event: "invocation_start",
      invocation_id,
      ...beginning,
    });
  const running = status === "running";
  const outcome = {
    ...(running ? {} : { status }),
    error_message,
    files_modified,
    files_created,
    tests_passed,
    build_succeeded,
  };
  const known = Object.values(outcome).some((value) => value !== undefined);
  if (known || has_start !== true)
    lines.push({
      timestamp: microsecondTimestamp(running ? span.start_us : (span.end_us ?? span.start_us)),
      event: "invocation_update",
      invocation_id,
      // Without a start, what an update may say is all that was said.
      ...(has_start === true ? {} : { agent_name, workflow_id, session_id, tools_used, reward, metadata }),
      ...(running ? {} : { duration_seconds }),
      outcome,
    });
  return [...lines.map(identified), ...feedbackEvents(span)];
}

function feedbackEvents({ attributes, events }: Span): object[] {
  const invocation_id = attributes["oak.invocation_id"];
  return events
    .filter(({ name }) => name === FEEDBACK_EVENT)
    .map((event) =>
      identified({
        ...happened(event),
        event: "success_metric",
        invocation_id,
        ...rowOf(event.attributes, FEEDBACK_COLUMNS),
      }),
    );
}

function happened({ time_us }: SpanEvent): Row {
  return { timestamp: microsecondTimestamp(time_us) };
}

/** The columns that a span holds. */
function rowOf(attributes: Attributes, names: readonly string[]): Row {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = attributes[`oak.${name}`];
      if (value === undefined) return [];
      return [[name, JSON_COLUMNS.has(name) && typeof value === "string" ? parsed(value) : value]];
    }),
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Gives a line its identity, where it has none: the same line has the same, however often it is read. */
function identified(line: Row): object {
  const digest = hash("sha256", JSON.stringify(line)).slice(0, 20);
  return { event_id: `ot-${digest}`, ...line };
}
