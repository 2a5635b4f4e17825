import { rate, wilsonInterval, type Interval } from "./proportion.js";
import { round } from "./rounding.js";

/** How often something occurred. */
interface Count {
  readonly value: string;
  readonly count: number;
}

/** Counts and sums over the invocations of one agent. */
export interface AgentTotals {
  readonly agent_name: string;
  readonly invocations: number;
  readonly successes: number;
  readonly failures: number;
  readonly partial: number;
  readonly unknown: number;
  readonly running: number;
  readonly mean_duration_seconds: number | null;
  readonly mean_quality: number | null;
  readonly rated: number;
  readonly mean_input_tokens: number | null;
  readonly mean_output_tokens: number | null;
  readonly metered: number;
  /** Most frequent first; ties by first occurrence. */
  readonly task_types: readonly Count[];
  /** Error messages of the first 5 failures in order of time. */
  readonly first_errors: readonly string[];
  /** Most frequent first; ties by first occurrence. */
  readonly errors: readonly Count[];
}

/** What is known of one agent. Keys as in the specification, then what puts them right. */
export interface AgentStatistics {
  readonly invocation_count: number;
  /** Successes among successes and failures, in [0, 1]; `null` before the first. 3 decimals, as specified. */
  readonly success_rate: number | null;
  /** Mean rating, 1 to 5; `null` when nobody rated. 2 decimals. */
  readonly average_quality: number | null;
  /** Mean run time of ended invocations that took any time, seconds; `null` without any. 2 decimals. */
  readonly average_duration_seconds: number | null;
  /** Up to 3, most frequent first. */
  readonly common_task_types: readonly string[];
  /** Error messages of the first 5 failures, as specified; `failure_reasons` counts them. */
  readonly common_failures: readonly string[];
  readonly recommended_for: readonly string[];
  /** 95 % interval of `success_rate` (Wilson). */
  readonly success_rate_interval: Interval | null;
  readonly success_count: number;
  readonly failure_count: number;
  /** Neither success nor failure; not in `success_rate`. */
  readonly partial_count: number;
  /** Ended, nobody knows how; not in `success_rate`. */
  readonly unknown_count: number;
  readonly running_count: number;
  /** Ratings behind `average_quality`. */
  readonly rated_count: number;
  /**
   * Mean of the runs that recorded them, `null` without any; those of a cache are not in it where they are recorded apart
   * (docs/capture.md).
   */
  readonly average_input_tokens: number | null;
  readonly average_output_tokens: number | null;
  /** Runs that recorded tokens. */
  readonly metered_count: number;
  /** Up to 5 error messages of failures, most frequent first. */
  readonly failure_reasons: readonly { readonly error_message: string; readonly count: number }[];
}

/** What {@link TelemetryAnalyzer.generateStatistics} gives. */
export interface Statistics {
  /** ISO 8601. */
  readonly generated_at: string;
  readonly total_invocations: number;
  /** Start of the first and of the last invocation, ISO 8601; `null` when there is none. */
  readonly date_range: { readonly start: string | null; readonly end: string | null };
  readonly agents: Readonly<Record<string, AgentStatistics>>;
}

/** Turns the counts of one agent into its statistics. */
export function agentStatistics(totals: AgentTotals): AgentStatistics {
  const known = totals.successes + totals.failures;
  const statistics = {
    invocation_count: totals.invocations,
    success_rate: round(rate(totals.successes, known), 3),
    average_quality: round(totals.mean_quality, 2),
    average_duration_seconds: round(totals.mean_duration_seconds, 2),
    common_task_types: totals.task_types.slice(0, 3).map(({ value }) => value),
    common_failures: totals.first_errors,
  };
  return {
    ...statistics,
    recommended_for: recommendations(totals, known),
    success_rate_interval: wilsonInterval(totals.successes, known),
    success_count: totals.successes,
    failure_count: totals.failures,
    partial_count: totals.partial,
    unknown_count: totals.unknown,
    running_count: totals.running,
    rated_count: totals.rated,
    average_input_tokens: totals.mean_input_tokens,
    average_output_tokens: totals.mean_output_tokens,
    metered_count: totals.metered,
    failure_reasons: totals.errors.slice(0, 5).map(({ value, count }) => ({ error_message: value, count })),
  };
}

/** The sentences and thresholds of the specified implementation. */
function recommendations(totals: AgentTotals, known: number): string[] {
  const success = rate(totals.successes, known);
  const favourite = totals.task_types[0];
  const sentences: string[] = [];
  if (success !== null && success > 0.8 && (totals.mean_quality ?? 0) > 3.5)
    sentences.push("High success rate - reliable choice");
  if (favourite && favourite.count >= 3) sentences.push(`Best for ${favourite.value} tasks`);
  if (success !== null && success < 0.5 && totals.invocations >= 5)
    sentences.push("Consider alternative agents - low success rate");
  return sentences;
}

/** One place in the ranking. */
export interface AgentRank extends AgentStatistics {
  readonly agent_name: string;
  /**
   * 0.6 · success rate + 0.4 · average quality / 5, as specified. Where only one of the two is known, that one alone;
   * `null` where neither is.
   */
  readonly score: number | null;
}

/**
 * Ranks agents by the specified score, highest first; agents of whom nothing is known come last. A score says nothing
 * about chance: read it with `success_rate_interval` and `invocation_count`.
 *
 * @param task_type only agents that have it among their common task types
 */
export function rankAgents(agents: Statistics["agents"], task_type?: string): AgentRank[] {
  return Object.entries(agents)
    .filter(([, agent]) => task_type === undefined || agent.common_task_types.includes(task_type))
    .map(([agent_name, agent]) => ({ agent_name, score: score(agent), ...agent }))
    .toSorted((a, b) => (b.score ?? -1) - (a.score ?? -1));
}

function score({ success_rate, average_quality }: AgentStatistics): number | null {
  if (success_rate === null) return average_quality === null ? null : average_quality / 5;
  if (average_quality === null) return success_rate;
  return 0.6 * success_rate + 0.4 * (average_quality / 5);
}
