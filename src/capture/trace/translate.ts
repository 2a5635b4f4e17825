import type { InvocationStart, Outcome, TelemetryEvent } from "../../event/events.js";
import { microsecondTimestamp } from "../../event/clock.js";
import { writable, type Redact } from "../writable.js";
import type { Observation, TokenUsage } from "./observation.js";
import { addTo, Trace } from "./trace.js";

/**
 * Translates what is known of one trace into events: every agent span is an invocation, every workflow span a workflow.
 * Agents outside of any workflow span make the whole trace a workflow, if there are at least two of them.
 *
 * The events depend on nothing but the spans, not on their order. What is told when more spans of the trace have become
 * known overrules what was told before.
 *
 * @param spans all spans of the trace that are known; of a span that stands there twice, the ended one counts
 * @param redact applied to every text that may hold what people or models wrote
 * @returns events that have no identity yet
 */
export function translateTrace(spans: readonly Observation[], redact: Redact): TelemetryEvent[] {
  const trace = new Trace(spans);
  const agents = trace.of("agent").filter((agent) => !agent.tells_end || !trace.enclosing(agent, "agent"));
  const loose = agents.filter((agent) => !trace.enclosing(agent, "workflow"));
  const members = new Map<Observation, Observation[]>();
  for (const agent of agents) addTo(members, trace.enclosing(agent, "workflow"), agent);
  const workflows = new Map<Observation | undefined, TracedWorkflow>();
  for (const workflow of trace.of("workflow")) {
    const inside = members.get(workflow) ?? [];
    if (inside.length > 0 || !workflow.only_with_agents) workflows.set(workflow, stated(workflow, inside, trace));
  }
  if (loose.length > 1) workflows.set(undefined, wholeTrace(loose, trace));

  const workflowOf = (span: Observation) => workflows.get(trace.enclosing(span, "workflow"));
  const ids = new Map(trace.of("agent").map((agent) => [agent, invocationId(agent, trace)]));
  const events = [...workflows.values()].flatMap(workflowEvents).concat(handoffEvents(trace, agents, workflowOf));
  for (const agent of agents) {
    const parent = trace.enclosing(agent, "agent");
    events.push(
      ...invocationEvents(agent, {
        invocation_id: ids.get(agent)!,
        workflow_id: workflowOf(agent)?.workflow_id,
        parent: parent && ids.get(parent),
        tools: distinct(trace.toolsOf(agent).map(({ name }) => name)),
        models: trace.modelsOf(agent),
        usage: trace.usageOf(agent),
        end_us: trace.endOf(agent),
      }),
    );
  }
  return events.map((event) => redacted(event, redact));
}

/** The `invocation_id` of an agent's span; the calls of models inside it may know which run they belong to. */
function invocationId(agent: Observation, trace: Trace): string {
  const { identity, trace_id, span_id } = agent;
  return identity ?? trace.modelsOf(agent).find((call) => call.identity)?.identity ?? `${trace_id}-${span_id}`;
}

interface TracedWorkflow {
  readonly workflow_id: string;
  readonly project_name: string;
  readonly session_id: string | undefined;
  readonly start_us: number;
  readonly end_us: number | undefined;
  readonly outcome: Observation["outcome"];
  readonly agents_executed: readonly string[];
}

/** @param members in order of their start */
function stated(span: Observation, members: readonly Observation[], trace: Trace): TracedWorkflow {
  const end_us = trace.endOf(span);
  // What goes on around its agents is the work of one that is no invocation: it would look like waiting.
  const first = span.bounded_by_agents ? members[0] : undefined;
  const start_us = first?.start_us ?? span.start_us;
  const last = first && latestOf(members.map((member) => trace.endOf(member)));
  const ended = end_us === undefined ? undefined : (last ?? end_us);
  return {
    workflow_id: span.identity ?? `${span.trace_id}-${span.span_id}`,
    project_name: span.name,
    session_id: span.session_id,
    start_us,
    // It goes on with an agent that was started when it had ended.
    end_us: ended !== undefined && ended >= start_us ? ended : undefined,
    outcome: span.outcome ?? failureOfLast(members),
    agents_executed: names(members),
  };
}

/** The trace is the workflow: it runs from the start of its first root to the end of its last. */
function wholeTrace(agents: readonly Observation[], trace: Trace): TracedWorkflow {
  const roots = distinct(agents.map((agent) => trace.root(agent)));
  const first = roots.reduce((a, b) => (b.start_us < a.start_us ? b : a));
  const ends = roots.map((root) => trace.endOf(root));
  const failed = roots.find(({ outcome }) => outcome?.status === "failure");
  return {
    workflow_id: first.trace_id,
    project_name: first.service ?? first.name,
    session_id: agents.find(({ session_id }) => session_id !== undefined)?.session_id,
    start_us: first.start_us,
    end_us: latestOf(ends),
    outcome: failed?.outcome ?? first.outcome ?? failureOfLast(agents),
    agents_executed: names(agents),
  };
}

/** The last of at least one; `undefined` as long as one of them is. */
function latestOf(ends: readonly (number | undefined)[]): number | undefined {
  return ends.reduce((last, end) => (last === undefined || end === undefined ? undefined : Math.max(last, end)));
}

/** Where nobody says how a workflow ended, it failed if the agent that ended last did. */
function failureOfLast(agents: readonly Observation[]): Observation["outcome"] {
  const last = agents.reduce<Observation | undefined>(
    (latest, agent) => ((agent.end_us ?? 0) >= (latest?.end_us ?? 0) ? agent : latest),
    undefined,
  );
  return last?.outcome?.status === "failure" ? last.outcome : undefined;
}

function workflowEvents(workflow: TracedWorkflow): TelemetryEvent[] {
  const { workflow_id, project_name, session_id, start_us, end_us, outcome, agents_executed } = workflow;
  const events: TelemetryEvent[] = [
    {
      timestamp: microsecondTimestamp(start_us),
      event: "workflow_start",
      workflow_id,
      project_name,
      agent_plan: [],
      estimated_duration: null,
      session_id: session_id ?? null,
    },
  ];
  if (end_us === undefined) return events;
  const ending = {
    timestamp: microsecondTimestamp(end_us),
    workflow_id,
    duration_seconds: (end_us - start_us) / 1e6,
    agents_executed,
    session_id: session_id ?? null,
  };
  // A workflow that was broken off has neither succeeded nor failed.
  if (outcome?.status === "unknown")
    events.push({ ...ending, event: "workflow_cancelled", reason: outcome.error_message ?? null });
  else events.push({ ...ending, event: "workflow_complete", success: outcome?.status !== "failure" });
  return events;
}

function handoffEvents(
  trace: Trace,
  agents: readonly Observation[],
  workflowOf: (span: Observation) => TracedWorkflow | undefined,
): TelemetryEvent[] {
  const edges: { span: Observation; from: string; to: string }[] = [];
  for (const span of trace.all) {
    if (!span.handoff) continue;
    const from = span.handoff.from ?? trace.enclosing(span, "agent")?.name;
    if (from !== undefined) edges.push({ span, from, to: span.handoff.to });
  }
  const told = new Set(edges.map(({ from, to }) => JSON.stringify([from, to])));
  const nodes = new Map(agents.toReversed().map(({ node, name }) => [node?.id, name]));
  for (const agent of agents) {
    // An edge of the graph that no span of its own tells.
    const after = agent.node?.after;
    const from = after === undefined ? undefined : nodes.get(after);
    if (from !== undefined && from !== agent.name && !told.has(JSON.stringify([from, agent.name])))
      edges.push({ span: agent, from, to: agent.name });
  }
  return edges.flatMap(({ span, from, to }) => {
    const workflow = workflowOf(span);
    if (!workflow) return [];
    return {
      timestamp: microsecondTimestamp(span.start_us),
      event: "agent_handoff",
      workflow_id: workflow.workflow_id,
      from_agent: from,
      to_agent: to,
      artifacts: [],
      session_id: workflow.session_id ?? null,
    };
  });
}

function invocationEvents(
  agent: Observation,
  {
    invocation_id,
    workflow_id,
    parent,
    tools,
    models,
    usage,
    end_us,
  }: {
    readonly invocation_id: string;
    readonly workflow_id: string | undefined;
    readonly parent: string | undefined;
    readonly tools: readonly string[];
    readonly models: readonly Observation[];
    readonly usage: TokenUsage;
    readonly end_us: number | undefined;
  },
): TelemetryEvent[] {
  const agent_id = agent.agent_id ?? models.find((call) => call.agent_id !== undefined)?.agent_id;
  const origin = { source: agent.source, ...(agent_id === undefined ? {} : { agent_id }) };
  const start: InvocationStart = {
    timestamp: microsecondTimestamp(agent.start_us),
    event: "invocation_start",
    invocation_id,
    agent_name: agent.name,
    agent_type: agent.agent_type ?? null,
    // What it asks a model first is what it was asked.
    task_description: agent.task ?? models.find(({ task }) => task !== undefined)?.task ?? null,
    parent_invocation_id: parent ?? null,
    workflow_id: workflow_id ?? null,
    metadata: origin,
    session_id: agent.session_id ?? null,
  };
  if (end_us === undefined) return [start];
  const model = agent.model ?? models.findLast((span) => span.model !== undefined)?.model;
  const metadata = {
    ...origin,
    ...(model === undefined ? {} : { model }),
    ...usage,
    ...(agent.outcome ? {} : { inferred: ["outcome"] }),
  };
  const { status = "success", error_message } = agent.outcome ?? {};
  const outcome: Outcome = error_message === undefined ? { status } : { status, error_message };
  const update = {
    timestamp: microsecondTimestamp(end_us),
    event: "invocation_update" as const,
    invocation_id,
    duration_seconds: (end_us - agent.start_us) / 1e6,
    outcome,
    ...(tools.length > 0 ? { tools_used: tools } : {}),
    metadata,
    session_id: agent.session_id ?? null,
  };
  return [start, update];
}

/** Texts that people, models or the system wrote, without secrets, and not endless. */
function redacted(event: TelemetryEvent, redactText: Redact): TelemetryEvent {
  const redact = (text: string) => writable(text, redactText);
  switch (event.event) {
    case "workflow_start":
      return { ...event, project_name: redact(event.project_name) };
    case "workflow_cancelled":
      return event.reason ? { ...event, reason: redact(event.reason) } : event;
    case "invocation_start":
      return event.task_description ? { ...event, task_description: redact(event.task_description) } : event;
    case "invocation_update": {
      const { outcome } = event;
      if (!outcome?.error_message) return event;
      return { ...event, outcome: { ...outcome, error_message: redact(outcome.error_message) } };
    }
    default:
      return event;
  }
}

function names(agents: readonly Observation[]): string[] {
  return agents.map(({ name }) => name);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
