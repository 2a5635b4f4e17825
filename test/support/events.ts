import fc from "fast-check";

import type {
  AgentHandoff,
  InvocationStart,
  InvocationUpdate,
  SuccessMetric,
  TelemetryEvent,
  WorkflowCancelled,
  WorkflowComplete,
  WorkflowStart,
} from "../../src/event/events.js";

/** Any text that JSON can carry between programs: all of Unicode, without halves of surrogate pairs. */
export const anyText = fc.string({ unit: "binary" });
const name = anyText.filter((text) => text !== "");
const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });
const nothing = fc.constant(null);
const object = fc.dictionary(
  anyText.filter((key) => key !== "__proto__"),
  fc.jsonValue({ stringUnit: "binary" }),
  { maxKeys: 3 },
);

/** Few ids and few times, so that events collide as they do in real logs. */
const id = (prefix: string) => fc.nat(3).map((number) => `${prefix}${number}`);
const timestamp = fc.nat(50).map((tick) => new Date(Date.UTC(2026, 10, 1) + tick * 60_000).toISOString());
const envelope = {
  timestamp,
  session_id: fc.constantFrom("s1", "s2"),
  event_id: fc.uuid(),
  sequence: fc.nat(3),
};
const agents = fc.array(fc.constantFrom("architect", "developer", "tester"), { maxLength: 4 });
const outcome = fc.record(
  {
    status: fc.constantFrom("success", "failure", "partial", "unknown"),
    error_message: fc.oneof(anyText, nothing),
    files_modified: fc.array(name, { maxLength: 2 }),
    tests_passed: fc.oneof(fc.boolean(), nothing),
  },
  { requiredKeys: [] },
);

const workflowStart: fc.Arbitrary<WorkflowStart> = fc.record({
  ...envelope,
  event: fc.constant("workflow_start" as const),
  workflow_id: id("wf"),
  project_name: anyText,
  agent_plan: agents,
  estimated_duration: fc.oneof(seconds, nothing),
});

const agentHandoff: fc.Arbitrary<AgentHandoff> = fc.record({
  ...envelope,
  event: fc.constant("agent_handoff" as const),
  workflow_id: id("wf"),
  from_agent: name,
  to_agent: name,
  artifacts: fc.array(name, { maxLength: 3 }),
});

const workflowComplete: fc.Arbitrary<WorkflowComplete> = fc.record({
  ...envelope,
  event: fc.constant("workflow_complete" as const),
  workflow_id: id("wf"),
  duration_seconds: seconds,
  success: fc.boolean(),
  agents_executed: agents,
});

const workflowCancelled: fc.Arbitrary<WorkflowCancelled> = fc.record({
  ...envelope,
  event: fc.constant("workflow_cancelled" as const),
  workflow_id: id("wf"),
  reason: fc.oneof(anyText, nothing),
  duration_seconds: fc.oneof(seconds, nothing),
});

const invocationStart: fc.Arbitrary<InvocationStart> = fc.record({
  ...envelope,
  event: fc.constant("invocation_start" as const),
  invocation_id: id("inv"),
  agent_name: name,
  agent_type: fc.oneof(anyText, nothing),
  task_description: fc.oneof(anyText, nothing),
  state_features: object,
  parent_invocation_id: fc.oneof(id("inv"), nothing),
  detached: fc.oneof(fc.boolean(), nothing),
  workflow_id: fc.oneof(id("wf"), nothing),
  task_type: fc.oneof(name, nothing),
  definition_hash: fc.oneof(name, nothing),
  propensity: fc.oneof(fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }), nothing),
  metadata: object,
});

const invocationUpdate: fc.Arbitrary<InvocationUpdate> = fc.record(
  {
    ...envelope,
    event: fc.constant("invocation_update" as const),
    invocation_id: id("inv"),
    duration_seconds: seconds,
    outcome,
    tools_used: fc.array(name, { maxLength: 2 }),
  },
  { requiredKeys: ["timestamp", "event", "invocation_id", "event_id", "sequence", "session_id"] },
);

const successMetric: fc.Arbitrary<SuccessMetric> = fc.record({
  ...envelope,
  event: fc.constant("success_metric" as const),
  invocation_id: id("inv"),
  success: fc.boolean(),
  quality_rating: fc.integer({ min: 1, max: 5 }),
  feedback_source: fc.constantFrom("human", "linter"),
  feedback_notes: fc.oneof(anyText, nothing),
});

/** Any event of any kind. */
export const anyEvent: fc.Arbitrary<TelemetryEvent> = fc.oneof(
  workflowStart,
  agentHandoff,
  workflowComplete,
  workflowCancelled,
  invocationStart,
  invocationUpdate,
  successMetric,
);

/** The same without the identity that only our recorder writes. */
export const anyForeignEvent: fc.Arbitrary<TelemetryEvent> = anyEvent.map((event) => ({
  ...event,
  event_id: null,
  sequence: null,
}));
