import type { EventEnvelope, InvocationStart, InvocationUpdate, TelemetryEvent } from "../../src/event/events.js";

/** One execution of an activity in a published event log. */
export interface LogRow {
  /** What the execution belongs to: our workflow. */
  readonly case: string;
  readonly activity: string;
  /** Who did it. Logs without resources repeat the activity. */
  readonly resource: string;
  /** As {@link microseconds} reads it. */
  readonly start: string;
  /** `null` where the log ends before the execution does. */
  readonly end: string | null;
}

interface EventLogOptions {
  /** What is taken for the agent. */
  readonly agent: "resource" | "activity";
  /** The plan of every workflow; nothing by default. */
  readonly agent_plan?: readonly string[];
}

const TIME =
  /^(\d{4})[-/](\d\d)[-/](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(?:Z|UTC|([+-]\d\d):?(\d\d)?)?$/i;

/**
 * Whole microseconds since 1970, read from the forms of ISO 8601 that logs use: day and time apart by T or a space,
 * seconds, decimals and the zone (`+01:00`, `+0100`, `+01`, `Z`, `UTC`; by default UTC) may be missing. Digits beyond
 * microseconds are cut off.
 */
export function microseconds(text: string): number {
  const match = TIME.exec(text.trim());
  if (!match) throw new Error(`not a time: ${text}`);
  const [, year, month, day, hours = "00", minutes = "00", seconds = "00", decimals = "", zone, zoneMinutes] = match;
  const offset = zone === undefined ? "Z" : `${zone}:${zoneMinutes ?? "00"}`;
  const whole = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}${offset}`);
  if (Number.isNaN(whole)) throw new Error(`not a time: ${text}`);
  return whole * 1000 + Number(decimals.slice(0, 6).padEnd(6, "0"));
}

/** UTC, ISO 8601: with microseconds only where there are any. */
export function isoTime(micro: number): string {
  const whole = Math.floor(micro / 1000);
  const rest = micro - whole * 1000;
  const milliseconds = new Date(whole).toISOString();
  return rest === 0 ? milliseconds : milliseconds.replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

interface Interval {
  readonly start: number;
  readonly end: number;
}

interface ImportedRun {
  readonly id: string;
  readonly agent: string;
  readonly task_type: string | null;
  readonly parent_id: string | null;
  readonly detached: boolean;
  readonly start: number;
  readonly end: number | null;
}

/**
 * The events that a recorder would have written of a log: a workflow for each case, from its first start to its last
 * end, and a successful invocation for each row. The same rows give the same events, with the same ids.
 *
 * @param rows in any order; the executions of a case run by start, then end, then as given
 */
export function eventLog(rows: readonly LogRow[], { agent, agent_plan = [] }: EventLogOptions): TelemetryEvent[] {
  const cases = new Map<string, ImportedRun[]>();
  for (const row of rows) {
    const runs = cases.get(row.case) ?? [];
    cases.set(row.case, runs);
    runs.push({
      id: "",
      agent: row[agent],
      task_type: row.activity,
      parent_id: null,
      detached: false,
      start: microseconds(row.start),
      end: row.end === null ? null : microseconds(row.end),
    });
  }
  return [...cases].flatMap(([name, executions]) => {
    const runs = inOrder(executions).map((run, i) => ({ ...run, id: `${name}/${i + 1}` }));
    return workflowEvents(name, agent_plan, windowOf(runs), runs);
  });
}

interface JaegerReference {
  /** CHILD_OF by default: the parent waits. It does not wait for what FOLLOWS_FROM it. */
  readonly refType?: string;
  /** By default that of the span. */
  readonly traceID?: string;
  readonly spanID: string;
}

/** Traces as Jaeger exports them. Times are microseconds. */
export interface JaegerExport {
  readonly data: readonly {
    readonly traceID: string;
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
    readonly spans: readonly {
      /** Identifies it within its trace only. */
      readonly spanID: string;
      readonly operationName: string;
      readonly processID: string;
      readonly startTime: number;
      readonly duration: number;
      readonly references?: readonly JaegerReference[] | null;
    }[];
  }[];
}

/**
 * The events of traces: a workflow for each, from start to end of its root span, and an invocation for each span. A span
 * whose parent is not in its trace is a root; of several roots the workflow is from the first start to the last end.
 */
export function jaegerTrace({ data }: JaegerExport): TelemetryEvent[] {
  return data.flatMap(({ traceID, processes, spans }) => {
    const known = new Set(spans.map(({ spanID }) => spanID));
    const runs = spans.map((span) => {
      const references = (span.references ?? []).filter(
        (reference) => (reference.traceID ?? traceID) === traceID && known.has(reference.spanID),
      );
      const parent = references.find(({ refType = "CHILD_OF" }) => refType === "CHILD_OF") ?? references[0];
      return {
        id: `${traceID}/${span.spanID}`,
        agent: `[${processes[span.processID]?.serviceName ?? "unknown"}] ${span.operationName}`,
        task_type: null,
        parent_id: parent ? `${traceID}/${parent.spanID}` : null,
        detached: parent?.refType === "FOLLOWS_FROM",
        start: span.startTime,
        end: span.startTime + span.duration,
      };
    });
    const roots = runs.filter(({ parent_id }) => parent_id === null);
    if (roots.length === 0) throw new Error(`trace ${traceID} has no root span`);
    return workflowEvents(traceID, [], windowOf(roots), inOrder(runs));
  });
}

function inOrder(runs: readonly ImportedRun[]): readonly ImportedRun[] {
  const end = (run: ImportedRun) => run.end ?? Number.MAX_VALUE;
  return runs.toSorted((a, b) => a.start - b.start || end(a) - end(b));
}

function windowOf(runs: readonly ImportedRun[]): Interval {
  return {
    start: Math.min(...runs.map(({ start }) => start)),
    end: Math.max(...runs.map(({ start, end }) => end ?? start)),
  };
}

function workflowEvents(
  workflow_id: string,
  agent_plan: readonly string[],
  window: Interval,
  runs: readonly ImportedRun[],
): TelemetryEvent[] {
  let sequence = 0;
  const envelope = (micro: number): EventEnvelope => ({
    timestamp: isoTime(micro),
    session_id: workflow_id,
    event_id: `${workflow_id}#${sequence}`,
    sequence: sequence++,
  });
  return [
    { ...envelope(window.start), event: "workflow_start", workflow_id, project_name: "event log", agent_plan },
    ...runs.flatMap((run): (InvocationStart | InvocationUpdate)[] => {
      const start = {
        ...envelope(run.start),
        event: "invocation_start" as const,
        invocation_id: run.id,
        agent_name: run.agent,
        workflow_id,
        parent_invocation_id: run.parent_id,
        task_type: run.task_type,
        ...(run.detached ? { detached: true } : {}),
      };
      if (run.end === null) return [start];
      const update = {
        ...envelope(run.end),
        event: "invocation_update" as const,
        invocation_id: run.id,
        duration_seconds: (run.end - run.start) / 1e6,
        outcome: { status: "success" as const },
      };
      return [start, update];
    }),
    {
      ...envelope(window.end),
      event: "workflow_complete",
      workflow_id,
      duration_seconds: (window.end - window.start) / 1e6,
      success: true,
      agents_executed: runs.map(({ agent }) => agent),
    },
  ];
}
