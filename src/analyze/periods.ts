import type { CoordinationOverhead } from "./overhead.js";
import { newcombeInterval, rate, wilsonInterval, type Interval } from "./proportion.js";
import type { Outcomes } from "./trends.js";

/** A stretch of time: from `start` (inclusive) to `end` (exclusive), ISO 8601 or `Date`. */
export interface Period {
  readonly start: string | Date;
  readonly end: string | Date;
}

/** Counts and means over the invocations that started in a period. */
export interface RunTotals extends Outcomes {
  readonly invocations: number;
  readonly mean_duration_seconds: number | null;
  readonly mean_quality: number | null;
}

/** What runs were like in a period. */
export interface RunSummary {
  readonly invocation_count: number;
  /** Successes among successes and failures, in [0, 1]; `null` without any. */
  readonly success_rate: number | null;
  /** 95 % (Wilson). */
  readonly success_rate_interval: Interval | null;
  readonly average_duration_seconds: number | null;
  /** 1 to 5. */
  readonly average_quality: number | null;
}

/** Differences `after − before`; `null` where one side is not known. */
export interface RunChange {
  readonly success_rate: number | null;
  /** 95 % (Newcombe): where it contains 0, chance explains the change. */
  readonly success_rate_interval: Interval | null;
  readonly average_duration_seconds: number | null;
  readonly average_quality: number | null;
}

/** Two periods of the same runs side by side. */
export interface RunComparison {
  readonly before: RunSummary;
  readonly after: RunSummary;
  readonly change: RunChange;
}

/** What {@link TelemetryAnalyzer.comparePeriods} gives. */
export interface PeriodComparison {
  /** ISO 8601. */
  readonly periods: { readonly before: PeriodBounds; readonly after: PeriodBounds };
  /** All invocations. */
  readonly invocations: RunComparison;
  /** By agent; agents that ran in at least one of the periods. */
  readonly agents: Readonly<Record<string, RunComparison>>;
  /** Workflows that started in the period and ran to their end. */
  readonly workflows: {
    readonly before: WorkflowPeriod;
    readonly after: WorkflowPeriod;
    readonly change: {
      readonly success_rate: number | null;
      readonly success_rate_interval: Interval | null;
      readonly idle_share: number | null;
    };
  };
}

/** A period as it was understood. */
export interface PeriodBounds {
  readonly start: string;
  readonly end: string;
}

/** What workflows were like in a period. */
export interface WorkflowPeriod {
  readonly total_workflows: number;
  readonly success_rate: number | null;
  readonly success_rate_interval: Interval | null;
  readonly overhead: CoordinationOverhead;
}

/** Puts the runs of two periods side by side. */
export function compareRuns(before: RunTotals, after: RunTotals): RunComparison {
  return {
    before: summary(before),
    after: summary(after),
    change: {
      success_rate: difference(rate(after.successes, after.total), rate(before.successes, before.total)),
      success_rate_interval: newcombeInterval(after, before),
      average_duration_seconds: difference(after.mean_duration_seconds, before.mean_duration_seconds),
      average_quality: difference(after.mean_quality, before.mean_quality),
    },
  };
}

const NO_RUNS: RunTotals = {
  invocations: 0,
  successes: 0,
  total: 0,
  mean_duration_seconds: null,
  mean_quality: null,
};

/** Puts the runs of each agent in two periods side by side; agents in order of their names. */
export function compareAgents(
  before: ReadonlyMap<string, RunTotals>,
  after: ReadonlyMap<string, RunTotals>,
): PeriodComparison["agents"] {
  const agents = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return Object.fromEntries(
    agents.map((agent) => [agent, compareRuns(before.get(agent) ?? NO_RUNS, after.get(agent) ?? NO_RUNS)]),
  );
}

/** Puts the workflows of two periods side by side. */
export function compareWorkflows(
  before: Outcomes & { readonly workflows: number; readonly overhead: CoordinationOverhead },
  after: Outcomes & { readonly workflows: number; readonly overhead: CoordinationOverhead },
): PeriodComparison["workflows"] {
  const period = ({ successes, total, workflows, overhead }: typeof before): WorkflowPeriod => ({
    total_workflows: workflows,
    success_rate: rate(successes, total),
    success_rate_interval: wilsonInterval(successes, total),
    overhead,
  });
  return {
    before: period(before),
    after: period(after),
    change: {
      success_rate: difference(rate(after.successes, after.total), rate(before.successes, before.total)),
      success_rate_interval: newcombeInterval(after, before),
      idle_share: difference(after.overhead.idle_share, before.overhead.idle_share),
    },
  };
}

function summary(totals: RunTotals): RunSummary {
  return {
    invocation_count: totals.invocations,
    success_rate: rate(totals.successes, totals.total),
    success_rate_interval: wilsonInterval(totals.successes, totals.total),
    average_duration_seconds: totals.mean_duration_seconds,
    average_quality: totals.mean_quality,
  };
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}
