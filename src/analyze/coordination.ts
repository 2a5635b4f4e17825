import { clip, unionLength, type Span } from "./intervals.js";

/** An ended invocation, as far as its time matters. */
export interface InvocationSpan extends Span {
  readonly id: string;
  readonly parent_id: string | null;
  /** Run time in microseconds, as reported; it may differ from `end − start` when clocks disagree. */
  readonly duration: number;
}

/** Where the time of one workflow went, in microseconds. */
export interface WorkflowTime {
  /** T: wall time of the workflow. */
  readonly wall: number;
  /** W: sum of the run times of its invocations, as the specification adds them up. */
  readonly work: number;
  /** B: time in which at least one agent was active. */
  readonly busy: number;
  /** The part of W that lies within the workflow. */
  readonly inside: number;
  /** Sum of the exclusive times within the workflow: a parent's is without its children's. */
  readonly exclusive: number;
}

/**
 * Splits the time of one workflow.
 *
 * @param window from the workflow's start to its end; what lies outside is not its time
 * @param wall its duration as reported, which loggers round: busy time never exceeds it
 * @param invocations its ended invocations
 */
export function measureWorkflow(window: Span, wall: number, invocations: readonly InvocationSpan[]): WorkflowTime {
  const spans = invocations.map((invocation) => clip(invocation, window));
  const parents = new Map(invocations.map(({ id, parent_id }) => [id, parent_id]));
  const children = new Map<string, Span[]>();
  invocations.forEach(({ id, parent_id }, i) => {
    if (parent_id === null || isAncestorOf(id, parent_id, parents)) return;
    const siblings = children.get(parent_id);
    if (siblings) siblings.push(spans[i]!);
    else children.set(parent_id, [spans[i]!]);
  });
  let work = 0;
  let inside = 0;
  let exclusive = 0;
  invocations.forEach(({ id, duration }, i) => {
    const span = spans[i]!;
    const delegated = children.get(id)?.map((child) => clip(child, span)) ?? [];
    work += duration;
    inside += span.end - span.start;
    exclusive += span.end - span.start - unionLength(delegated);
  });
  return { wall, work, busy: Math.min(unionLength(spans), wall), inside, exclusive };
}

/** Whether a run is above another, or is it: then naming the other as its parent goes round in a circle. */
function isAncestorOf(id: string, other: string, parents: ReadonlyMap<string, string | null>): boolean {
  const seen = new Set<string>();
  for (
    let at: string | null | undefined = other;
    at !== null && at !== undefined && !seen.has(at);
    at = parents.get(at)
  ) {
    if (at === id) return true;
    seen.add(at);
  }
  return false;
}

/** Times of several workflows added up, with how many there are. */
export interface PooledTime extends WorkflowTime {
  /** Completed or failed workflows with a duration and at least one ended invocation. */
  readonly workflows: number;
  /** Completed or failed workflows that lack one of the two. */
  readonly left_out: number;
  /** Workflows whose invocations were found by session, for want of a `workflow_id`. */
  readonly joined_by_session: number;
  /** Workflows whose reported duration is more than 5 % off the time between their start and their end. */
  readonly duration_mismatches: number;
  /** Invocations of these workflows that never ended, so that their time is not known. */
  readonly open_invocations: number;
}

const BANDS = {
  stay: "Stay Phase 1-2 (Efficient coordination)",
  monitor: "Monitor overhead (Moderate coordination time)",
  consider: "Consider Phase 3 (High coordination overhead)",
} as const;

/** The specification's advice, or that there is nothing to go by. */
export type PhaseAdvice = (typeof BANDS)[keyof typeof BANDS] | "Insufficient data";

/** What {@link TelemetryAnalyzer.calculateCoordinationOverhead} gives. */
export interface CoordinationOverhead {
  readonly status: "ok" | "insufficient_data";
  /** Why there are no numbers. */
  readonly reason?: string;
  /** The specified number: 100 · (T − W)/T, percent. Waiting and parallel work cancel in it; see `idle_share`. */
  readonly coordination_overhead_pct: number | null;
  /** The specification's advice for the specified number. */
  readonly recommendation: PhaseAdvice;
  /** Mean of T − W, minutes per workflow. */
  readonly avg_coordination_minutes: number | null;
  /** (T − B)/T: share of the workflows' time in which no agent was active. The honest overhead. */
  readonly idle_share: number | null;
  /** The same advice for `idle_share`. */
  readonly idle_recommendation: PhaseAdvice;
  /** Share of T gained by agents working at the same time. */
  readonly overlap_share: number | null;
  /** Share of T that the specified number counts twice, because parents wait for their children. */
  readonly nested_share: number | null;
  /** Work outside of the workflow's own time, as a share of T: runs that outlive it, or clocks that disagree. */
  readonly outside_share: number | null;
  readonly workflows_analyzed: number;
  readonly workflows_left_out: number;
  readonly joined_by_session: number;
  readonly duration_mismatches: number;
  readonly open_invocations: number;
}

/**
 * Coordination overhead of several workflows, pooled. `specified = idle − overlap − nested − outside` holds exactly.
 * Source: the specification, "Coordination Overhead Calculation", joined by `workflow_id`; `docs/metrics.md`.
 */
export function coordinationOverhead(pool: PooledTime): CoordinationOverhead {
  const counts = {
    workflows_analyzed: pool.workflows,
    workflows_left_out: pool.left_out,
    joined_by_session: pool.joined_by_session,
    duration_mismatches: pool.duration_mismatches,
    open_invocations: pool.open_invocations,
  };
  if (pool.workflows === 0 || pool.wall <= 0) {
    return {
      status: "insufficient_data",
      reason:
        pool.left_out > 0
          ? "none of the completed workflows has both a duration above 0 and an ended invocation"
          : "no workflow has completed yet",
      coordination_overhead_pct: null,
      recommendation: "Insufficient data",
      avg_coordination_minutes: null,
      idle_share: null,
      idle_recommendation: "Insufficient data",
      overlap_share: null,
      nested_share: null,
      outside_share: null,
      ...counts,
    };
  }
  const percent = (100 * (pool.wall - pool.work)) / pool.wall;
  const idle = pool.wall - pool.busy;
  return {
    status: "ok",
    coordination_overhead_pct: percent,
    recommendation: phaseAdvice(percent),
    avg_coordination_minutes: (pool.wall - pool.work) / 60e6 / pool.workflows,
    idle_share: idle / pool.wall,
    idle_recommendation: phaseAdvice((100 * idle) / pool.wall),
    overlap_share: (pool.exclusive - pool.busy) / pool.wall,
    nested_share: (pool.inside - pool.exclusive) / pool.wall,
    outside_share: (pool.work - pool.inside) / pool.wall,
    ...counts,
  };
}

/** Below 15 % stay, above 30 % consider; both limits themselves are "monitor". */
function phaseAdvice(percent: number): PhaseAdvice {
  if (percent < 15) return BANDS.stay;
  return percent > 30 ? BANDS.consider : BANDS.monitor;
}
