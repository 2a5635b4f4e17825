import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { PhaseBand } from "../analyze/band.js";
import { anyText } from "../../test/support/events.js";
import { parseConfig } from "./config.js";
import { findingsOf, secondsUntilStuck, type Observation } from "./rules.js";

const { rules } = parseConfig({}).alerts;

const NOTHING: Observation = { trends: [], overhead: undefined, running: [], streaks: [] };

function overhead(idle_share: number, interval: readonly [number, number] | null, bands: readonly PhaseBand[]) {
  return {
    idle_share,
    band: {
      status: bands.length === 1 ? ("decided" as const) : ("undecided" as const),
      bands,
      recommendations: [],
      idle_share_interval: interval,
      thresholds: { stay: 15, consider: 30 },
    },
  };
}

function workflow(elapsed_seconds: number | null, estimated_duration: number | null) {
  return {
    workflow_id: "w1",
    project_name: "Shop",
    started_at: "2026-11-01T12:00:00.000Z",
    elapsed_seconds,
    estimated_duration,
    running_agents: ["developer"],
  };
}

describe("findingsOf", () => {
  it("finds nothing where there is nothing", () => {
    expect(findingsOf(NOTHING, rules)).toEqual([]);
  });

  it("tells of an agent in decline since when, and by how much", () => {
    const alert = {
      changed_at: "2026-11-03T10:00:00.000Z",
      detected_at: "2026-11-05T10:00:00.000Z",
      rate_before: 0.93,
      rate_since: 0.71,
      runs_before: 180,
      runs_since: 24,
    };
    const trends = [
      { agent_name: "developer", alert },
      { agent_name: "tester", alert: null },
    ];
    expect(findingsOf({ ...NOTHING, trends }, rules)).toMatchObject([
      {
        rule: "agent_declining",
        subject: "developer",
        since: alert.changed_at,
        text: "developer succeeds less often: 71% of 24 runs since 2026-11-03, 93% of 180 runs before",
        facts: { rate_before: 0.93, rate_since: 0.71, runs_before: 180, runs_since: 24 },
      },
    ]);
  });

  it.each([
    ["stay", 0.1, [0.08, 0.12], ["stay"], "monitor", undefined],
    ["monitor", 0.2, [0.18, 0.22], ["monitor"], "consider", undefined],
    ["monitor", 0.2, [0.18, 0.22], ["monitor"], "monitor", [1, 1]],
    ["in doubt below", 0.15, [0.12, 0.18], ["stay", "monitor"], "monitor", [0, 1]],
    ["in doubt above", 0.3, [0.28, 0.34], ["monitor", "consider"], "monitor", [1, 2]],
    ["in doubt at the limit", 0.3, [0.28, 0.34], ["monitor", "consider"], "consider", [0, 2]],
    ["consider", 0.4, [0.35, 0.45], ["consider"], "consider", [2, 2]],
    ["few workflows", 0.9, null, ["consider"], "consider", [0, 2]],
  ] as const)("says of a band how sure it is: %s", (_, share, interval, bands, from, expected) => {
    const found = findingsOf(
      { ...NOTHING, overhead: overhead(share, interval, bands) },
      { ...rules, overhead_band: { enabled: true, from } },
    );
    expect(found.map(({ at_least, at_most }) => [at_least, at_most])).toEqual(expected ? [expected] : []);
  });

  it("says which limit has been crossed", () => {
    const [found] = findingsOf({ ...NOTHING, overhead: overhead(0.341, [0.31, 0.377], ["consider"]) }, rules);
    expect(found!.text).toBe("workflows wait 34% of their time (31–38): more than 30%");
  });

  it("finds a workflow stuck beyond twice its estimate, not at it", () => {
    const found = (elapsed: number | null, estimate: number | null) =>
      findingsOf({ ...NOTHING, running: [workflow(elapsed, estimate)] }, rules);
    expect(found(120, 60)).toEqual([]);
    expect(found(null, 60)).toEqual([]);
    expect(found(1e6, null)).toEqual([]);
    expect(found(120.001, 60)).toMatchObject([
      {
        rule: "workflow_stuck",
        subject: "w1",
        text: "Shop (w1) has been running for more than 2 times its estimate; at work: developer",
      },
    ]);
  });

  it("is stuck when it said that it would be", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (elapsed, estimate) => {
        const at = (seconds: number) => ({ ...NOTHING, running: [workflow(seconds, estimate)] });
        const left = secondsUntilStuck(at(elapsed), rules);
        expect(findingsOf(at(elapsed), rules)).toHaveLength(left === null ? 1 : 0);
        expect(findingsOf(at(elapsed + (left ?? 0) + 0.001), rules)).toHaveLength(1);
      }),
    );
  });

  it("finds failures in a row, and says what the last one said", () => {
    const streak = {
      agent_name: "tester",
      failures: 5,
      since: "2026-11-01T12:00:00.000Z",
      until: "2026-11-02T12:00:00.000Z",
      last_error: "2 tests\u001b[31m fail\nhere\u202e",
    };
    expect(findingsOf({ ...NOTHING, streaks: [streak] }, rules)).toMatchObject([
      {
        subject: "tester",
        text: "tester failed 5 times in a row, the last time with: 2 tests [31m fail here",
        since: streak.since,
        until: streak.until,
        facts: { failures: 5, last_error: streak.last_error },
      },
    ]);
    expect(findingsOf({ ...NOTHING, streaks: [{ ...streak, failures: 4 }] }, rules)).toEqual([]);
  });

  it("leaves out rules that are off", () => {
    const off = parseConfig({
      alerts: {
        rules: Object.fromEntries(Object.keys(rules).map((name) => [name, { enabled: false }])),
      },
    }).alerts.rules;
    const observation = {
      ...NOTHING,
      overhead: overhead(0.9, [0.8, 0.95], ["consider"]),
      running: [workflow(1000, 1)],
      streaks: [{ agent_name: "a", failures: 9, since: "", until: "", last_error: null }],
    };
    expect(findingsOf(observation, rules)).toHaveLength(3);
    expect(findingsOf(observation, off)).toEqual([]);
    expect(secondsUntilStuck({ ...NOTHING, running: [workflow(1, 60)] }, off)).toBeNull();
  });

  it("says anything in one line that steers no terminal", () => {
    fc.assert(
      fc.property(anyText, anyText, (name, error) => {
        const streak = { agent_name: name, failures: 5, since: "", until: "", last_error: error };
        const [found] = findingsOf({ ...NOTHING, streaks: [streak] }, rules);
        expect(found!.text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
        expect(found!.text.length).toBeLessThan(500);
        expect(found!.text.isWellFormed()).toBe(true);
      }),
    );
  });
});
