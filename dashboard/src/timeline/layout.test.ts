import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RunDetail, WorkflowDetail } from "../../../src/analyze/workflow-detail.js";
import { horizon, idleSoFar, lanesOf, planBars, ticks, waitsOf } from "./layout.js";

const noPlan = { adherence: null, missing: [], extra: [], reordered: [], remaining: [] };

function run(id: string, agent_name: string, from: number, to: number | null, parent: string | null = null): RunDetail {
  return {
    invocation_id: id,
    agent_name,
    start_offset: from,
    end_offset: to,
    parent_invocation_id: parent,
    detached: false,
  } as RunDetail;
}

describe("lanesOf", () => {
  it("gives each agent a lane, in order of its first run, and planned ones an empty one", () => {
    const lanes = lanesOf(
      {
        runs: [run("1", "a", 0, 5), run("2", "b", 5, 9), run("3", "a", 9, 12)],
        plan: { ...noPlan, remaining: ["c", "a"] },
      },
      12,
    );
    expect(lanes.map(({ agent, bars, rows }) => [agent, bars.length, rows])).toEqual([
      ["a", 2, 1],
      ["b", 1, 1],
      ["c", 0, 1],
    ]);
  });

  it("insets a run in its parent's bar, and gives one that overlaps another a row", () => {
    const [lane] = lanesOf(
      { runs: [run("p", "a", 0, 10), run("c", "a", 2, 4, "p"), run("o", "a", 5, 12)], plan: noPlan },
      12,
    );
    expect(lane!.bars.map(({ row, depth }) => [row, depth])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ]);
  });

  it("never draws two runs of a lane over each other, unless one is nested in the other", () => {
    const drawn = fc.record({ agent: fc.constantFrom("a", "b"), from: fc.nat(50), length: fc.option(fc.nat(20)) });
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 30 }), (specs) => {
        const now = 80;
        const runs = specs
          .map(({ agent, from, length }, i) => run(String(i), agent, from, length === null ? null : from + length))
          .toSorted((a, b) => a.start_offset - b.start_offset);
        for (const { bars, rows } of lanesOf({ runs, plan: noPlan }, now)) {
          for (const [i, a] of bars.entries()) {
            expect(a.row).toBeLessThan(rows);
            for (const b of bars.slice(i + 1).filter(({ row }) => row === a.row))
              expect(a.run.end_offset ?? now).toBeLessThanOrEqual(b.run.start_offset);
          }
        }
      }),
    );
  });
});

describe("horizon", () => {
  it("holds what has elapsed and the estimate, without leaving half of the drawing empty, and moves in few steps", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
        (elapsed, estimate) => {
          const end = horizon(elapsed, estimate);
          expect(end).toBeGreaterThanOrEqual(Math.max(elapsed, estimate ?? 0));
          expect(end).toBeLessThanOrEqual(1.4 * Math.max(1, elapsed, estimate ?? 0) + 1);
        },
      ),
    );
    const steps = new Set(Array.from({ length: 3600 }, (_, second) => horizon(second, null)));
    expect(steps.size).toBeLessThan(60);
  });
});

describe("ticks", () => {
  it("are round, within bounds, and no more than asked for", () => {
    expect(ticks(0, 100, 5)).toEqual([0, 30, 60, 90]);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        (from, length) => {
          const found = ticks(from, from + length, 8);
          expect(found.length).toBeLessThanOrEqual(9);
          for (const tick of found) {
            expect(tick).toBeGreaterThanOrEqual(from - 1e-6 * Math.max(1, from));
            expect(tick).toBeLessThanOrEqual((from + length) * (1 + 1e-9));
          }
        },
      ),
    );
  });
});

it("planBars divides the span", () => {
  expect(planBars(["a", "b"], 10)).toEqual([
    { agent: "a", from: 0, to: 5 },
    { agent: "b", from: 5, to: 10 },
  ]);
  expect(planBars([], 10)).toEqual([]);
});

describe("waitsOf", () => {
  const workflow = (given: Partial<WorkflowDetail>) => ({ handoffs: [], metrics: null, ...given }) as WorkflowDetail;

  it("tells the waits of a workflow that is under way from the times and the handoffs", () => {
    const runs = [run("1", "a", 0, 10), run("2", "b", 2, 20), run("3", "c", 25, null), run("4", "a", 30, null)];
    const handoffs = [{ from_agent: "a", to_agent: "c", offset: 21, artifacts: [] }];
    expect([...waitsOf(workflow({ runs, handoffs }))]).toEqual([
      ["3", { seconds: 15, after: "a" }],
      ["4", { seconds: 10, after: "b" }],
    ]);
  });

  it("takes what the server has measured", () => {
    const measured = { ...run("1", "a", 7, 10), wait_seconds: 3, after_agent: "b" };
    const unmeasured = { ...run("2", "b", 20, 30), wait_seconds: null };
    const metrics = {} as WorkflowDetail["metrics"];
    expect([...waitsOf(workflow({ runs: [measured, unmeasured], metrics }))]).toEqual([
      ["1", { seconds: 3, after: "b" }],
    ]);
  });
});

it("idleSoFar counts the time in which nobody is at work", () => {
  const runs = [run("1", "a", 10, 30), run("2", "b", 20, 40), run("3", "c", 70, null)];
  expect(idleSoFar({ runs }, 100)).toBeCloseTo(0.4);
  expect(idleSoFar({ runs: [] }, 100)).toBe(1);
  expect(idleSoFar({ runs }, 0)).toBeNull();
});
