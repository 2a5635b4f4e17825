import { describe, expect, it } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import { resultsOf } from "./support/analysis.js";
import { differences, eventsOf, ORIGIN, run, runId, timeAt, type Scenario } from "./support/scenario.js";

/* What logs leave open, and say twice or out of order: what becomes of all results. */

const HOUR = 3600;

describe("a workflow without anything to measure", () => {
  it.each<[string, Scenario]>([
    ["no runs", { end: 100 }],
    ["only open runs", { end: 100, runs: { a: run(0, null) } }],
    ["no time", { end: 0, runs: { a: run(0, 0) } }],
  ])("%s: insufficient data, and why, never 0 %", async (_, scenario) => {
    const { overhead } = await resultsOf(eventsOf("w", scenario));
    expect(overhead).toMatchObject({
      status: "insufficient_data",
      reason: "none of the completed workflows has both a duration above 0 and an ended invocation",
      coordination_overhead_pct: null,
      idle_share: null,
      recommendation: "Insufficient data",
      idle_recommendation: "Insufficient data",
      workflows_analyzed: 0,
      workflows_left_out: 1,
    });
  });

  it("nothing at all: insufficient data, and why", async () => {
    const { overhead, analysis } = await resultsOf([]);
    expect(overhead).toMatchObject({ status: "insufficient_data", reason: "no workflow has completed yet" });
    expect(analysis).toMatchObject({ success_rate: null, avg_duration_minutes: null });
  });
});

describe("outcomes", () => {
  const done: Scenario = { end: 100, runs: { a: run(0, 80) } };
  const silent: Scenario = { runs: { a: run(0, 30), b: run(40, null) } };
  const DAY = 24 * HOUR;

  it("running becomes abandoned after a silence, which can be chosen, and stays out of rates and overhead", async () => {
    const alone = await resultsOf(eventsOf("done", done));
    const events = [...eventsOf("done", done), ...eventsOf("silent", silent)];
    // It was last heard of at second 40.
    for (const [seconds, silence, status] of [
      [DAY + 40, undefined, "running"],
      [DAY + 41, undefined, "abandoned"],
      [HOUR, 60, "abandoned"],
    ] as const) {
      const { details, analysis, overhead, patterns, handoffs } = await resultsOf(events, seconds, silence);
      expect(details["silent"]).toMatchObject({ status, success: null, duration_seconds: null, metrics: null });
      const counts = { running_workflows: 0, abandoned_workflows: 0, [`${status}_workflows`]: 1 };
      expect(analysis).toEqual({ ...alone.analysis, ...counts });
      expect({ overhead, patterns, handoffs }).toEqual({
        overhead: alone.overhead,
        patterns: alone.patterns,
        handoffs: alone.handoffs,
      });
    }
  });

  it("cancelled is neither a success nor a failure, and stays out of rates and overhead", async () => {
    const alone = await resultsOf(eventsOf("done", done));
    const cancelled: Scenario = { end: 50, outcome: "cancelled", runs: { a: run(0, 10), b: run(20, null) } };
    const { details, analysis, overhead, patterns, handoffs } = await resultsOf([
      ...eventsOf("done", done),
      ...eventsOf("cancelled", cancelled, ORIGIN + 200_000),
    ]);
    expect(details["cancelled"]).toMatchObject({ status: "cancelled", success: null, idle_share: null });
    expect(analysis).toEqual({ ...alone.analysis, cancelled_workflows: 1 });
    expect({ overhead, patterns, handoffs }).toEqual({
      overhead: alone.overhead,
      patterns: alone.patterns,
      handoffs: alone.handoffs,
    });
  });

  it("an open run is never as long as until now: the results do not depend on when they are asked for", async () => {
    const open: Scenario = { end: 100, runs: { a: run(0, 50), b: run(60, null) } };
    const soon = await resultsOf(eventsOf("open", open), HOUR);
    // The trend of the idle share looks back on 30 days.
    const late = await resultsOf(eventsOf("open", open), 20 * DAY);
    expect(differences(soon, late)).toEqual(["statistics.generated_at"]);
    expect(soon.overhead).toMatchObject({ open_invocations: 1, idle_share: 0.5 });
    expect(soon.statistics.agents["b"]).toMatchObject({
      invocation_count: 1,
      running_count: 1,
      average_duration_seconds: null,
      success_rate: null,
    });
  });

  it("an end without a start counts as one run that ended, and started as long before as it took", async () => {
    // Our recorder writes these in the start only.
    const identity = { workflow_id: "w", agent_name: "a" };
    const end = { timestamp: timeAt(60), session_id: "session", event_id: "end" };
    const { details, statistics, overhead } = await resultsOf([
      ...eventsOf("w", { end: 100 }),
      {
        ...end,
        event: "invocation_update",
        invocation_id: runId("w", "a"),
        ...identity,
        duration_seconds: 20,
        outcome: { status: "success" },
      },
    ]);
    expect(details["w"]!.runs).toMatchObject([{ agent_name: "a", start_offset: 40, end_offset: 60 }]);
    expect(details["w"]).toMatchObject({ running_agents: [], idle_share: 0.8 });
    expect(statistics.agents["a"]).toMatchObject({ invocation_count: 1, running_count: 0, success_count: 1 });
    expect(overhead).toMatchObject({ open_invocations: 0 });
  });
});

describe("lines", () => {
  const events = [
    ...eventsOf("one", {
      end: 100,
      runs: { a: run(0, 40), b: run(50, 90, { parent: "a" }), c: run(50, null) },
      handoffs: [["a", "b", 45]],
    }),
    ...eventsOf(
      "two",
      { end: 50, outcome: "failure", runs: { b: run(10, 20, { status: "failure" }) } },
      ORIGIN + 200_000,
    ),
    ...eventsOf("three", { runs: { a: run(0, 5), b: run(5, null) } }, ORIGIN + 400_000),
  ];
  /** As other recorders write them: nothing tells one line from another but what it says. */
  const foreign = events.map((event): TelemetryEvent => ({ ...event, event_id: null, sequence: null }));

  it.each([
    ["ours", events],
    ["foreign", foreign],
  ])("that stand there twice, or in another order, change nothing: %s", async (_, lines) => {
    const once = await resultsOf(lines);
    expect(once.overhead.status).toBe("ok");
    expect(await resultsOf(lines.toReversed())).toEqual(once);
    expect(await resultsOf([...lines.toReversed(), ...lines, ...lines])).toEqual(once);
  });

  it("from the epoch on are times like any other", async () => {
    const scenario: Scenario = { end: 25, runs: { a: run(0, 10), b: run(10, 25) } };
    const { details, overhead } = await resultsOf(eventsOf("w", scenario, 0));
    expect(details["w"]).toMatchObject({ started_at: "1970-01-01T00:00:00.000Z", idle_share: 0 });
    expect(details["w"]!.critical_path).toEqual([
      { start_offset: 0, end_offset: 10, invocation_id: runId("w", "a") },
      { start_offset: 10, end_offset: 25, invocation_id: runId("w", "b") },
    ]);
    expect(overhead).toMatchObject({ workflows_analyzed: 1, idle_share: 0, coordination_overhead_pct: 0 });
  });
});
