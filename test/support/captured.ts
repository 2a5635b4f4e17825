import type { InvocationStart, InvocationUpdate, TelemetryEvent } from "../../src/event/events.js";

/** What a log says of an invocation: a naive merge of its lines, the later over the earlier. */
interface CapturedRun {
  readonly agent: string;
  /** Name of the agent of the parent. */
  readonly parent: string | undefined;
  readonly workflow: string | undefined;
  readonly status: string | undefined;
  readonly error: string | undefined;
  readonly task: string | undefined;
  readonly tools: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly start: string;
  readonly seconds: number | undefined;
}

/** What a log says altogether, without ids. */
export interface Captured {
  readonly runs: readonly CapturedRun[];
  /** Name, agents executed, and how each workflow ended. */
  readonly workflows: readonly (readonly [name: string, agents: readonly string[], end: string])[];
  readonly handoffs: readonly string[];
}

const place = (event: TelemetryEvent) => `${event.timestamp} ${String(event.sequence ?? 0).padStart(9, "0")}`;

/** Folds events naively: sorted by time and sequence, the last says how it is. */
export function captured(events: readonly TelemetryEvent[]): Captured {
  const sorted = events.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  const of = <N extends TelemetryEvent["event"]>(name: N) =>
    sorted.filter((event): event is Extract<TelemetryEvent, { event: N }> => event.event === name);
  const starts = new Map<string, InvocationStart>(of("invocation_start").map((line) => [line.invocation_id, line]));
  const updates = new Map<string, InvocationUpdate>(of("invocation_update").map((line) => [line.invocation_id, line]));
  const names = new Map(of("workflow_start").map((line) => [line.workflow_id, line.project_name]));
  const ends = new Map(
    [...of("workflow_complete"), ...of("workflow_cancelled")].map((line) => [line.workflow_id, line] as const),
  );
  const runs = [...starts.values()].map((start): CapturedRun => {
    const end = updates.get(start.invocation_id);
    return {
      agent: start.agent_name,
      parent: starts.get(start.parent_invocation_id ?? "")?.agent_name,
      workflow: names.get(start.workflow_id ?? ""),
      status: end?.outcome?.status ?? undefined,
      error: end?.outcome?.error_message ?? undefined,
      task: start.task_description ?? undefined,
      tools: end?.tools_used ?? [],
      metadata: end?.metadata ?? start.metadata ?? {},
      start: start.timestamp,
      seconds: end?.duration_seconds ?? undefined,
    };
  });
  const workflows = [...names].map(([id, name]) => {
    const end = ends.get(id);
    const how =
      end === undefined
        ? "running"
        : end.event === "workflow_cancelled"
          ? "cancelled"
          : end.success
            ? "success"
            : "failure";
    return [name, end?.agents_executed ?? [], how] as const;
  });
  const handoffs = new Map(of("agent_handoff").map((line) => [line.event_id, `${line.from_agent}→${line.to_agent}`]));
  return { runs, workflows, handoffs: [...handoffs.values()] };
}
