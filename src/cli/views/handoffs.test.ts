import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyText } from "../../../test/support/events.js";
import { handoffAnalysis, type Handover, type PairLatency } from "../../analyze/handovers.js";
import { fits } from "./fit.js";
import { handoffsText, handoverGrid } from "./handoffs.js";

function handover(from_agent: string, to_agent: string, count: number): Handover {
  return { from_agent, to_agent, count };
}

const PAIR: PairLatency = {
  from_agent: "developer",
  to_agent: "tester",
  count: 83,
  declared: 80,
  mean_seconds: 224,
  p50_seconds: 235,
  p95_seconds: 385,
  total_seconds: 18_592,
  contention_seconds: 9296,
  prioritization_seconds: 0,
};

const MATRIX = [
  handover("developer", "tester", 1083),
  handover("tester", "developer", 4),
  handover("tester", "tester", 2),
];

describe("handoffsText", () => {
  it("shows who works after whom, how long they wait, and what goes back and forth", () => {
    const analysis = handoffAnalysis(MATRIX, [PAIR], [{ ...handover("developer", "tester", 4) }], 1);
    expect(handoffsText(analysis, 80).split("\n")).toEqual([
      "Handovers: 1,089, 0.2% of them from an agent to itself",
      "#  FROM \\ TO  1      2",
      "1  developer  ·  1,083",
      "2  tester     4      2",
      "",
      "Waits, from the end of a run to the start of the next",
      "FROM→TO           RUNS  DECL.      P50      P95     MEAN  TOTAL  CONT.  PRIO.",
      "developer→tester    83     80  3.9 min  6.4 min  3.7 min  5.2 h    50%     0%",
      "decl.: declared by a handoff event, the others are told from the times; cont.:",
      "of the total, the agent was busy with runs that were ready earlier; prio.: with",
      "runs that were ready later",
      "",
      "Ping-pong",
      "TIMES  THERE AND BACK",
      "    4  developer→tester→developer",
      "work that often goes straight back may lack a clear specification",
      "",
      "1 run started before the declared predecessor had ended: no wait",
    ]);
  });

  it("leaves out what there is nothing of, and knows no share of no wait", () => {
    const instant = { ...PAIR, total_seconds: 0, contention_seconds: 0 };
    const text = handoffsText(handoffAnalysis(MATRIX, [instant], [], 0), 100);
    expect(text).toMatch(/0 s +– +–$/m);
    expect(text).not.toMatch(/Ping-pong|predecessor had/);
    expect(handoffsText(handoffAnalysis([], [], [], 3), 80)).toContain("3 runs started before");
  });

  it("leaves out columns, and what explains them, before it breaks names", () => {
    const long = { ...PAIR, from_agent: "systems-architect", to_agent: "qa-specialist" };
    const text = handoffsText(handoffAnalysis([], [long], [], 0), 72);
    expect(text).toContain("\nsystems-architect→qa-specialist ");
    expect(text).not.toMatch(/decl\./i);
    expect(text).toContain("cont.: of the total");
  });

  it("is a list where a grid has no room", () => {
    const many = Array.from({ length: 40 }, (_, i) => handover(`agent-${i}`, `agent-${i + 1}`, 40 - i));
    const lines = handoffsText(handoffAnalysis(many, [], [], 0), 80).split("\n");
    expect(lines.slice(1, 3)).toEqual(["TIMES  SHARE  FROM→TO", "   40   4.9%  agent-0→agent-1"]);
    expect(lines.at(-1)).toBe("and 25 more: --json names all");
  });

  it("fits any terminal, whatever the agents are called", () => {
    const handovers = fc.record({ from_agent: anyText, to_agent: anyText, count: fc.integer({ min: 1, max: 1e6 }) });
    fc.assert(
      fc.property(fc.array(handovers, { maxLength: 5 }), fc.integer({ min: 50, max: 140 }), (matrix, available) => {
        const pairs = matrix.map((each) => ({ ...PAIR, ...each }));
        const text = handoffsText(handoffAnalysis(matrix, pairs, matrix, 1e6), available);
        expect(fits(text, available)).toBe(true);
      }),
    );
  });
});

describe("handoverGrid", () => {
  it("keeps apart agents whose names look alike when they are put together", () => {
    const grid = handoverGrid([handover("a", "b→c", 1), handover("a→b", "c", 2)], 80)!;
    expect(
      grid
        .split("\n")
        .slice(1)
        .map((line) => line.trimEnd()),
    ).toEqual([
      "1  a          ·  1  ·  ·",
      "2  b→c        ·  ·  ·  ·",
      "3  a→b        ·  ·  ·  2",
      "4  c          ·  ·  ·  ·",
    ]);
  });

  it("fits, or is not there", () => {
    const agents = fc.array(anyText, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(agents, fc.integer({ min: 20, max: 140 }), (names, available) => {
        const grid = handoverGrid(
          names.map((name, i) => handover(name, names[0]!, i + 1)),
          available,
        );
        expect(grid === undefined || fits(grid, available)).toBe(true);
      }),
    );
  });
});
