import { rate, wilsonInterval, type Interval } from "./proportion.js";
import { round } from "./rounding.js";

export const WORKFLOW_STATUSES = ["running", "completed", "failed", "cancelled", "abandoned"] as const;

/** What has become of a workflow. Without an end it is running until it has been silent for long, then abandoned. */
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

/** Counts and means over workflows. */
export interface WorkflowTotals {
  readonly by_status: Readonly<Record<WorkflowStatus, number>>;
  /** Completed workflows that say that they succeeded. */
  readonly successes: number;
  /** Completed and failed workflows that say whether they succeeded: as a rule all. */
  readonly judged: number;
  /** Of completed and failed workflows. */
  readonly mean_duration_seconds: number | null;
  /** Length of the list of executed agents, of completed and failed workflows that have one. */
  readonly mean_agents: number | null;
  /** The 5 most frequent; ties by first occurrence. */
  readonly patterns: readonly { readonly agents: readonly string[]; readonly count: number }[];
}

/** What {@link TelemetryAnalyzer.analyzeWorkflows} gives. */
export interface WorkflowAnalysis {
  /** Workflows that ran to their end, well or badly. */
  readonly total_workflows: number;
  /** Minutes; 2 decimals; `null` before the first. */
  readonly avg_duration_minutes: number | null;
  /** In [0, 1]; 3 decimals; `null` before the first. */
  readonly success_rate: number | null;
  /** 2 decimals; `null` before the first. */
  readonly avg_agents_per_workflow: number | null;
  /** Up to 5 agent sequences, joined by →, most frequent first. */
  readonly most_common_patterns: readonly { readonly pattern: string; readonly count: number }[];
  /** 95 % interval of `success_rate` (Wilson). */
  readonly success_rate_interval: Interval | null;
  /** Not in the numbers above. */
  readonly running_workflows: number;
  /** Given up on purpose; not in the numbers above. */
  readonly cancelled_workflows: number;
  /** Without an end, and silent for long; not in the numbers above. */
  readonly abandoned_workflows: number;
}

/** Turns counts into the specified analysis. */
export function workflowAnalysis(totals: WorkflowTotals): WorkflowAnalysis {
  const { completed, failed, running, cancelled, abandoned } = totals.by_status;
  return {
    total_workflows: completed + failed,
    avg_duration_minutes: round(totals.mean_duration_seconds === null ? null : totals.mean_duration_seconds / 60, 2),
    success_rate: round(rate(totals.successes, totals.judged), 3),
    avg_agents_per_workflow: round(totals.mean_agents, 2),
    most_common_patterns: totals.patterns.map(({ agents, count }) => ({ pattern: agents.join("→"), count })),
    success_rate_interval: wilsonInterval(totals.successes, totals.judged),
    running_workflows: running,
    cancelled_workflows: cancelled,
    abandoned_workflows: abandoned,
  };
}
