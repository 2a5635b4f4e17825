import { z } from "zod";

import { isTimestamp, MAX_SECONDS, TIMESTAMP_PATTERN } from "./clock.js";
import type { LogKind } from "./directory.js";
import {
  OUTCOME_STATUSES,
  type AgentHandoff,
  type EventName,
  type InvocationStart,
  type InvocationUpdate,
  type SuccessMetric,
  type TelemetryEvent,
  type WorkflowCancelled,
  type WorkflowComplete,
  type WorkflowStart,
} from "./events.js";

const text = z.string().min(1);
const texts = z.array(z.string()).readonly();
const seconds = z.number().min(0).max(MAX_SECONDS);
const features = z.record(z.string(), z.unknown());

const envelope = {
  timestamp: z
    .string()
    .regex(new RegExp(`^${TIMESTAMP_PATTERN}$`), "must be an ISO 8601 time such as 2026-11-01T12:00:00.000Z")
    .refine(isTimestamp, "names a day that does not exist")
    .describe("When it happened: UTC, ISO 8601"),
  session_id: z.string().nullish().describe("The logger that wrote the line"),
  event_id: text.nullish().describe("Identity of the line: reading it twice changes nothing"),
  sequence: z.int().nullish().describe("Counts the lines of one writer"),
};

const outcome = z.looseObject({
  status: z.enum(OUTCOME_STATUSES).nullish(),
  error_message: z.string().nullish(),
  files_modified: texts.nullish(),
  files_created: texts.nullish(),
  tests_passed: z.boolean().nullish(),
  build_succeeded: z.boolean().nullish(),
});

const workflowStart: z.ZodType<WorkflowStart> = z
  .looseObject({
    ...envelope,
    event: z.literal("workflow_start"),
    workflow_id: text.describe("Unique identifier of the workflow"),
    project_name: z.string().describe("Human-readable project name"),
    agent_plan: texts.describe("Agents in the order in which they are meant to run"),
    estimated_duration: seconds.nullish().describe("Expected wall time in seconds"),
  })
  .describe("A multi-agent workflow begins");

const agentHandoff: z.ZodType<AgentHandoff> = z
  .looseObject({
    ...envelope,
    event: z.literal("agent_handoff"),
    workflow_id: text.describe("Workflow this handoff belongs to"),
    from_agent: text.describe("Agent that produced the artifacts"),
    to_agent: text.describe("Agent that will use them"),
    artifacts: texts.describe("Paths or names of what is handed over"),
  })
  .describe("Artifacts pass from one agent to the next");

const workflowComplete: z.ZodType<WorkflowComplete> = z
  .looseObject({
    ...envelope,
    event: z.literal("workflow_complete"),
    workflow_id: text.describe("Workflow that ended"),
    duration_seconds: seconds.describe("Wall time in seconds"),
    success: z.boolean(),
    agents_executed: texts.describe("Agents that really ran, in order of their start"),
  })
  .describe("A workflow ran to its end, well or badly");

const workflowCancelled: z.ZodType<WorkflowCancelled> = z
  .looseObject({
    ...envelope,
    event: z.literal("workflow_cancelled"),
    workflow_id: text.describe("Workflow that was given up"),
    reason: z.string().nullish(),
    duration_seconds: seconds.nullish().describe("Wall time in seconds until the cancellation"),
    agents_executed: texts.nullish(),
  })
  .describe("A workflow was given up on purpose: neither a success nor a failure");

const invocationStart: z.ZodType<InvocationStart> = z
  .looseObject({
    ...envelope,
    event: z.literal("invocation_start").describe("Absent in files of the Python logger"),
    invocation_id: text,
    agent_name: text,
    agent_type: z.string().nullish().describe("Kind of agent: development, quality, security, …"),
    task_description: z.string().nullish(),
    state_features: features.nullish().describe("task.type names the kind of task"),
    parent_invocation_id: text.nullish().describe("The invocation that started this one"),
    detached: z.boolean().nullish().describe("The parent does not wait for it"),
    workflow_id: text.nullish(),
    spec_id: z.string().nullish(),
    spec_section: texts.nullish(),
    agent_variant: z.string().nullish(),
    definition_hash: text.nullish().describe("Which version of the agent's definition ran"),
    task_type: z.string().nullish(),
    q_value: z.number().nullish(),
    exploration: z.boolean().nullish().describe("Chosen to learn? Without a propensity: each agent was as likely"),
    propensity: z.number().gt(0).max(1).nullish().describe("Probability with which this agent was chosen"),
    reward: z.number().nullish(),
    learning_enabled: z.boolean().nullish(),
    tools_used: texts.nullish(),
    duration_seconds: seconds.nullish().describe("Run time in seconds; null while running"),
    outcome: outcome.nullish(),
    metadata: features.nullish(),
  })
  .describe("One run of one agent begins; the Python logger rewrites this line when the run ends");

const invocationUpdate: z.ZodType<InvocationUpdate> = z
  .looseObject({
    ...envelope,
    event: z.literal("invocation_update"),
    invocation_id: text,
    duration_seconds: seconds.nullish().describe("Run time in seconds"),
    outcome: outcome.nullish(),
    tools_used: texts.nullish(),
    reward: z.number().nullish(),
    metadata: features.nullish().describe("Replaces what the start said"),
  })
  .describe("Something became known about an invocation: only the fields that are present change");

const successMetric: z.ZodType<SuccessMetric> = z
  .looseObject({
    ...envelope,
    event: z.literal("success_metric").describe("Absent in files of the Python logger"),
    invocation_id: text,
    success: z.boolean(),
    quality_rating: z.int().min(1).max(5).describe("1 (useless) to 5 (excellent)"),
    feedback_source: z.string().nullish().describe("human, automated_tests, build_system, linter, …"),
    feedback_notes: z.string().nullish(),
    would_use_again: z.boolean().nullish(),
    alternative_agent_suggested: z.string().nullish(),
  })
  .describe("A judgement of an invocation");

/** The schema of every event. Unknown fields pass: newer writers may add some. */
export const EVENT_SCHEMAS: { readonly [E in EventName]: z.ZodType<Extract<TelemetryEvent, { event: E }>> } = {
  workflow_start: workflowStart,
  agent_handoff: agentHandoff,
  workflow_complete: workflowComplete,
  workflow_cancelled: workflowCancelled,
  invocation_start: invocationStart,
  invocation_update: invocationUpdate,
  success_metric: successMetric,
};

export const EVENT_NAMES = Object.keys(EVENT_SCHEMAS) as readonly EventName[];

/** The event, or why it is none. */
export function checkEvent(value: unknown): TelemetryEvent | string {
  const name: unknown = typeof value === "object" && value !== null && "event" in value ? value.event : undefined;
  if (typeof name !== "string" || !Object.hasOwn(EVENT_SCHEMAS, name))
    return `event: must be one of ${EVENT_NAMES.join(", ")}`;
  const result = EVENT_SCHEMAS[name as EventName].safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  return `${path.join(".")}: ${message}`;
}

/** What a line without an `event` field is, by the file that holds it: the Python logger writes none into these two. */
export const IMPLIED_EVENT: { readonly [K in LogKind]: EventName | undefined } = {
  workflow: undefined,
  invocation: "invocation_start",
  feedback: "success_metric",
};

/** The fields that the schema of an event names. */
export function knownFields(event: EventName): ReadonlySet<string> {
  return new Set(Object.keys((EVENT_SCHEMAS[event] as unknown as z.ZodObject).shape));
}

/** The JSON Schema (draft 2020-12) of an event. */
export function jsonSchema(event: EventName): Record<string, unknown> {
  return z.toJSONSchema(EVENT_SCHEMAS[event]);
}
