import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { adherence as adherenceAlone, planAdherence } from "./adherence.js";

/** By its definition: what both begin with belongs to it, otherwise one of the first two does not. */
function naiveLength(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  if (a[0] === b[0]) return 1 + naiveLength(a.slice(1), b.slice(1));
  return Math.max(naiveLength(a.slice(1), b), naiveLength(a, b.slice(1)));
}

const letters = (text: string) => Array.from(text);
const count = (list: readonly string[], name: string) => list.filter((one) => one === name).length;
const agents = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });

describe("planAdherence", () => {
  it.each([
    ["abc", "abc", 1, "", "", ""],
    ["abc", "", 0, "abc", "", ""],
    ["", "abc", 0, "", "abc", ""],
    ["abc", "xyz", 0, "abc", "xyz", ""],
    ["abc", "ac", 4 / 5, "b", "", ""],
    ["abc", "abbc", 6 / 7, "", "b", ""],
    ["abcd", "acbd", 6 / 8, "", "", "b"],
    ["abc", "bca", 4 / 6, "", "", "a"],
    ["abab", "ba", 4 / 6, "ab", "", ""],
  ])("of the plan %j executed as %j is %d", (plan, executed, adherence, missing, extra, reordered) => {
    const found = planAdherence(letters(plan), letters(executed));
    expect(found.adherence).toBeCloseTo(adherence, 12);
    expect(found).toMatchObject({ missing: letters(missing), extra: letters(extra) });
    expect(found.reordered).toHaveLength(reordered.length);
  });

  it("is not known where nothing was planned and nothing executed", () => {
    expect(planAdherence([], [])).toEqual({ adherence: null, missing: [], extra: [], reordered: [] });
  });

  it("follows from the longest common subsequence, and accounts for every agent", () => {
    fc.assert(
      fc.property(agents, agents, (plan, executed) => {
        const common = naiveLength(plan, executed);
        const { adherence, missing, extra, reordered } = planAdherence(plan, executed);
        const total = plan.length + executed.length;
        expect(adherence ?? 1).toBeCloseTo(1 - (total - 2 * common) / Math.max(1, total), 12);
        expect(planAdherence(executed, plan).adherence).toBe(adherence);
        expect(adherenceAlone(plan, executed)).toBe(adherence);
        for (const name of ["a", "b", "c"]) {
          const surplus = count(plan, name) - count(executed, name);
          expect(count(missing, name)).toBe(Math.max(0, surplus));
          expect(count(extra, name)).toBe(Math.max(0, -surplus));
        }
        expect(plan.length).toBe(common + missing.length + reordered.length);
        expect(executed.length).toBe(common + extra.length + reordered.length);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves a common subsequence when the missing, the extra and the reordered are taken away", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(letters("abcdefgh")),
        fc.shuffledSubarray(letters("abcdefgh")),
        (plan, executed) => {
          const { missing, extra, reordered } = planAdherence(plan, executed);
          const away = new Set([...missing, ...extra, ...reordered]);
          expect(plan.filter((name) => !away.has(name))).toEqual(executed.filter((name) => !away.has(name)));
        },
      ),
    );
  });

  it("compares thousands of agents that have little in common", () => {
    const plan = Array.from({ length: 4000 }, (_, i) => `p${i}`);
    expect(planAdherence(plan, plan.toReversed())).toMatchObject({ adherence: 1 / 4000, missing: [], extra: [] });
    const alternating = Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? "a" : "b"));
    expect(planAdherence(alternating, [...alternating.slice(1), "x"])).toMatchObject({
      adherence: 3999 / 4000,
      missing: ["a"],
      extra: ["x"],
    });
  });
});
