import { evidence, type Evidence } from "./evidence.js";
import { mannKendall, type MonotonicTrend } from "./mann-kendall.js";
import { newcombeInterval, rate, type Interval } from "./proportion.js";
import { round } from "./rounding.js";

/** Days that count as recent. */
export const RECENT_DAYS = 7;

/** A change of success rate beyond this is called a trend. */
export const TREND_CHANGE = 0.05;

/** Outcomes of ended runs in a stretch of time. Running invocations and unknown outcomes are not in it. */
export interface Outcomes {
  readonly successes: number;
  readonly total: number;
}

/** Runs of an agent on one day. */
export interface TrendDay {
  /** Days before now: 0 is the last 24 hours. */
  readonly days_ago: number;
  readonly successes: number;
  /** Runs with a known outcome. */
  readonly total: number;
  readonly median_duration_seconds: number | null;
}

/** A decline of the success rate that still lasts, found run by run (Page-Hinkley). */
export interface TrendAlert {
  /** Start of the first run after the change, and of the run at which it could be told. ISO 8601. */
  readonly changed_at: string;
  readonly detected_at: string;
  readonly rate_before: number;
  readonly rate_since: number;
  readonly runs_before: number;
  readonly runs_since: number;
}

/** What the runs of an agent say beyond the specified comparison. */
export interface TrendSignals {
  /** Days with runs, oldest first. */
  readonly daily: readonly TrendDay[];
  readonly alert: TrendAlert | null;
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
  /** Whether the change is real, chance considered (Beta posteriors). */
  readonly evidence: Evidence;
  /** A decline that came on within the days, whenever that was. */
  readonly alert: TrendAlert | null;
  /** Days with runs, oldest first. */
  readonly daily: readonly TrendDay[];
  /** Whether runs take longer or less long: median by day, seconds per day (Mann-Kendall, Sen). */
  readonly duration_trend: MonotonicTrend;
}

/**
 * Compares the last 7 days with the days before them by the specification's rule: a change of more than 5 points is a
 * trend. An empty stretch is insufficient data, not a rate of 0.
 */
export function agentTrend(
  agent_name: string,
  recent: Outcomes,
  historical: Outcomes,
  days: number,
  { daily, alert }: TrendSignals = { daily: [], alert: null },
): AgentTrend {
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
    evidence: evidence(recent, historical),
    alert,
    daily,
    duration_trend: mannKendall(
      daily.flatMap(({ days_ago, median_duration_seconds: y }) => (y === null ? [] : [{ x: -days_ago, y }])),
    ),
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
  return { ...base, trend: trendOf(recent, historical), success_rate_change: round(change, 3) };
}

/** The trend by the specification's rule alone. */
export function trendOf(recent: Outcomes, historical: Outcomes): AgentTrend["trend"] {
  const [recentRate, historicalRate] = [
    rate(recent.successes, recent.total),
    rate(historical.successes, historical.total),
  ];
  if (recentRate === null || historicalRate === null) return "insufficient_data";
  const change = recentRate - historicalRate;
  return change > TREND_CHANGE ? "improving" : change < -TREND_CHANGE ? "declining" : "stable";
}

/** What to say of an agent: a decline that came on earlier and still lasts is one, whatever the last days say. */
export function verdictOf({ evidence: { verdict }, alert }: AgentTrend): Evidence["verdict"] {
  return alert !== null && verdict !== "improving" ? "declining" : verdict;
}

/**
 * Whether the last days say that an agent declines while there is no alert: run by run, no moment stands out from which on
 * it fails more often.
 */
export function declinesQuietly({ evidence: { verdict }, alert }: AgentTrend): boolean {
  return verdict === "declining" && alert === null;
}
