import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { measureWorkflow, type RunTime } from "./coordination.js";
import { coordinationOverhead } from "./overhead.js";

const span = (id: string, start: number, end: number, parent_id: string | null = null): RunTime => ({
  id,
  start,
  end,
  parent_id,
  detached: false,
  duration: end - start,
});
const measure = (wall: number, ...spans: RunTime[]) => {
  const { work, busy, inside, exclusive } = measureWorkflow({ start: 0, end: wall }, wall, spans);
  return { wall, work, busy, inside, exclusive };
};
/** Sums over no workflow at all. */
const POOL = {
  wall: 0,
  work: 0,
  busy: 0,
  inside: 0,
  exclusive: 0,
  lead_in: 0,
  handoff_gaps: 0,
  tail: 0,
  agent_time: 0,
  workflows: 0,
  left_out: 0,
  joined_by_session: 0,
  duration_mismatches: 0,
  outside_parent: 0,
  ended_invocations: 0,
  open_invocations: 0,
  self_loops: 0,
  repeats: 0,
  redos: 0,
  retries: 0,
  median_idle_share: null,
  median_overhead_pct: null,
  mean_adherence: null,
  median_estimate_error: null,
  planned: 0,
  estimated: 0,
};
const NOTHING_ELSE = {
  agents: [],
  handoffs: { count: 0, mean: null, p50: null, p95: null, wait: 0, contention: 0, prioritization: 0 },
  groups: [],
  daily_idle: [],
};
const pooled = (wall: number, ...spans: RunTime[]) =>
  coordinationOverhead({ pool: { ...POOL, ...measure(wall, ...spans), workflows: 1 }, ...NOTHING_ELSE });

describe("measureWorkflow", () => {
  it("counts time that several agents share once in busy, and fully in work", () => {
    expect(measure(100, span("a", 0, 30), span("b", 0, 30), span("c", 0, 30))).toEqual({
      wall: 100,
      work: 90,
      busy: 30,
      inside: 90,
      exclusive: 90,
    });
  });

  it("leaves a parent's own time without its children's", () => {
    expect(measure(100, span("p", 0, 90), span("c", 5, 85, "p"))).toEqual({
      wall: 100,
      work: 170,
      busy: 90,
      inside: 170,
      exclusive: 90,
    });
  });

  it("cuts off what lies outside the workflow", () => {
    expect(measure(100, span("a", -50, 10), span("b", 90, 150))).toMatchObject({
      busy: 20,
      inside: 20,
      exclusive: 20,
      work: 120,
    });
  });

  it("breaks circles of parents", () => {
    expect(measure(100, span("a", 0, 50, "a"))).toMatchObject({ busy: 50, exclusive: 50 });
    expect(measure(100, span("a", 0, 50, "b"), span("b", 0, 50, "a"))).toMatchObject({ busy: 50, exclusive: 100 });
  });

  it("lets busy time never exceed a duration that was rounded down", () => {
    expect(measureWorkflow({ start: 0, end: 1_900_000 }, 1_000_000, [span("a", 0, 1_900_000)]).busy).toBe(1_000_000);
  });
});

describe("coordinationOverhead", () => {
  it("is idle − overlap − nested − outside, exactly, whatever the runs", () => {
    const runs = fc.array(
      fc.record({ start: fc.integer({ min: -20, max: 120 }), length: fc.nat(80), parent: fc.option(fc.nat(5)) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), runs, (wall, list) => {
        const spans = list.map(({ start, length, parent }, i) =>
          span(String(i), start, start + length, parent === null ? null : String(parent)),
        );
        const overhead = pooled(wall, ...spans);
        const { idle_share, overlap_share, nested_share, outside_share, coordination_overhead_pct } = overhead;
        expect(coordination_overhead_pct! / 100).toBeCloseTo(
          idle_share! - overlap_share! - nested_share! - outside_share!,
          9,
        );
        for (const share of [overlap_share, nested_share, outside_share]) expect(share).toBeGreaterThanOrEqual(0);
        expect(idle_share).toBeGreaterThanOrEqual(0);
        expect(idle_share).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([
    [14.999, "Stay Phase 1-2 (Efficient coordination)"],
    [15, "Monitor overhead (Moderate coordination time)"],
    [30, "Monitor overhead (Moderate coordination time)"],
    [30.001, "Consider Phase 3 (High coordination overhead)"],
    [-50, "Stay Phase 1-2 (Efficient coordination)"],
  ])("at %d percent advises: %s", (percent, advice) => {
    const wall = 100_000;
    const { recommendation, coordination_overhead_pct } = pooled(wall, span("a", 0, wall - percent * 1000));
    expect(coordination_overhead_pct).toBe(percent);
    expect(recommendation).toBe(advice);
  });

  it("is not known without workflows, and says why", () => {
    const unknown = {
      status: "insufficient_data",
      coordination_overhead_pct: null,
      recommendation: "Insufficient data",
    };
    expect(coordinationOverhead({ pool: POOL, ...NOTHING_ELSE })).toMatchObject({
      ...unknown,
      reason: expect.stringContaining("no workflow"),
    });
    expect(coordinationOverhead({ pool: { ...POOL, left_out: 2 }, ...NOTHING_ELSE })).toMatchObject({
      ...unknown,
      reason: expect.stringContaining("none of the completed workflows"),
    });
  });
});
