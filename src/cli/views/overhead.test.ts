import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyText } from "../../../test/support/events.js";
import type { CoordinationOverhead } from "../../analyze/overhead.js";
import { fits } from "./fit.js";
import { overheadSummary } from "./overhead-summary.js";
import { overheadText } from "./overhead.js";

const MONITOR = "Monitor overhead (Moderate coordination time)";
const CONSIDER = "Consider Phase 3 (High coordination overhead)";

const OVERHEAD: CoordinationOverhead = {
  status: "ok",
  coordination_overhead_pct: 20.7,
  recommendation: MONITOR,
  avg_coordination_minutes: 10.65,
  idle_share: 0.25,
  idle_recommendation: MONITOR,
  band: {
    status: "decided",
    bands: ["monitor"],
    recommendations: [MONITOR],
    idle_share_interval: [0.194, 0.287],
    thresholds: { stay: 15, consider: 30 },
  },
  idle_split: { lead_in_share: 0.06, handoff_gaps_share: 0.14, tail_share: 0.05 },
  overlap_share: 0.03,
  nested_share: 0.013,
  outside_share: 0,
  median_idle_share: 0.215,
  median_coordination_overhead_pct: 21.4,
  avg_parallelism: 1.04,
  speedup: 0.78,
  efficiency: 0.238,
  critical_path: {
    waiting_share: 0.25,
    agents: [
      { agent_name: "developer", runs: 1153, share: 0.5, drag_share: 0.41 },
      { agent_name: "tester", runs: 149, share: 0.25, drag_share: 0.2 },
    ],
  },
  handoff_waits: {
    count: 401,
    mean_seconds: 219,
    p50_seconds: 235,
    p95_seconds: 385,
    contention_share: 0.3,
    prioritization_share: 0.1,
    other_share: 0.6,
  },
  cycle_time_efficiency: {
    value: 0.847,
    without_contention: 0.89,
    without_prioritization: 0.86,
    without_other: 0.93,
  },
  rework: { self_loops: 2, repeats: 34, redos: 0, retries: 5, share_of_runs: 0.031 },
  plan_adherence: 0.979,
  median_estimate_error: -0.608,
  dominant_cause: {
    cause: "handoff_gaps",
    share: 0.098,
    advice: "nobody starts the next agent: delegate automatically",
  },
  idle_trend: { trend: "increasing", slope: 0.0016, slope_interval: [0.0002, 0.0029], p_value: 0.031, n: 29 },
  workflows_analyzed: 199,
  workflows_left_out: 0,
  joined_by_session: 0,
  duration_mismatches: 0,
  open_invocations: 0,
  outside_parent: 0,
};

describe("overheadText", () => {
  it("shows everything, the verdict and what to do about it first", () => {
    expect(overheadText(OVERHEAD, 80).split("\n")).toEqual([
      "Coordination overhead of 199 workflows",
      "waiting 25.0% (95%: 19.4–28.7): Monitor overhead (Moderate coordination time)",
      "Main cause: gaps between agents, 9.8% of the time. Nobody starts the next agent:",
      "delegate automatically.",
      "",
      "Where the time goes",
      "SHARE            OF TIME  MEDIAN",
      "waiting            25.0%   21.5%  no agent at work",
      "  lead-in           6.0%          before the first agent",
      "  gaps             14.0%          between agents",
      "  tail              5.0%          after the last agent",
      "overlap             3.0%          several agents at work at once",
      "nested              1.3%          parents around their children: counted twice",
      "outside             0.0%          runs that outlive their workflow",
      "duration − work    20.7%   21.4%  Monitor overhead (Moderate coordination time)",
      "duration − work = waiting − overlap − nested − outside = 10 min 39 s a workflow;",
      "of time: all workflows pooled; bands: below 15% stay, above 30% consider Phase 3",
      "",
      "Critical path: what decides how long workflows take",
      "AGENT       RUNS  OF TIME   DRAG",
      "developer  1,153    50.0%  41.0%",
      "tester       149    25.0%  20.0%",
      "waiting             25.0%",
      "drag: by how much workflows would be shorter if the agent took no time",
      "",
      "Waits of an agent for its turn: 401, p50 3 min 55 s, p95 6 min 25 s",
      "CAUSE           OF WAITS  EFFICIENCY WITHOUT  MEANWHILE",
      "other              60.0%               93.0%  not busy: nobody started it",
      "contention         30.0%               89.0%  busy with runs ready earlier",
      "prioritization     10.0%               86.0%  busy with runs ready later",
      "cycle time efficiency 84.7%: work in work and waits; oak handoffs shows who",
      "waits for whom",
      "",
      "How the team works",
      "MEASURE          VALUE",
      "parallelism       1.04  agents at work while any is",
      "speedup           0.78  1 is one agent after the other, without a pause",
      "efficiency       23.8%  share of the agents' time in workflows that is work",
      "rework            3.1%  of the runs do work again: 2 at once by the same agent,",
      "                        34 later by the same agent, 5 after a failure",
      "plan adherence   97.9%  mean of workflows with a plan",
      "estimate error  -60.8%  median of workflows with an estimate; above 0 they took",
      "                        longer",
      "",
      "Trend of waiting: rises, +0.16 points a day in 29 days with workflows (95%:",
      "+0.02 to +0.29; p = 0.031).",
    ]);
  });

  it("names both bands and the reason where it is not decided", () => {
    const band = { ...OVERHEAD.band!, status: "undecided" as const, recommendations: [MONITOR, CONSIDER] };
    const reason = "the 95 % interval reaches into 2 bands";
    const lines = overheadText({ ...OVERHEAD, band: { ...band, reason } }, 200).split("\n");
    expect(lines[1]).toBe(`waiting 25.0% (95%: 19.4–28.7): ${MONITOR} or ${CONSIDER}. Not decided: ${reason}.`);
    const few = { ...band, idle_share_interval: null, reason: "5 completed workflows are needed, there are 2" };
    expect(overheadText({ ...OVERHEAD, band: few }, 200)).toContain(`waiting 25.0%: ${MONITOR} or`);
  });

  it("says which number to go by where the two disagree", () => {
    const text = overheadText({ ...OVERHEAD, idle_recommendation: CONSIDER }, 120);
    expect(text).toContain("The two disagree: in duration − work parallel work hides waiting. Go by waiting.");
    expect(overheadText(OVERHEAD, 120)).not.toContain("disagree");
  });

  it.each([
    [{ workflows_left_out: 1 }, "1 workflow without a duration or an ended invocation, left out"],
    [{ joined_by_session: 2 }, "2 workflows joined to their invocations by session, for want of a workflow_id"],
    [{ duration_mismatches: 3 }, "3 workflows with a reported duration more than 5% off the timestamps"],
    [{ open_invocations: 1 }, "1 invocation without an end: in no duration"],
    [{ outside_parent: 4 }, "4 invocations outside of the time of the parent: clocks disagree"],
  ])("notes how far to trust it: %j", (counts, note) => {
    expect(
      overheadText({ ...OVERHEAD, ...counts }, 120)
        .split("\n")
        .at(-1),
    ).toBe(note);
  });

  it.each([
    [
      { cause: "rework", share: 0.31, advice: "say it clearer" },
      "work that is done again, 31.0% of the runs. Say it clearer.",
    ],
    [
      { cause: "drag", share: 0.4, advice: "split it", agent_name: "a" },
      "one agent that all wait for, 40.0% of the time. Split it.",
    ],
    [null, "none stands out."],
  ] as const)("names the cause %j", (dominant_cause, text) => {
    expect(overheadText({ ...OVERHEAD, dominant_cause }, 120)).toContain(`Main cause: ${text}\n`);
  });

  it.each([
    [
      { trend: "no_trend", slope: 0.001, slope_interval: [-0.1, 0.1], p_value: 0.75, n: 30 },
      "none in 30 days with workflows (p = 0.75).",
    ],
    [
      { trend: "decreasing", slope: -0.01, slope_interval: [-0.02, -0.001], p_value: 1e-9, n: 9 },
      "falls, -1.00 points a day in 9 days with workflows (95%: -2.00 to -0.10; p < 0.001).",
    ],
    [
      { trend: "insufficient_data", slope: null, slope_interval: null, p_value: null, n: 2 },
      "not known, too few days with workflows in the last 30.",
    ],
  ] as const)("says of the trend %j", (idle_trend, text) => {
    expect(overheadText({ ...OVERHEAD, idle_trend }, 120)).toContain(`Trend of waiting: ${text}`);
  });

  it("shows what is not known as that", () => {
    const text = overheadText(
      { ...OVERHEAD, plan_adherence: null, median_estimate_error: null, handoff_waits: null },
      80,
    );
    expect(text).toContain("plan adherence      –  no workflow has a plan");
    expect(text).toContain("estimate error      –  no workflow has an estimate");
    expect(text).not.toContain("Waits of an agent");
  });

  it("knows no less than nothing", () => {
    expect(overheadText({ ...OVERHEAD, avg_coordination_minutes: -0.0001 }, 120)).toContain("= 0 s a workflow;");
  });

  it("says why there are no numbers", () => {
    const reason = "no workflow has completed yet";
    const nothing = {
      ...OVERHEAD,
      status: "insufficient_data" as const,
      reason,
      workflows_analyzed: 0,
      workflows_left_out: 2,
    };
    expect(overheadText(nothing, 80).split("\n")).toEqual([
      "Coordination overhead of 0 workflows",
      "Insufficient data: no workflow has completed yet.",
      "2 workflows without a duration or an ended invocation, left out",
    ]);
    expect(overheadSummary(nothing, 80)).toContain(`Insufficient data: ${reason}.`);
  });

  it("names some agents of a large team and counts the others", () => {
    const agents = Array.from({ length: 30 }, (_, i) => ({ agent_name: `a${i}`, runs: 1, share: 0.01, drag_share: 0 }));
    const text = overheadText({ ...OVERHEAD, critical_path: { waiting_share: 0.7, agents } }, 80);
    expect(text).toContain("a19 ");
    expect(text).not.toContain("a20 ");
    expect(text).toContain("and 10 more agents: --json names all");
  });

  it("fits any terminal, whatever the agents are called", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 4 }), fc.integer({ min: 44, max: 140 }), (names, available) => {
        const agents = names.map((agent_name) => ({ agent_name, runs: 12_345, share: 1, drag_share: 1 }));
        const overhead = { ...OVERHEAD, critical_path: { waiting_share: 1, agents } };
        expect(fits(overheadText(overhead, available), available)).toBe(true);
        expect(fits(overheadSummary(overhead, available), available)).toBe(true);
      }),
    );
  });
});

describe("overheadSummary", () => {
  it("is short and points to the rest", () => {
    expect(overheadSummary(OVERHEAD, 80).split("\n")).toEqual([
      "Coordination overhead",
      "waiting 25.0% (95%: 19.4–28.7): Monitor overhead (Moderate coordination time)",
      "  6.0% before the first agent, 14.0% between agents, 5.0% after the last",
      "  duration − work 20.7%: Monitor overhead (Moderate coordination time)",
      "Main cause: gaps between agents, 9.8% of the time. Nobody starts the next agent:",
      "delegate automatically.",
      "more: oak overhead",
    ]);
    expect(overheadSummary({ ...OVERHEAD, idle_recommendation: CONSIDER }, 80)).toContain("The two disagree");
  });
});
