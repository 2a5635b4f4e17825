import { describe, expect, it } from "vitest";

import { agentTrend, type Outcomes } from "./trends.js";

const of = (successes: number, total: number): Outcomes => ({ successes, total });

describe("agentTrend", () => {
  it.each([
    [of(9, 10), of(8, 10), "improving", 0.1],
    [of(8, 10), of(9, 10), "declining", -0.1],
    [of(9, 10), of(9, 10), "stable", 0],
    [of(95, 100), of(90, 100), "stable", 0.05],
    [of(0, 1), of(1, 1), "declining", -1],
  ])("%o against %o is %s", (recent, historical, trend, change) => {
    expect(agentTrend("a", recent, historical, 30)).toMatchObject({ trend, success_rate_change: change });
  });

  it.each([
    [of(0, 0), of(9, 10), /last 7 days$/, { recent_success_rate: null, historical_success_rate: 0.9 }],
    [of(9, 10), of(0, 0), /23 days before those$/, { recent_success_rate: 0.9, historical_success_rate: null }],
    [of(0, 0), of(0, 0), /last 7 days or in the 23 days before/, { recent_runs: 0, historical_runs: 0 }],
  ])("an empty period is insufficient data, not a rate of 0", (recent, historical, reason, more) => {
    const trend = agentTrend("a", recent, historical, 30);
    expect(trend).toMatchObject({ trend: "insufficient_data", success_rate_change: null, ...more });
    expect(trend.reason).toMatch(reason);
  });

  it("shows how much of the change chance explains", () => {
    const [lower, upper] = agentTrend("a", of(5, 10), of(45, 50), 30).success_rate_change_interval!;
    expect(lower).toBeLessThan(-0.4);
    expect(upper).toBeLessThan(0);
  });
});
