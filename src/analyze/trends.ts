import { newcombeInterval, rate, type Interval } from "./proportion.js";
import { round } from "./rounding.js";

/** Days that count as recent. */
export const RECENT_DAYS = 7;

/** A change of success rate beyond this decides. */
const THRESHOLD = 0.05;

/** Outcomes of ended runs in a stretch of time. Running invocations and unknown outcomes are not in it. */
export interface Outcomes {
  readonly successes: number;
  readonly total: number;
}

/** What {@link TelemetryAnalyzer.getAgentPerformanceTrends} gives. */
export interface AgentTrend {
  readonly agent_name: string;
  readonly trend: "improving" | "stable" | "declining" | "insufficient_data";
  /** Why there is no trend. */
  readonly reason?: string;
  /** Recent minus historical rate, in [-1, 1]; 3 decimals, as the specified implementation rounds. */
  readonly success_rate_change: number | null;
  /** 95 % interval of the change (Newcombe): where it contains 0, chance explains the change. */
  readonly success_rate_change_interval: Interval | null;
  /** Success rate in the last 7 days; 3 decimals. */
  readonly recent_success_rate: number | null;
  /** Runs with a known outcome behind it. */
  readonly recent_runs: number;
  /** Success rate in the days before those, back to `days`; 3 decimals. */
  readonly historical_success_rate: number | null;
  readonly historical_runs: number;
  /** Days looked back. */
  readonly days: number;
}

/**
 * Compares the last 7 days with the days before them by the specification's rule: a change of more than 5 points is a
 * trend. An empty stretch is insufficient data, not a rate of 0.
 */
export function agentTrend(agent_name: string, recent: Outcomes, historical: Outcomes, days: number): AgentTrend {
  const recentRate = rate(recent.successes, recent.total);
  const historicalRate = rate(historical.successes, historical.total);
  const base = {
    agent_name,
    success_rate_change_interval: newcombeInterval(recent, historical),
    recent_success_rate: round(recentRate, 3),
    recent_runs: recent.total,
    historical_success_rate: round(historicalRate, 3),
    historical_runs: historical.total,
    days,
  };
  if (recentRate === null || historicalRate === null) {
    const empty = [
      ...(recentRate === null ? [`in the last ${RECENT_DAYS} days`] : []),
      ...(historicalRate === null ? [`in the ${days - RECENT_DAYS} days before those`] : []),
    ];
    const reason = `no run of ${agent_name} with a known outcome ${empty.join(" or ")}`;
    return { ...base, trend: "insufficient_data", reason, success_rate_change: null };
  }
  const change = recentRate - historicalRate;
  const trend = change > THRESHOLD ? "improving" : change < -THRESHOLD ? "declining" : "stable";
  return { ...base, trend, success_rate_change: round(change, 3) };
}
