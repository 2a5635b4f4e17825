import { newcombeInterval, rate, wilsonInterval, Z, type Interval } from "./proportion.js";
import type { AgentStatistics } from "./statistics.js";
import type { AgentTrend, Outcomes } from "./trends.js";

/** Runs of an agent that have something in common, with their known outcomes. */
export interface NamedOutcomes extends Outcomes {
  readonly name: string;
}

/** A kind of task, or a word of tasks, and how an agent does with it. */
export interface Strength {
  readonly name: string;
  /** Runs with a known outcome. */
  readonly runs: number;
  readonly success_rate: number;
  /** 95 % (Wilson). */
  readonly success_rate_interval: Interval;
  /** Against the agent's other runs; `null` where there are no others. */
  readonly difference: number | null;
  /** 95 % (Newcombe), corrected for how many were compared (Bonferroni): where it contains 0, chance explains it. */
  readonly difference_interval: Interval | null;
  readonly verdict: "better" | "worse" | "not_enough_evidence";
}

/** A failure, as far as it says why. */
export interface RecentFailure {
  readonly invocation_id: string;
  readonly workflow_id: string | null;
  /** ISO 8601. */
  readonly started_at: string;
  readonly task_description: string | null;
  readonly error_message: string | null;
}

/** Runs of an agent in one week. */
export interface AgentWeek {
  /** Monday, UTC: `2026-11-16`. */
  readonly week: string;
  readonly runs: number;
  readonly success_rate: number;
  readonly success_rate_interval: Interval;
  readonly median_duration_seconds: number | null;
}

/** What is read of one agent. */
export interface AgentFacts {
  readonly statistics: AgentStatistics;
  readonly trend: AgentTrend;
  /** Oldest first; weeks without a known outcome are left out. */
  readonly weeks: readonly (Outcomes & { readonly week: string; readonly median_duration_seconds: number | null })[];
  readonly task_types: readonly NamedOutcomes[];
  readonly words: readonly NamedOutcomes[];
  readonly known: Outcomes;
  readonly recent_failures: readonly RecentFailure[];
}

/** What {@link TelemetryAnalyzer.getAgentProfile} gives. */
export interface AgentProfile {
  readonly agent_name: string;
  readonly statistics: AgentStatistics;
  readonly trend: AgentTrend;
  readonly weeks: readonly AgentWeek[];
  /** Kinds of task, most runs first. */
  readonly task_types: readonly Strength[];
  /** Words of task descriptions that make a difference, largest first; those that chance explains are left out. */
  readonly words: readonly Strength[];
  /** Latest first. */
  readonly recent_failures: readonly RecentFailure[];
}

/** What an agent is like: how it does over time, with which tasks, and why it failed. */
export function agentProfile(agent_name: string, facts: AgentFacts): AgentProfile {
  const { weeks, task_types, words, known, ...rest } = facts;
  return {
    agent_name,
    ...rest,
    weeks: weeks.map(({ week, successes, total, median_duration_seconds }) => ({
      week,
      runs: total,
      success_rate: successes / total,
      success_rate_interval: wilsonInterval(successes, total)!,
      median_duration_seconds,
    })),
    task_types: strengths(task_types, known),
    words: strengths(words, known)
      .filter(({ verdict }) => verdict !== "not_enough_evidence")
      .toSorted((a, b) => Math.abs(b.difference!) - Math.abs(a.difference!)),
  };
}

/**
 * Compares runs that have something in common with the agent's other runs. As many names are compared at once, an
 * interval is widened until the chance that any of them misleads is 5 % (Bonferroni, by the normal approximation).
 */
function strengths(names: readonly NamedOutcomes[], known: Outcomes): Strength[] {
  const wider = normalQuantile(1 - 0.025 / Math.max(1, names.length)) / Z;
  return names
    .filter(({ total }) => total > 0)
    .map(({ name, successes, total }) => {
      const others = { successes: known.successes - successes, total: known.total - total };
      const difference = others.total > 0 ? successes / total - rate(others.successes, others.total)! : null;
      const single = newcombeInterval({ successes, total }, others);
      const interval: Interval | null =
        single && difference !== null
          ? [
              Math.max(-1, difference - wider * (difference - single[0])),
              Math.min(1, difference + wider * (single[1] - difference)),
            ]
          : null;
      return {
        name,
        runs: total,
        success_rate: successes / total,
        success_rate_interval: wilsonInterval(successes, total)!,
        difference,
        difference_interval: interval,
        verdict: !interval
          ? ("not_enough_evidence" as const)
          : interval[0] > 0
            ? ("better" as const)
            : interval[1] < 0
              ? ("worse" as const)
              : ("not_enough_evidence" as const),
      };
    });
}

/**
 * Quantile of the standard normal distribution for p in [0.5, 1). Source: M. Abramowitz and I. A. Stegun, Handbook of
 * Mathematical Functions (1964), 26.2.23; absolute error below 4.5e-4.
 */
function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - p));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}
