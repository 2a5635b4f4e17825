import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyText } from "../../../test/support/events.js";
import { patternAnalysis, type VariantTotals } from "../../analyze/patterns.js";
import { fits } from "./fit.js";
import { patternsText, sequenceText } from "./patterns.js";

function variant(sequence: readonly string[], count: number, successes: number): VariantTotals {
  return { sequence, count, successes, judged: count, median_duration_seconds: 1613 };
}

const VARIANTS = [variant(["architect", "developer", "tester"], 43, 39), variant(["tester"], 7, 0)];

describe("patternsText", () => {
  it("shows how often each sequence occurs and how it ends", () => {
    expect(patternsText(patternAnalysis("agent_name", VARIANTS, []), 10, 80).split("\n")).toEqual([
      "Patterns: 2 sequences of agents in 50 completed workflows",
      "TIMES  SHARE  SUCCESS    95%  MEDIAN TIME  SEQUENCE",
      "   43  86.0%    90.7%  78–96  26 min 53 s  architect→developer→tester",
      "    7  14.0%     0.0%   0–35  26 min 53 s  tester",
      "which follows which, as a graph: oak patterns --graph mermaid",
    ]);
  });

  it("says how many more there are", () => {
    const text = patternsText(patternAnalysis("task_type", VARIANTS, []), 1, 80);
    expect(text).toContain("2 sequences of kinds of task");
    expect(text).toContain("and 1 more: --limit 2 shows all");
    expect(text).not.toContain("  tester");
  });

  it("fits any terminal, whatever the agents are called", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyText, { minLength: 1, maxLength: 5 }), { maxLength: 4 }),
        fc.integer({ min: 30, max: 140 }),
        (all, available) => {
          const variants = all.map((sequence) => variant(sequence, 12_345, 1));
          expect(fits(patternsText(patternAnalysis("agent_name", variants, []), 10, available), available)).toBe(true);
        },
      ),
    );
  });
});

describe("sequenceText", () => {
  it("names once what comes several times in a row, and counts the end of what is long", () => {
    expect(sequenceText({ sequence: ["a", "b", "b", "b", "a"] })).toBe("a→b ×3→a");
    const long = Array.from({ length: 1000 }, (_, i) => `${i % 7}`);
    expect(sequenceText({ sequence: long })).toMatch(/^0→1→.*→980 more runs$/);
  });
});
