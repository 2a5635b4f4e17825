import type { OutcomeStatus, TelemetryEvent } from "../../src/event/events.js";

/** One run of an agent. Times are seconds since the workflow's start. */
export interface ScenarioRun {
  /** `null` where the start, or the end, was never recorded. */
  readonly at: readonly [start: number | null, end: number | null];
  /** By default what the run is called. */
  readonly agent?: string;
  /** What its parent is called. */
  readonly parent?: string;
  readonly detached?: boolean;
  readonly status?: OutcomeStatus;
  /** Whether the end says how long it took: where it does not, the times of its lines tell. */
  readonly timed?: boolean;
}

/** A run from one time to another. */
export function run(start: number | null, end: number | null, more: Omit<ScenarioRun, "at"> = {}): ScenarioRun {
  return { at: [start, end], ...more };
}

/** A workflow to be recorded. Times are seconds since its start. */
export interface Scenario {
  /** When it ended; absent while it has not. */
  readonly end?: number;
  /** The duration that is reported, where it is not `end`. */
  readonly reported?: number;
  readonly outcome?: "success" | "failure" | "cancelled";
  readonly plan?: readonly string[];
  readonly estimate?: number;
  readonly runs?: Readonly<Record<string, ScenarioRun>>;
  readonly handoffs?: readonly (readonly [from: string, to: string, at: number])[];
}

/** 2026-11-01, midnight UTC. */
export const ORIGIN = Date.UTC(2026, 10, 1);

/** The time so many seconds after {@link ORIGIN}, as logs have it. */
export function timeAt(seconds: number, origin = ORIGIN): string {
  return new Date(origin + seconds * 1000).toISOString();
}

/** The id that a run of a workflow has. */
export function runId(workflow_id: string, name: string): string {
  return `${workflow_id}/${name}`;
}

/** The events of a workflow, in the order in which they happened. All scenarios share a session. */
export function eventsOf(workflow_id: string, scenario: Scenario, origin = ORIGIN): TelemetryEvent[] {
  const { end, reported = end, outcome = "success", plan = [], estimate = null, runs = {}, handoffs = [] } = scenario;
  const executed = Object.entries(runs).map(([name, { agent = name }]) => agent);
  const events: { readonly second: number; readonly event: TelemetryEvent }[] = [];
  const envelope = (second: number) => ({
    timestamp: timeAt(second, origin),
    session_id: "session",
    event_id: `${workflow_id}#${events.length}`,
    sequence: events.length,
  });
  const log = (second: number, event: TelemetryEvent) => events.push({ second, event });

  log(0, {
    ...envelope(0),
    event: "workflow_start",
    workflow_id,
    project_name: "project",
    agent_plan: plan,
    estimated_duration: estimate,
  });
  for (const [name, { at, agent = name, parent, detached, status = "success", timed = true }] of Object.entries(runs)) {
    const [from, to] = at;
    const invocation_id = runId(workflow_id, name);
    // An end without a start says itself who ran where, as some writers do.
    const identity = { agent_name: agent, workflow_id };
    if (from !== null)
      log(from, {
        ...envelope(from),
        ...identity,
        event: "invocation_start",
        invocation_id,
        ...(parent === undefined ? {} : { parent_invocation_id: runId(workflow_id, parent) }),
        ...(detached === undefined ? {} : { detached }),
      });
    if (to !== null)
      log(to, {
        ...envelope(to),
        ...(from === null ? identity : {}),
        event: "invocation_update",
        invocation_id,
        ...(timed && from !== null ? { duration_seconds: to - from } : {}),
        outcome: { status },
      });
  }
  for (const [from_agent, to_agent, at] of handoffs)
    log(at, { ...envelope(at), event: "agent_handoff", workflow_id, from_agent, to_agent, artifacts: [] });
  if (end !== undefined)
    log(
      end,
      outcome === "cancelled"
        ? { ...envelope(end), event: "workflow_cancelled", workflow_id, duration_seconds: reported ?? null }
        : {
            ...envelope(end),
            event: "workflow_complete",
            workflow_id,
            duration_seconds: reported ?? end,
            success: outcome === "success",
            agents_executed: executed,
          },
    );
  return events.toSorted((a, b) => a.second - b.second).map(({ event }) => event);
}

/** Where two results differ, as paths such as `agents.planner.running_count`, in alphabetical order. */
export function differences(a: unknown, b: unknown, path = ""): string[] {
  if (Object.is(a, b)) return [];
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [path];
  const [fieldsOfA, fieldsOfB] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return [...new Set([...fieldsOfA.keys(), ...fieldsOfB.keys()])]
    .flatMap((key) => differences(fieldsOfA.get(key), fieldsOfB.get(key), path === "" ? key : `${path}.${key}`))
    .toSorted();
}
