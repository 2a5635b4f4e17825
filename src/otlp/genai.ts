import { parseTimestamp } from "../event/clock.js";
import { isObject } from "../event/object.js";
import { attributes, hashId, type SpanEventJson, type SpanJson } from "./span.js";

/*
 * Workflows, invocations, handoffs and feedback as spans of the GenAI semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/). What the conventions have no word for stands
 * in attributes `oak.…`, named as the columns of the tables, so that reading the spans gives the same tables again.
 */

/** A row of a table, or what is known of it. Points in time are ISO 8601. */
type Row = Readonly<Record<string, unknown>>;

/** Says which of the tables a span is a row of. */
export const RECORD = "oak.record";

/** The columns that are written as `oak.…`, besides those that span events hold. */
export const WORKFLOW_COLUMNS = [
  "workflow_id",
  "status",
  "project_name",
  "agent_plan",
  "estimated_duration",
  "session_id",
  "success",
  "agents_executed",
  "cancel_reason",
  "has_start",
  "duration_seconds",
] as const;

export const INVOCATION_COLUMNS = [
  "invocation_id",
  "agent_name",
  "agent_type",
  "task_description",
  "task_type",
  "status",
  "duration_seconds",
  "workflow_id",
  "session_id",
  "parent_invocation_id",
  "detached",
  "error_message",
  "tools_used",
  "files_modified",
  "files_created",
  "tests_passed",
  "build_succeeded",
  "state_features",
  "spec_id",
  "spec_section",
  "agent_variant",
  "definition_hash",
  "q_value",
  "exploration",
  "propensity",
  "reward",
  "learning_enabled",
  "metadata",
  "has_start",
] as const;

export const HANDOFF_COLUMNS = ["from_agent", "to_agent", "artifacts", "session_id", "event_id", "sequence"] as const;

export const FEEDBACK_COLUMNS = [
  "success",
  "quality_rating",
  "feedback_source",
  "feedback_notes",
  "would_use_again",
  "alternative_agent_suggested",
  "session_id",
  "event_id",
  "sequence",
] as const;

/** Names of span events. */
export const HANDOFF_EVENT = "gen_ai.agent.handoff";
export const FEEDBACK_EVENT = "gen_ai.evaluation.result";

/** A workflow as the root span of its trace, with its handoffs as span events. */
export function workflowSpan(row: Row, handoffs: readonly Row[]): SpanJson {
  const { project_name, status } = row;
  const start = row["started_at"];
  const name = typeof project_name === "string" && project_name !== "" ? project_name : "workflow";
  return {
    traceId: traceOf(row["workflow_id"]),
    spanId: hashId(`workflow ${String(row["workflow_id"])}`, 8),
    name: `invoke_workflow ${name}`,
    kind: 1,
    startTimeUnixNano: nanoseconds(start),
    // A span has an end: for one under way, when it was last heard of.
    endTimeUnixNano: nanoseconds(row["ended_at"] ?? row["last_activity_at"] ?? start),
    attributes: attributes({
      "gen_ai.operation.name": "invoke_workflow",
      "gen_ai.workflow.name": name,
      "gen_ai.conversation.id": row["session_id"],
      ...(status === "failed" ? { "error.type": "_OTHER" } : {}),
      [RECORD]: "workflow",
      ...columns(row, WORKFLOW_COLUMNS),
    }),
    events: handoffs.map((handoff) => ({
      timeUnixNano: nanoseconds(handoff["handed_off_at"]),
      name: HANDOFF_EVENT,
      attributes: attributes({
        "gen_ai.agent.handoff.source.name": handoff["from_agent"],
        "gen_ai.agent.handoff.target.name": handoff["to_agent"],
        ...columns(handoff, HANDOFF_COLUMNS),
      }),
    })),
    status: status === "completed" ? { code: 1 } : status === "failed" ? { code: 2 } : {},
  };
}

/**
 * An invocation as a span inside that of its workflow, with the feedback on it as span events.
 *
 * @param in_workflow the workflow that it belongs to, whether it names it or not
 * @param parent the invocation that started it, if that is part of the same workflow
 */
export function invocationSpan(
  row: Row,
  { in_workflow, parent, feedback }: { in_workflow: unknown; parent: unknown; feedback: readonly Row[] },
): SpanJson {
  const { invocation_id, agent_name, status, task_description, error_message } = row;
  const metadata = isObject(row["metadata"]) ? row["metadata"] : {};
  const start = row["started_at"];
  const name = typeof agent_name === "string" && agent_name !== "" ? agent_name : "unknown";
  return {
    traceId: traceOf(in_workflow ?? invocation_id),
    spanId: invocationSpanId(invocation_id),
    ...(typeof parent === "string"
      ? { parentSpanId: invocationSpanId(parent) }
      : typeof in_workflow === "string"
        ? { parentSpanId: hashId(`workflow ${in_workflow}`, 8) }
        : {}),
    name: `invoke_agent ${name}`,
    kind: 1,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(row["ended_at"] ?? start),
    attributes: attributes({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": name,
      "gen_ai.agent.id": metadata["agent_id"],
      "gen_ai.conversation.id": row["session_id"],
      "gen_ai.request.model": metadata["model"],
      ...usage(metadata),
      ...(typeof task_description === "string"
        ? {
            "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: task_description }] }],
          }
        : {}),
      ...(status === "failure" ? { "error.type": "_OTHER" } : {}),
      [RECORD]: "invocation",
      ...columns(row, INVOCATION_COLUMNS),
    }),
    events: feedback.map(feedbackEvent),
    status:
      status === "success"
        ? { code: 1 }
        : status === "failure"
          ? { code: 2, ...(typeof error_message === "string" ? { message: error_message } : {}) }
          : {},
  };
}

/** Feedback on an invocation whose span was written before, or never. */
export function feedbackSpan(row: Row): SpanJson {
  const { invocation_id } = row;
  const time = nanoseconds(row["given_at"]);
  return {
    traceId: traceOf(invocation_id),
    spanId: hashId(`feedback ${JSON.stringify(row)}`, 8),
    name: "evaluate",
    kind: 1,
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes: attributes({ [RECORD]: "feedback", "oak.invocation_id": invocation_id }),
    events: [feedbackEvent(row)],
    status: {},
  };
}

function feedbackEvent(row: Row): SpanEventJson {
  const { success } = row;
  return {
    timeUnixNano: nanoseconds(row["given_at"]),
    name: FEEDBACK_EVENT,
    attributes: attributes({
      "gen_ai.evaluation.name": row["feedback_source"] ?? "feedback",
      "gen_ai.evaluation.score.value": row["quality_rating"],
      "gen_ai.evaluation.score.label": typeof success === "boolean" ? (success ? "pass" : "fail") : undefined,
      "gen_ai.evaluation.explanation": row["feedback_notes"],
      ...columns(row, FEEDBACK_COLUMNS),
    }),
  };
}

/** The conventions count tokens of a cache into those of the input. */
function usage(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [input, read, created] = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].map(
    (name) => (typeof metadata[name] === "number" ? metadata[name] : undefined),
  );
  return {
    "gen_ai.usage.input_tokens": input === undefined ? undefined : input + (read ?? 0) + (created ?? 0),
    "gen_ai.usage.output_tokens": metadata["output_tokens"],
    "gen_ai.usage.cache_read.input_tokens": read,
    "gen_ai.usage.cache_creation.input_tokens": created,
  };
}

/** Columns that hold any JSON, and are written as such. */
export const JSON_COLUMNS: ReadonlySet<string> = new Set(["state_features", "metadata"]);

function columns(row: Row, names: readonly string[]): Record<string, unknown> {
  const value = (name: string) => {
    const known = row[name] ?? undefined;
    return known !== undefined && JSON_COLUMNS.has(name) ? JSON.stringify(known) : known;
  };
  return Object.fromEntries(names.map((name) => [`oak.${name}`, value(name)]));
}

function traceOf(workflow: unknown): string {
  return hashId(`trace ${String(workflow)}`, 16);
}

function invocationSpanId(invocation_id: unknown): string {
  return hashId(`invocation ${String(invocation_id)}`, 8);
}

/** Nanoseconds since 1970, of a time with up to nine decimals. */
function nanoseconds(time: unknown): string {
  const text = String(time);
  const milliseconds = parseTimestamp(text);
  if (milliseconds === undefined) return "0";
  const fraction = /\.(\d{1,9})/.exec(text)?.[1]?.padEnd(9, "0") ?? "";
  return String(BigInt(milliseconds) * 1_000_000n + BigInt(fraction.slice(3) || "0"));
}
