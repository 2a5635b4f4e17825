import {
  BAND_THRESHOLDS,
  phaseBand,
  type BandEstimate,
  type BandThresholds,
  type IdleTime,
  type PhaseBand,
} from "./band.js";
import { dominantCause, type DominantCause } from "./causes.js";
import type { WorkflowTime } from "./coordination.js";
import { mannKendall, type MonotonicTrend, type Point } from "./mann-kendall.js";
import type { Interval } from "./proportion.js";
import { reworkShare, type Rework } from "./rework.js";

/** Times of several workflows added up, in microseconds, with how many there are. */
export interface PooledTime extends WorkflowTime, Rework {
  /** Completed or failed workflows with a duration and at least one ended invocation. */
  readonly workflows: number;
  /** Completed or failed workflows that lack one of the two. */
  readonly left_out: number;
  /** Workflows whose invocations were found by session, for want of a `workflow_id`. */
  readonly joined_by_session: number;
  /** Workflows whose reported duration is more than 5 % off the time between their start and their end. */
  readonly duration_mismatches: number;
  readonly ended_invocations: number;
  /** Invocations of these workflows that never ended, so that their time is not known. */
  readonly open_invocations: number;
  /** Runs that have no time in common with the parent that waits for them: clocks disagree. */
  readonly outside_parent: number;
  readonly lead_in: number;
  readonly handoff_gaps: number;
  readonly tail: number;
  /** Sum over workflows of distinct agents times wall time. */
  readonly agent_time: number;
  /** Medians over workflows: of (T − B)/T, and of the specified number, percent. */
  readonly median_idle_share: number | null;
  readonly median_overhead_pct: number | null;
  /** Mean over workflows that have a plan, and how many these are. */
  readonly mean_adherence: number | null;
  readonly planned: number;
  /** Median of (actual − estimated)/estimated over workflows with an estimate, and how many these are. */
  readonly median_estimate_error: number | null;
  readonly estimated: number;
}

/** What the runs of one agent had to do with the time of the workflows, in microseconds. */
export interface AgentPathTime {
  readonly agent_name: string;
  readonly runs: number;
  readonly path: number;
  readonly drag: number;
}

/** Waits between a run and its predecessor, in microseconds. */
export interface HandoffTime {
  readonly count: number;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  /** Sum of all waits, and the parts of it in which the agent was busy otherwise. */
  readonly wait: number;
  readonly contention: number;
  readonly prioritization: number;
}

/** All that the overhead is worked out from. */
export interface OverheadInput {
  readonly pool: PooledTime;
  readonly agents: readonly AgentPathTime[];
  readonly handoffs: HandoffTime;
  /** Idle and wall time by workflow, or by group of workflows where there are many. */
  readonly groups: readonly IdleTime[];
  /** Pooled idle share by day: x in days, y in [0, 1]. */
  readonly daily_idle: readonly Point[];
}

const ADVICE: Readonly<Record<PhaseBand, string>> = {
  stay: "Stay Phase 1-2 (Efficient coordination)",
  monitor: "Monitor overhead (Moderate coordination time)",
  consider: "Consider Phase 3 (High coordination overhead)",
};

/** The specification's advice, or that there is nothing to go by. */
export type PhaseAdvice = string;

/** The band that the honest overhead is in, as far as that can be told. */
export interface OverheadBand {
  /** "undecided" names the bands in question. */
  readonly status: BandEstimate["status"];
  readonly bands: readonly PhaseBand[];
  readonly recommendations: readonly PhaseAdvice[];
  /** 95 % bootstrap interval of `idle_share`; `null` below 5 workflows. */
  readonly idle_share_interval: Interval | null;
  /** Why it is undecided. */
  readonly reason?: string;
  /** Percent. */
  readonly thresholds: BandThresholds;
}

/** Where the waiting lies, as shares of T. They add up to `idle_share`. */
export interface IdleSplit {
  readonly lead_in_share: number;
  readonly handoff_gaps_share: number;
  readonly tail_share: number;
}

/** What decides how long workflows take, as shares of T. */
export interface CriticalPathShares {
  readonly waiting_share: number;
  /** Largest share first. */
  readonly agents: readonly {
    readonly agent_name: string;
    readonly runs: number;
    readonly share: number;
    /** By how much the workflows would be shorter without this agent's time, before other runs bind. */
    readonly drag_share: number;
  }[];
}

/** How long runs wait after their predecessor, and what their agent does meanwhile. */
export interface HandoffWaits {
  readonly count: number;
  readonly mean_seconds: number | null;
  readonly p50_seconds: number | null;
  readonly p95_seconds: number | null;
  /** Shares of the waiting: the agent was busy with runs that were ready no later, with runs that were ready later, or with none. */
  readonly contention_share: number | null;
  readonly prioritization_share: number | null;
  readonly other_share: number | null;
}

/** Share of processing in processing and waiting, and what it would be without one cause of waiting. */
export interface CycleTimeEfficiency {
  readonly value: number | null;
  readonly without_contention: number | null;
  readonly without_prioritization: number | null;
  readonly without_other: number | null;
}

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
  /** The band of `idle_share`, chance considered. */
  readonly band: OverheadBand | null;
  readonly idle_split: IdleSplit | null;
  /** Share of T gained by agents working at the same time. */
  readonly overlap_share: number | null;
  /** Share of T that the specified number counts twice, because parents wait for their children. */
  readonly nested_share: number | null;
  /** Work outside of the workflow's own time, as a share of T: runs that outlive it, or clocks that disagree. */
  readonly outside_share: number | null;
  /** Medians over workflows, beside the pooled numbers above: one long workflow cannot hide many short ones in them. */
  readonly median_idle_share: number | null;
  readonly median_coordination_overhead_pct: number | null;
  /** X/B: agents at work while any is, X without the time in which parents wait for children. */
  readonly avg_parallelism: number | null;
  /** X/T: how much faster than one agent after the other without a pause. */
  readonly speedup: number | null;
  /** X/(P·T), P distinct agents of a workflow: share of the agents' time that is work. */
  readonly efficiency: number | null;
  readonly critical_path: CriticalPathShares | null;
  readonly handoff_waits: HandoffWaits | null;
  readonly cycle_time_efficiency: CycleTimeEfficiency | null;
  readonly rework: (Rework & { readonly share_of_runs: number | null }) | null;
  /** Mean adherence to the plan, in [0, 1], over workflows with a plan. */
  readonly plan_adherence: number | null;
  /** Median of (actual − estimated)/estimated, over workflows with an estimate. */
  readonly median_estimate_error: number | null;
  /** What costs most time, and what to do about it. */
  readonly dominant_cause: DominantCause | null;
  /** Whether the idle share of the last 30 days rises or falls: by day, per day. */
  readonly idle_trend: MonotonicTrend | null;
  readonly workflows_analyzed: number;
  readonly workflows_left_out: number;
  readonly joined_by_session: number;
  readonly duration_mismatches: number;
  readonly open_invocations: number;
  readonly outside_parent: number;
}

/**
 * Coordination overhead of several workflows, pooled. `specified = idle − overlap − nested − outside` holds exactly.
 * Source: the specification, "Coordination Overhead Calculation", joined by `workflow_id`; `docs/metrics.md`.
 *
 * @throws {RangeError} unless 0 ≤ stay ≤ consider ≤ 100
 */
export function coordinationOverhead(
  { pool, agents, handoffs, groups, daily_idle }: OverheadInput,
  thresholds: BandThresholds = BAND_THRESHOLDS,
): CoordinationOverhead {
  const estimate = phaseBand(groups, pool.workflows, thresholds);
  const counts = {
    workflows_analyzed: pool.workflows,
    workflows_left_out: pool.left_out,
    joined_by_session: pool.joined_by_session,
    duration_mismatches: pool.duration_mismatches,
    open_invocations: pool.open_invocations,
    outside_parent: pool.outside_parent,
  };
  if (pool.workflows === 0 || pool.wall <= 0) return { ...NOTHING, reason: reasonOf(pool), ...counts };
  const share = (time: number) => time / pool.wall;
  const percent = 100 * share(pool.wall - pool.work);
  const idle = pool.wall - pool.busy;
  return {
    status: "ok",
    coordination_overhead_pct: percent,
    recommendation: phaseAdvice(percent, thresholds),
    avg_coordination_minutes: (pool.wall - pool.work) / 60e6 / pool.workflows,
    idle_share: share(idle),
    idle_recommendation: phaseAdvice(100 * share(idle), thresholds),
    band: {
      status: estimate.status,
      bands: estimate.bands,
      recommendations: estimate.bands.map((band) => ADVICE[band]),
      idle_share_interval: estimate.interval,
      ...(estimate.reason === undefined ? {} : { reason: estimate.reason }),
      thresholds,
    },
    idle_split: {
      lead_in_share: share(pool.lead_in),
      handoff_gaps_share: share(pool.handoff_gaps),
      tail_share: share(pool.tail),
    },
    overlap_share: share(pool.exclusive - pool.busy),
    nested_share: share(pool.inside - pool.exclusive),
    outside_share: share(pool.work - pool.inside),
    median_idle_share: pool.median_idle_share,
    median_coordination_overhead_pct: pool.median_overhead_pct,
    avg_parallelism: pool.busy > 0 ? pool.exclusive / pool.busy : null,
    speedup: share(pool.exclusive),
    efficiency: pool.agent_time > 0 ? pool.exclusive / pool.agent_time : null,
    critical_path: criticalPathShares(pool.wall, agents),
    handoff_waits: handoffWaits(handoffs),
    cycle_time_efficiency: cycleTimeEfficiency(pool.exclusive, handoffs),
    rework: {
      self_loops: pool.self_loops,
      repeats: pool.repeats,
      redos: pool.redos,
      retries: pool.retries,
      share_of_runs: reworkShare(pool, pool.ended_invocations + pool.open_invocations),
    },
    plan_adherence: pool.mean_adherence,
    median_estimate_error: pool.median_estimate_error,
    dominant_cause: dominantCause(pool, agents, handoffs, 100 * share(idle) >= thresholds.stay),
    idle_trend: mannKendall(daily_idle),
    ...counts,
  };
}

/** What is known when there is nothing to measure. */
const NOTHING = {
  status: "insufficient_data",
  coordination_overhead_pct: null,
  recommendation: "Insufficient data",
  avg_coordination_minutes: null,
  idle_share: null,
  idle_recommendation: "Insufficient data",
  band: null,
  idle_split: null,
  overlap_share: null,
  nested_share: null,
  outside_share: null,
  median_idle_share: null,
  median_coordination_overhead_pct: null,
  avg_parallelism: null,
  speedup: null,
  efficiency: null,
  critical_path: null,
  handoff_waits: null,
  cycle_time_efficiency: null,
  rework: null,
  plan_adherence: null,
  median_estimate_error: null,
  dominant_cause: null,
  idle_trend: null,
} as const;

function reasonOf(pool: PooledTime): string {
  return pool.left_out > 0
    ? "none of the completed workflows has both a duration above 0 and an ended invocation"
    : "no workflow has completed yet";
}

/** Below the first limit stay, above the second consider; both limits themselves are "monitor". */
function phaseAdvice(percent: number, { stay, consider }: BandThresholds): PhaseAdvice {
  if (percent < stay) return ADVICE.stay;
  return percent > consider ? ADVICE.consider : ADVICE.monitor;
}

function criticalPathShares(wall: number, agents: readonly AgentPathTime[]): CriticalPathShares {
  const shares = agents.map(({ agent_name, runs, path, drag }) => ({
    agent_name,
    runs,
    share: path / wall,
    drag_share: drag / wall,
  }));
  return {
    // The path covers all of T: what no agent's runs cover of it is waiting.
    waiting_share: Math.max(0, 1 - shares.reduce((sum, { share }) => sum + share, 0)),
    agents: shares.toSorted((a, b) => b.share - a.share || (a.agent_name < b.agent_name ? -1 : 1)),
  };
}

function handoffWaits({ count, mean, p50, p95, wait, contention, prioritization }: HandoffTime): HandoffWaits {
  const seconds = (time: number | null) => (time === null ? null : time / 1e6);
  const share = (time: number) => (wait > 0 ? time / wait : null);
  return {
    count,
    mean_seconds: seconds(mean),
    p50_seconds: seconds(p50),
    p95_seconds: seconds(p95),
    contention_share: share(contention),
    prioritization_share: share(prioritization),
    other_share: share(wait - contention - prioritization),
  };
}

/** PT/(PT + WT), PT the agents' own time, WT their waits after a predecessor. Source: Lashkevich et al. 2022. */
function cycleTimeEfficiency(processing: number, handoffs: HandoffTime): CycleTimeEfficiency {
  const efficiency = (wait: number) => (processing + wait > 0 ? processing / (processing + wait) : null);
  const { wait, contention, prioritization } = handoffs;
  return {
    value: efficiency(wait),
    without_contention: efficiency(wait - contention),
    without_prioritization: efficiency(wait - prioritization),
    without_other: efficiency(contention + prioritization),
  };
}
