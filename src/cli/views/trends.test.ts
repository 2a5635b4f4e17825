import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyText } from "../../../test/support/events.js";
import { agentTrend, type AgentTrend, type TrendAlert } from "../../analyze/trends.js";
import { fits } from "./fit.js";
import { trendText } from "./trend.js";
import { alertText, reasonText, trendsSummary, trendsText } from "./trends.js";

const ALERT: TrendAlert = {
  changed_at: "2026-10-21T08:00:00.000Z",
  detected_at: "2026-10-25T09:00:00.000Z",
  rate_before: 0.9417,
  rate_since: 0.714,
  runs_before: 120,
  runs_since: 35,
};

/** Ten days with runs that take two seconds longer each day, the last one without success. */
const DAILY = Array.from({ length: 10 }, (_, i) => ({
  days_ago: 9 - i,
  successes: i === 9 ? 0 : 3,
  total: 3,
  median_duration_seconds: 100 + 2 * i,
}));

const DECLINING = agentTrend("qa-specialist", { successes: 10, total: 20 }, { successes: 43, total: 56 }, 30, {
  daily: DAILY,
  alert: ALERT,
});
const STABLE = agentTrend("systems-architect", { successes: 14, total: 15 }, { successes: 26, total: 29 }, 30);
const NEW = agentTrend("newcomer", { successes: 1, total: 1 }, { successes: 0, total: 0 }, 30);

describe("trendsText", () => {
  it("shows in 80 columns what is compared, below it the evidence and the days, then what to look at", () => {
    expect(trendsText([DECLINING, STABLE], 30, 80).split("\n")).toEqual([
      "Trends: last 7 days against the 23 before",
      "Getting worse: qa-specialist.",
      "Not enough evidence about 1 other.",
      "AGENT              TREND      CHANGE         95%  RECENT  RUNS  BEFORE  RUNS",
      "qa-specialist      declining   -26.8   -49 to -3   50.0%    20   76.8%    56",
      "systems-architect  stable       +3.7  -20 to +21   93.3%    15   89.7%    29",
      "",
      "AGENT              EVIDENCE    P(BETTER)  LAST 30 DAYS",
      "qa-specialist      declining        1.4%                      █████████▁",
      "systems-architect  not enough      57.6%",
      "change in points; an interval that contains 0 may be chance",
      "qa-specialist: declining since 2026-10-21: 94% over 120 runs before, 71% over 35",
      "since; noticed 2026-10-25",
      "qa-specialist: runs take longer: +2 s a day (95%: +2 s to +2 s; p < 0.001; 10",
      "days)",
    ]);
  });

  it("says why a decline is no alert", () => {
    const quiet = (name: string) => agentTrend(name, { successes: 10, total: 15 }, { successes: 37, total: 37 }, 30);
    const text = trendsText([quiet("tester"), quiet("auditor"), STABLE], 30, 200);
    expect(text).toContain("\nGetting worse: tester, auditor.\n");
    expect(text).toContain(
      "\nNo alert for tester, auditor: run by run, no moment stands out yet from which on failures are more frequent, and only that alerts.",
    );
    expect(trendsText([DECLINING, STABLE], 30, 200)).not.toContain("No alert");
  });

  it("is one table where there is room for it", () => {
    expect(trendsText([STABLE], 30, 130).split("\n")[2]).toMatch(
      /^AGENT +TREND +CHANGE +95% +RECENT +RUNS +BEFORE +RUNS +EVIDENCE +P\(BETTER\) +LAST 30 DAYS$/,
    );
  });

  it("lets intervals, then numbers of runs, then old days go on a narrow terminal", () => {
    const headers = (available: number) => trendsText([DECLINING], 30, available).match(/^AGENT.*/gm);
    expect(headers(60)).toEqual([
      "AGENT          TREND      CHANGE  RECENT  RUNS  BEFORE  RUNS",
      "AGENT          EVIDENCE   P(BETTER)  LAST 21 DAYS",
    ]);
    expect(headers(50)).toEqual([
      "AGENT          TREND      CHANGE  RECENT  BEFORE",
      "AGENT         EVIDENCE   P(BETTER)  LAST 14 DAYS",
    ]);
  });

  it("draws no more days than it looks back", () => {
    expect(trendsText([DECLINING], 14, 80)).toContain(
      "LAST 14 DAYS\nqa-specialist  declining       1.4%      █████████▁",
    );
  });

  it("fits any terminal, whatever the agents are called", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 3 }), fc.integer({ min: 60, max: 150 }), (names, available) => {
        const trends = names.map((agent_name): AgentTrend => ({ ...DECLINING, agent_name }));
        expect(fits(trendsText(trends, 30, available), available)).toBe(true);
        expect(fits(trendsSummary(trends, 30, available), available)).toBe(true);
        for (const trend of trends) expect(fits(trendText(trend, available), available)).toBe(true);
      }),
    );
  });
});

describe("the answer before the numbers", () => {
  const answer = (...trends: AgentTrend[]) => {
    const [, ...lines] = trendsText(trends, 30, 200).split("\n");
    return lines.slice(
      0,
      lines.findIndex((line) => line.startsWith("AGENT")),
    );
  };
  const trend = (name: string, [now, runs]: [number, number], [then, before]: [number, number]) =>
    agentTrend(name, { successes: now, total: runs }, { successes: then, total: before }, 30);

  it("names who gets worse, better, and neither", () => {
    const worse = trend("w", [10, 30], [95, 100]);
    const better = trend("b", [95, 100], [30, 100]);
    const stable = trend("s", [9500, 10000], [9500, 10000]);
    expect(answer(worse, better, stable)).toEqual([
      "Getting worse: w.",
      "Getting better: b.",
      "Staying as they are: s.",
    ]);
  });

  it("counts a decline that began earlier and still lasts", () => {
    expect(answer({ ...STABLE, alert: ALERT })).toEqual(["Getting worse: systems-architect."]);
  });

  it("says when nobody has run lately, and when last", () => {
    const old = agentTrend("o", { successes: 0, total: 0 }, { successes: 4, total: 5 }, 30, {
      daily: [
        { days_ago: 23, successes: 2, total: 3, median_duration_seconds: 1 },
        { days_ago: 21, successes: 2, total: 2, median_duration_seconds: 1 },
      ],
      alert: null,
    });
    expect(answer(old)).toEqual([
      "No run with a known outcome in the last 7 days; the last was 21 days ago. To look from an earlier day: --as-of DAY.",
    ]);
  });
});

describe("trendsSummary", () => {
  it("has one line for an agent", () => {
    expect(trendsSummary([STABLE, NEW], 30, 80).split("\n")).toEqual([
      "Trends: last 7 days against the 23 before",
      "Not enough evidence about any agent to tell whether it gets better or worse.",
      "AGENT              TREND              CHANGE         95%  EVIDENCE    P(BETTER)",
      "systems-architect  stable               +3.7  -20 to +21  not enough      57.6%",
      "newcomer           insufficient data       –           –  not enough          –",
      "change in points; more: oak trends",
    ]);
  });
});

describe("trendText", () => {
  it("explains all that is known of one agent", () => {
    expect(trendText(DECLINING, 80).split("\n")).toEqual([
      "qa-specialist: getting worse",
      "last 7 days against the 23 before",
      "",
      "trend      declining: 76.8% of 56 runs succeeded before, 50.0% of 20 runs",
      "           recently (-26.8 points; more than 5 is called a trend)",
      "chance     chance alone does not explain the change: 95% interval -49 to -3",
      "           points",
      "evidence   declining; better than before with a probability of 1.4%",
      "alert      declining since 2026-10-21: 94% over 120 runs before, 71% over 35",
      "           since; noticed 2026-10-25",
      "duration   runs take longer: +2 s a day (95%: +2 s to +2 s; p < 0.001; 10 days)",
      "days                           █████████▁",
      "           success rate by day, 30 days ago to today: ▁ none to █ all, blank",
      "           without runs",
    ]);
  });

  it("says what is missing", () => {
    const text = trendText(NEW, 200);
    expect(text).toContain(
      "trend      insufficient data: no run of newcomer with a known outcome in the 23 days before",
    );
    expect(text).toContain("chance     nothing to compare");
    expect(text).toContain("evidence   not enough evidence: no run with a known outcome in the days before those\n");
    expect(text).toContain(
      "alert      none: run by run, no moment stands out yet from which on failures are more frequent",
    );
    expect(text).toContain("duration   runs on too few days to tell whether they take longer");
    expect(trendText(STABLE, 200)).toContain(
      "chance     chance alone may explain the change: 95% interval -20 to +21 points",
    );
  });
});

it("tells an alert in a sentence", () => {
  expect(alertText(ALERT)).toBe(
    "declining since 2026-10-21: 94% over 120 runs before, 71% over 35 since; noticed 2026-10-25",
  );
});

it("tells an agent that nobody knows from one that has not run lately", () => {
  const none = { successes: 0, total: 0 };
  const says = (name: string) => reasonText(agentTrend(name, none, none, 30), ["a"], 200).split("\n");
  expect(says("b")).toEqual(["No agent is called b.", "Agents with telemetry: a."]);
  expect(says("a")).toEqual([
    "Insufficient data: no run of a with a known outcome in the last 30 days.",
    "To look from an earlier day: --as-of DAY.",
  ]);
});
