import type { InvocationStart, Outcome, TelemetryEvent } from "../../event/events.js";
import { microsecondTimestamp } from "../../event/clock.js";
import { addUsage, TOKEN_FIELDS, type Observation, type ObservationKind, type TokenUsage } from "./observation.js";

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
export function translateTrace(spans: readonly Observation[], redact: (text: string) => string): TelemetryEvent[] {
  const trace = new Trace(spans);
  const agents = trace.of("agent").filter((agent) => !agent.tells_end || !trace.enclosing(agent, "agent"));
  const loose = agents.filter((agent) => !trace.enclosing(agent, "workflow"));
  const workflows = new Map<Observation | undefined, TracedWorkflow>();
  for (const workflow of trace.of("workflow")) {
    const members = agents.filter((agent) => trace.enclosing(agent, "workflow") === workflow);
    if (members.length > 0 || !workflow.only_with_agents) workflows.set(workflow, stated(workflow, members, trace));
  }
  if (loose.length > 1) workflows.set(undefined, wholeTrace(loose, trace));

  const workflowOf = (span: Observation) => workflows.get(trace.enclosing(span, "workflow"));
  const events: TelemetryEvent[] = [];
  for (const workflow of workflows.values()) events.push(...workflowEvents(workflow));
  events.push(...handoffEvents(trace, agents, workflowOf));
  for (const agent of agents) {
    const parent = trace.enclosing(agent, "agent");
    events.push(
      ...invocationEvents(agent, {
        invocation_id: invocationId(agent, trace),
        workflow_id: workflowOf(agent)?.workflow_id,
        parent: parent && invocationId(parent, trace),
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

function stated(span: Observation, members: readonly Observation[], trace: Trace): TracedWorkflow {
  const end_us = trace.endOf(span);
  const ends = members.map((member) => trace.endOf(member) ?? Number.NaN);
  const inner = span.bounded_by_agents === true && !ends.some(Number.isNaN);
  const ended = inner && end_us !== undefined ? Math.max(...ends) : end_us;
  // What goes on around its agents is the work of one that is no invocation: it would look like waiting.
  const start_us = span.bounded_by_agents ? Math.min(...members.map((member) => member.start_us)) : span.start_us;
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
    end_us: ends.every((end) => end !== undefined) ? Math.max(...ends) : undefined,
    outcome: failed?.outcome ?? first.outcome ?? failureOfLast(agents),
    agents_executed: names(agents),
  };
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
  for (const agent of agents) {
    // An edge of the graph that no span of its own tells.
    const after = agent.node?.after;
    const from = after === undefined ? undefined : agents.find(({ node }) => node?.id === after)?.name;
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

/** The spans of a trace as a tree. */
class Trace {
  /** By start. */
  readonly all: readonly Observation[];
  readonly #outer: ReadonlyMap<Observation, Observation>;
  readonly #tools = new Map<Observation, Observation[]>();
  readonly #models = new Map<Observation, Observation[]>();
  /** When the last span inside ended, of those that end with it. */
  readonly #innerEnd = new Map<Observation, number>();

  constructor(spans: readonly Observation[]) {
    const byId = new Map<string, Observation>();
    for (const span of spans) {
      const known = byId.get(span.span_id);
      if (known?.end_us === undefined || span.end_us !== undefined) byId.set(span.span_id, span);
    }
    this.#outer = outerSpans(byId);
    this.all = [...byId.values()].toSorted((a, b) => this.#order(a, b));
    for (const span of this.all) {
      if (span.kind === "tool" || span.kind === "model") this.#count(span, span.kind);
      this.#end(span);
    }
  }

  /** By start. Clocks tick slowly: of what starts at once, the outer comes first, then what ended first. */
  #order(a: Observation, b: Observation): number {
    const end = ({ end_us = Number.MAX_SAFE_INTEGER }: Observation) => end_us;
    return (
      a.start_us - b.start_us || this.#depth(a) - this.#depth(b) || end(a) - end(b) || (a.span_id < b.span_id ? -1 : 1)
    );
  }

  #depth(span: Observation): number {
    let depth = 0;
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer)) depth++;
    return depth;
  }

  /**
   * Counts a span for the agent that it is inside of; a call of a model not for the agent around the call around it, but
   * one that says nothing of tokens only wraps others, and so does one that adds up what is inside it.
   */
  #count(span: Observation, kind: "tool" | "model"): void {
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer)) {
      if (kind === "model" && outer.kind === "model" && outer.usage && !outer.adds_up) return;
      if (outer.kind !== "agent") continue;
      const counted = kind === "tool" ? this.#tools : this.#models;
      const ofAgent = counted.get(outer);
      if (ofAgent) ofAgent.push(span);
      else counted.set(outer, [span]);
      return;
    }
  }

  /** What is inside an agent is inside no agent around it, but may end it. */
  #end(span: Observation): void {
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer))
      if (outer.ends_with_inner) this.#innerEnd.set(outer, Math.max(this.#innerEnd.get(outer) ?? 0, span.end_us ?? 0));
      else if (outer.kind === "agent") return;
  }

  /** All spans of a kind, by start. */
  of(kind: ObservationKind): Observation[] {
    return this.all.filter((span) => span.kind === kind);
  }

  /** The nearest span of a kind around it. */
  enclosing(span: Observation, kind: ObservationKind): Observation | undefined {
    let outer = this.#outer.get(span);
    while (outer && outer.kind !== kind) outer = this.#outer.get(outer);
    return outer;
  }

  /** The outermost span around it that is known, or itself. */
  root(span: Observation): Observation {
    let root = span;
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer)) root = outer;
    return root;
  }

  /** The tools that an agent called itself. */
  toolsOf(agent: Observation): readonly Observation[] {
    return this.#tools.get(agent) ?? [];
  }

  /** The models that an agent called itself, without what happens inside such a call. */
  modelsOf(agent: Observation): readonly Observation[] {
    return this.#models.get(agent) ?? [];
  }

  /** The tokens of an agent: what its own span says includes what its calls of models say. */
  usageOf(agent: Observation): TokenUsage {
    if (TOKEN_FIELDS.some((field) => agent.usage?.[field] !== undefined)) return agent.usage!;
    const calls = this.modelsOf(agent);
    // What is told only as a sum is not told when its parts are.
    const sums = calls.filter(
      (call) => call.adds_up && !calls.some((part) => part.usage && this.#isInside(part, call)),
    );
    const parts = calls.filter((call) => !call.adds_up);
    const sum = addUsage([...sums, ...parts].map(({ usage }) => usage));
    if (sums.length === 0) return sum;
    const others = this.of("agent").filter((other) => {
      return this.enclosing(other, "agent") === agent && sums.some((call) => this.#isInside(other, call));
    });
    const ofOthers = addUsage(others.flatMap((other) => this.modelsOf(other).map(({ usage }) => usage)));
    const own = TOKEN_FIELDS.flatMap((field) =>
      sum[field] === undefined ? [] : [[field, Math.max(0, sum[field] - (ofOthers[field] ?? 0))]],
    );
    return Object.fromEntries(own) as TokenUsage;
  }

  #isInside(span: Observation, around: Observation): boolean {
    let outer = this.#outer.get(span);
    while (outer && outer !== around) outer = this.#outer.get(outer);
    return outer !== undefined;
  }

  /** When a span ended. */
  endOf(span: Observation): number | undefined {
    if (span.end_us === undefined || !span.ends_with_inner) return span.end_us;
    return Math.max(span.end_us, this.#innerEnd.get(span) ?? 0);
  }
}

/** The span around each. Spans that are around themselves, in a circle, are in none. */
function outerSpans(byId: ReadonlyMap<string, Observation>): Map<Observation, Observation> {
  const outerOf = new Map<Observation, Observation>();
  /** From which span one came to each first. */
  const reached = new Map<Observation, Observation>();
  for (const span of byId.values()) {
    let at: Observation | undefined = span;
    while (at && !reached.has(at)) {
      reached.set(at, span);
      const outer: Observation | undefined = at.parent_id === undefined ? undefined : byId.get(at.parent_id);
      if (outer) outerOf.set(at, outer);
      at = outer;
    }
    if (!at || reached.get(at) !== span) continue;
    // It went round: from here to here.
    for (let each: Observation | undefined = at; each;) {
      const outer = outerOf.get(each);
      outerOf.delete(each);
      each = outer;
    }
  }
  return outerOf;
}

/** A longer text is cut: it describes a task, and is no archive. */
const MAX_TEXT = 16_384;

/** Texts that people, models or the system wrote, without secrets, and not endless. */
function redacted(event: TelemetryEvent, redactText: (text: string) => string): TelemetryEvent {
  // A secret that is cut in two is not known as one: it is cut when they are out of it.
  const redact = (text: string) => {
    const whole = redactText(text.slice(0, 2 * MAX_TEXT));
    return whole.length > MAX_TEXT ? `${whole.slice(0, MAX_TEXT - 1)}…` : whole;
  };
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
