import { beforeAll, describe, expect, it } from "vitest";

import type { RunDetail, WorkflowDetail } from "../src/index.js";
import { resultsOf, type Results } from "./support/analysis.js";
import { eventsOf, ORIGIN, run, type Scenario } from "./support/scenario.js";

/* What other tools get wrong, and what is told from times alone: each workflow as the analyzer shows it. */

/** Runs by what they are called. */
function runsOf(detail: WorkflowDetail): Readonly<Record<string, RunDetail>> {
  return Object.fromEntries(detail.runs.map((each) => [each.invocation_id.slice(detail.workflow_id.length + 1), each]));
}

/** Seconds on the critical path by run, and of waiting. */
function pathOf(detail: WorkflowDetail): Record<string, number> {
  const times: Record<string, number> = {};
  for (const { invocation_id, start_offset, end_offset } of detail.critical_path) {
    const name = invocation_id === null ? "waiting" : invocation_id.slice(detail.workflow_id.length + 1);
    times[name] = (times[name] ?? 0) + end_offset - start_offset;
  }
  return times;
}

describe("one workflow", () => {
  const scenarios = {
    open: { end: 100, runs: { a: run(0, 50), b: run(60, null) } },
    "only open": { end: 100, runs: { a: run(0, null) } },
    "end without start": { end: 100, runs: { a: run(null, 60, { timed: false }), b: run(70, 90) } },
    touching: { end: 100, runs: { a: run(0, 50), b: run(50, 100) } },
    instant: { end: 100, runs: { before: run(0, 20), blink: run(30, 30), after: run(60, 100) } },
    "background after": { end: 60, runs: { a: run(0, 10), b: run(2, 50, { parent: "a", detached: true }) } },
    "child after": { end: 60, runs: { a: run(0, 10), b: run(2, 50, { parent: "a" }) } },
    "background within": {
      end: 100,
      runs: { a: run(0, 100), b: run(10, 90, { parent: "a", detached: true }), c: run(20, 40, { parent: "a" }) },
    },
    "child longer": { end: 100, runs: { a: run(10, 50), b: run(40, 70, { parent: "a" }) } },
    "child outside": { end: 100, runs: { a: run(10, 50), b: run(60, 80, { parent: "a" }) } },
    "early start": { end: 100, runs: { a: run(0, 50), b: run(40, 90) }, handoffs: [["a", "b", 35]] },
    mismatch: { end: 100, reported: 80, runs: { a: run(0, 40) } },
    "nearly as reported": { end: 100, reported: 96, runs: { a: run(0, 48) } },
    "no time": { end: 0, runs: { a: run(0, 0) } },
    "no runs": { end: 100 },
    "fan-out": { end: 25, runs: { planner: run(0, 10), w1: run(10, 20), w2: run(10, 25) } },
    "fan-out below": {
      end: 25,
      runs: {
        lead: run(0, 25),
        planner: run(0, 10, { parent: "lead" }),
        w1: run(10, 20, { parent: "lead" }),
        w2: run(10, 25, { parent: "lead" }),
      },
    },
    beside: { end: 25, runs: { other: run(0, 12), planner: run(0, 10), worker: run(10, 25) } },
    "fan-in": { end: 25, runs: { w1: run(0, 10), w2: run(0, 15), merger: run(15, 25) } },
    "fan-in at once": { end: 25, runs: { w1: run(0, 15), w2: run(5, 15), merger: run(15, 25) } },
    siblings: {
      end: 20,
      runs: { lead: run(0, 20), a: run(0, 10, { parent: "lead" }), b: run(10, 20, { parent: "lead" }) },
    },
  } as const satisfies Record<string, Scenario>;
  type Name = keyof typeof scenarios;

  let results: Results;
  const detail = (name: Name) => results.details[name]!;

  beforeAll(async () => {
    // One hour apart, so that no agent is in the way of another workflow.
    const events = Object.entries(scenarios).flatMap(([name, scenario], i) =>
      eventsOf(name, scenario, ORIGIN - i * 3_600_000),
    );
    results = await resultsOf(events);
  });

  it("has an open run that is counted, and has no time", () => {
    expect(runsOf(detail("open"))["b"]).toMatchObject({
      status: "running",
      start_offset: 60,
      end_offset: null,
      duration_seconds: null,
      exclusive_seconds: null,
    });
    expect(detail("open").metrics).toMatchObject({ open_invocations: 1, work_seconds: 50, busy_seconds: 50 });
    expect(detail("open").idle_share).toBe(0.5);
    expect(pathOf(detail("open"))).toEqual({ a: 50, waiting: 50 });
  });

  it.each(["only open", "no runs"] as const)("has nothing to measure: %s", (name) => {
    expect(detail(name)).toMatchObject({ status: "completed", duration_seconds: 100, idle_share: null });
  });

  it.each(["only open", "no runs"] as const)("has no metrics when there is nothing to measure: %s", (name) => {
    expect(detail(name).metrics).toBeNull();
    expect(detail(name).reason).toBeTypeOf("string");
  });

  it("has an end without a start: zero-length where it does not say how long it took", () => {
    expect(runsOf(detail("end without start"))["a"]).toMatchObject({
      status: "success",
      start_offset: 60,
      end_offset: 60,
      duration_seconds: 0,
    });
    expect(detail("end without start")).toMatchObject({ running_agents: [], idle_share: 0.8 });
  });

  it("has runs that touch: one after the other, without a gap or an overlap", () => {
    const { idle_share, metrics } = detail("touching");
    expect(idle_share).toBe(0);
    expect(metrics).toMatchObject({ handoff_gaps_seconds: 0, overlap_share: 0, avg_parallelism: 1 });
    expect(runsOf(detail("touching"))["b"]).toMatchObject({ after_agent: "a", wait_seconds: 0 });
    expect(pathOf(detail("touching"))).toEqual({ a: 50, b: 50 });
  });

  it("has a run of no length: no busy time, yet part of the pattern", () => {
    const { metrics } = detail("instant");
    expect(metrics).toMatchObject({ busy_seconds: 60, work_seconds: 60, handoff_gaps_seconds: 40 });
    expect(detail("instant").agents).toEqual(["before", "blink", "after"]);
    expect(results.patterns.variants).toContainEqual(
      expect.objectContaining({ sequence: ["before", "blink", "after"], count: 1 }),
    );
  });

  it("has a child in the background: its parent does not wait for it", () => {
    expect(pathOf(detail("child after"))).toEqual({ a: 2, b: 8, waiting: 50 });
    expect(pathOf(detail("background after"))).toEqual({ a: 2, b: 48, waiting: 10 });
    // But it waits for the other.
    expect(pathOf(detail("background within"))).toEqual({ a: 80, c: 20 });
    expect(runsOf(detail("background within"))["a"]!.exclusive_seconds).toBe(80);
  });

  it("has a child that is cut down to its parent", () => {
    expect(pathOf(detail("child longer"))).toEqual({ a: 30, b: 10, waiting: 60 });
    expect(detail("child longer").metrics!.outside_parent).toBe(0);
  });

  it("has a child outside its parent: dropped from the path, and counted", () => {
    expect(pathOf(detail("child outside"))).toEqual({ a: 40, waiting: 60 });
    expect(detail("child outside").metrics).toMatchObject({ outside_parent: 1, busy_seconds: 60 });
  });

  it("has a run that starts before its predecessor ends: an overlap, no latency", () => {
    expect(runsOf(detail("early start"))["b"]).toMatchObject({
      after_agent: "a",
      handoff_declared: true,
      wait_seconds: null,
    });
    expect(results.handoffs.overlapping_handoffs).toBe(1);
    for (const { mean_seconds, declared } of results.handoffs.pairs) {
      expect(mean_seconds).toBeGreaterThanOrEqual(0);
      expect(declared).toBe(0);
    }
  });

  it("has a reported duration that is more than 5 % off: both are shown", () => {
    expect(detail("mismatch")).toMatchObject({ duration_seconds: 80, observed_seconds: 100, duration_mismatch: true });
    expect(detail("mismatch").idle_share).toBe(0.5);
    expect(detail("nearly as reported")).toMatchObject({
      duration_seconds: 96,
      observed_seconds: 100,
      duration_mismatch: false,
    });
    expect(results.overhead.duration_mismatches).toBe(1);
  });

  it("took no time: no share, and why", () => {
    expect(detail("no time")).toMatchObject({ idle_share: null, metrics: null, reason: "it took no time" });
  });

  it("has an exact fan-out: the planner stays on the path", () => {
    expect(pathOf(detail("fan-out"))).toEqual({ planner: 10, w2: 15 });
    expect(pathOf(detail("fan-out below"))).toEqual({ planner: 10, w2: 15 });
    expect(runsOf(detail("fan-out"))).toMatchObject({
      planner: { drag_seconds: 10 },
      w1: { after_agent: "planner", wait_seconds: 0, critical_path_seconds: 0, drag_seconds: null },
      w2: { after_agent: "planner", wait_seconds: 0, drag_seconds: 5 },
    });
  });

  it("has an exact handover beside other work: the path goes on where the one before ended", () => {
    expect(pathOf(detail("beside"))).toEqual({ planner: 10, worker: 15 });
  });

  it("has an exact fan-in: the workers stay on the path", () => {
    expect(pathOf(detail("fan-in"))).toEqual({ w2: 15, merger: 10 });
    expect(runsOf(detail("fan-in"))["merger"]).toMatchObject({ after_agent: "w2", wait_seconds: 0 });
    // Of two that end together, the longer.
    expect(pathOf(detail("fan-in at once"))).toEqual({ w1: 15, merger: 10 });
  });

  it("has siblings that touch: both stay", () => {
    expect(pathOf(detail("siblings"))).toEqual({ a: 10, b: 10 });
  });
});
