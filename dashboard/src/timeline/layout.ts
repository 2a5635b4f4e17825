import { readiness } from "../../../src/analyze/handoffs.js";
import { clip, unionLength } from "../../../src/analyze/intervals.js";
import type { RunDetail, WorkflowDetail } from "../../../src/analyze/workflow-detail.js";

/** A run in its place. */
export interface Bar {
  readonly run: RunDetail;
  /** Row within its lane: runs of one agent that overlap stand below each other. */
  readonly row: number;
  /** How deep it is nested in runs of the same lane: each level is drawn inset. */
  readonly depth: number;
}

/** All runs of one agent. */
export interface Lane {
  readonly agent: string;
  readonly bars: readonly Bar[];
  readonly rows: number;
}

/**
 * Puts the runs of a workflow into lanes, one for each agent, in order of their first run; planned agents that have not
 * run yet come last, empty. Within a lane a run stands in the first row that is free, nested ones in that of their parent.
 *
 * @param now seconds since the workflow's start: where runs that are under way end
 */
export function lanesOf({ runs, plan }: Pick<WorkflowDetail, "runs" | "plan">, now: number): readonly Lane[] {
  const lanes = new Map<string, { bars: Bar[]; ends: number[] }>();
  const places = new Map<string, Bar>();
  for (const run of runs) {
    const lane = lanes.get(run.agent_name) ?? { bars: [], ends: [] };
    lanes.set(run.agent_name, lane);
    const end = run.end_offset ?? Math.max(now, run.start_offset);
    const parent = run.parent_invocation_id === null ? undefined : places.get(run.parent_invocation_id);
    const inParent =
      parent?.run.agent_name === run.agent_name && run.start_offset >= parent.run.start_offset && !run.detached;
    const free = lane.ends.findIndex((last) => last <= run.start_offset);
    const row = inParent ? parent.row : free === -1 ? lane.ends.length : free;
    if (!inParent) lane.ends[row] = end;
    const bar = { run, row, depth: inParent ? parent.depth + 1 : 0 };
    lane.bars.push(bar);
    places.set(run.invocation_id, bar);
  }
  for (const agent of plan.remaining) if (!lanes.has(agent)) lanes.set(agent, { bars: [], ends: [] });
  return [...lanes].map(([agent, { bars, ends }]) => ({ agent, bars, rows: Math.max(1, ends.length) }));
}

/** Where a timeline that goes on ends: rarely another number, so that what is drawn stays where it is. */
export function horizon(elapsed: number, estimate: number | null): number {
  const least = Math.max(1, elapsed * 1.02, (estimate ?? 0) * 1.05);
  const step = 2 ** Math.floor(Math.log2(least) - 2);
  return Math.ceil(least / step) * step;
}

const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
];

/** Round numbers of seconds between two, at most so many. */
export function ticks(from: number, to: number, most: number): readonly number[] {
  const step = STEPS.find((size) => (to - from) / size <= most) ?? (to - from) / most;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
}

/** The plan as bars of equal length over the estimate, or over how long it took: an order, not a schedule. */
export function planBars(
  plan: readonly string[],
  span: number,
): readonly { agent: string; from: number; to: number }[] {
  return plan.map((agent, i) => ({ agent, from: (span * i) / plan.length, to: (span * (i + 1)) / plan.length }));
}

/** How long a run waited, and after whom. */
export interface Wait {
  readonly seconds: number;
  readonly after: string;
}

/**
 * The waits before runs, by id. The server knows them of a workflow that has ended; of one that is under way they are
 * told here, by the same rule.
 */
export function waitsOf({ runs, handoffs, metrics }: WorkflowDetail): ReadonlyMap<string, Wait> {
  const waits = new Map<string, Wait>();
  const add = (id: string, seconds: number | null, after: string | null) => {
    if (seconds !== null && seconds > 0) waits.set(id, { seconds, after: after ?? "the start" });
  };
  if (metrics) {
    for (const { invocation_id, wait_seconds, after_agent } of runs) add(invocation_id, wait_seconds, after_agent);
    return waits;
  }
  const microseconds = (offset: number) => Math.round(offset * 1e6);
  const ready = readiness(
    runs.map((run) => ({
      id: run.invocation_id,
      agent: run.agent_name,
      task_type: run.task_type,
      parent_id: run.parent_invocation_id,
      detached: run.detached,
      start: microseconds(run.start_offset),
      end: run.end_offset === null ? null : microseconds(run.end_offset),
      status: run.status,
    })),
    handoffs.map(({ offset, ...handoff }) => ({ ...handoff, at: microseconds(offset) })),
  );
  for (const { id, latency, from_agent } of ready) add(id, latency === null ? null : latency / 1e6, from_agent);
  return waits;
}

/** Share of the time until now in which no run of a workflow was under way; `null` before there was any time. */
export function idleSoFar({ runs }: Pick<WorkflowDetail, "runs">, now: number): number | null {
  if (now <= 0) return null;
  const window = { start: 0, end: now };
  const spans = runs.map(({ start_offset, end_offset }) =>
    clip({ start: start_offset, end: end_offset ?? now }, window),
  );
  return Math.max(0, 1 - unionLength(spans) / now);
}
