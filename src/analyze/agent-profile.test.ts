import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { agentProfile, type AgentFacts } from "./agent-profile.js";

function facts(given: Partial<AgentFacts>): AgentFacts {
  return {
    statistics: {} as AgentFacts["statistics"],
    trend: {} as AgentFacts["trend"],
    weeks: [],
    task_types: [],
    words: [],
    known: { successes: 0, total: 0 },
    recent_failures: [],
    ...given,
  };
}

describe("agentProfile", () => {
  it("says what an agent is good and bad at, against its other runs", () => {
    const { task_types, words } = agentProfile(
      "a",
      facts({
        known: { successes: 120, total: 200 },
        task_types: [
          { name: "api", successes: 95, total: 100 },
          { name: "ui", successes: 25, total: 100 },
        ],
        words: [
          { name: "login", successes: 3, total: 40 },
          { name: "page", successes: 62, total: 100 },
        ],
      }),
    );
    expect(task_types.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["api", "better"],
      ["ui", "worse"],
    ]);
    expect(task_types[0]!.difference).toBeCloseTo(0.95 - 0.25);
    // What chance explains is not named.
    expect(words.map(({ name, verdict }) => [name, verdict])).toEqual([["login", "worse"]]);
  });

  it("does not compare what is all there is", () => {
    const { task_types } = agentProfile(
      "a",
      facts({ known: { successes: 9, total: 10 }, task_types: [{ name: "api", successes: 9, total: 10 }] }),
    );
    expect(task_types[0]).toMatchObject({
      difference: null,
      difference_interval: null,
      verdict: "not_enough_evidence",
    });
  });

  it("needs more evidence the more is compared", () => {
    const one = { name: "x", successes: 14, total: 30 };
    const known = { successes: 140, total: 200 };
    const many = Array.from({ length: 300 }, (_, i) => ({ name: `y${i}`, successes: 7, total: 10 }));
    expect(agentProfile("a", facts({ known, task_types: [one] })).task_types[0]!.verdict).toBe("worse");
    expect(agentProfile("a", facts({ known, task_types: [one, ...many] })).task_types[0]!.verdict).toBe(
      "not_enough_evidence",
    );
  });

  it("keeps rates and intervals in bounds", () => {
    const counts = fc
      .tuple(fc.nat(50), fc.nat(50))
      .map(([a, b]) => ({ successes: Math.min(a, b), total: Math.max(a, b) }));
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 5 }), counts, (parts, rest) => {
        const known = [...parts, rest].reduce((sum, part) => ({
          successes: sum.successes + part.successes,
          total: sum.total + part.total,
        }));
        const { task_types } = agentProfile(
          "a",
          facts({ known, task_types: parts.map((part, i) => ({ name: String(i), ...part })) }),
        );
        for (const { success_rate, difference, difference_interval: interval } of task_types) {
          expect(success_rate).toBeGreaterThanOrEqual(0);
          expect(success_rate).toBeLessThanOrEqual(1);
          expect(interval === null).toBe(difference === null);
          expect(interval?.[0] ?? 0).toBeGreaterThanOrEqual(-1);
          expect(interval?.[1] ?? 0).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
