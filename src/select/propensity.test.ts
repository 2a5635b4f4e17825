import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { normalCdf } from "../analyze/normal.js";
import { drawNormal, randomOf } from "../backtest/random.js";
import { probabilityOfHighest, type Draw } from "./propensity.js";

const anyDraw: fc.Arbitrary<Draw> = fc.record({
  mean: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.5, 0.98)),
  sd: fc.oneof(fc.double({ min: 0, max: 0.3, noNaN: true }), fc.constantFrom(0, 1e-12, 1e-6, 0.1)),
});

const all = (draws: readonly Draw[]) => draws.map((_, i) => probabilityOfHighest(draws, i));

describe("the probability of being the highest", () => {
  it("sums to 1, and is between 0 and 1, whatever the draws", () => {
    fc.assert(
      fc.property(fc.array(anyDraw, { minLength: 1, maxLength: 12 }), (draws) => {
        const probabilities = all(draws);
        expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...probabilities)).toBeLessThanOrEqual(1);
        expect(Math.abs(probabilities.reduce((sum, each) => sum + each, 0) - 1)).toBeLessThan(1e-6);
      }),
    );
  });

  it("of two is that of one exceeding the other", () => {
    fc.assert(
      fc.property(anyDraw, anyDraw, (a, b) => {
        fc.pre(Math.hypot(a.sd, b.sd) > 1e-8);
        const exact = normalCdf((a.mean - b.mean) / Math.hypot(a.sd, b.sd));
        expect(Math.abs(probabilityOfHighest([a, b], 0) - exact)).toBeLessThan(1e-6);
      }),
    );
  });

  it("is what trapezoids too fine to miss anything add up to", () => {
    const reference = (draws: readonly Draw[], which: number) => {
      const [steps, reach] = [3000, 9];
      const { mean, sd } = draws[which]!;
      let sum = 0;
      for (let k = 0; k <= steps; k++) {
        const z = reach * ((2 * k) / steps - 1);
        sum += draws.reduce(
          (product, other, j) => (j === which ? product : product * normalCdf((mean + sd * z - other.mean) / other.sd)),
          Math.exp((-z * z) / 2),
        );
      }
      return (sum * 2 * reach) / steps / Math.sqrt(2 * Math.PI);
    };
    const wide = fc.record({
      mean: fc.double({ min: 0, max: 1, noNaN: true }),
      sd: fc.double({ min: -4, max: 0, noNaN: true }).map((logarithm) => 0.5 * Math.exp(logarithm)),
    });
    fc.assert(
      fc.property(fc.array(wide, { minLength: 2, maxLength: 6 }), (draws) => {
        expect(Math.abs(probabilityOfHighest(draws, 0) - reference(draws, 0))).toBeLessThan(1e-6);
      }),
      { numRuns: 30 },
    );
  });

  it("is how often it happens", () => {
    const random = randomOf(7, 0);
    const draws: readonly Draw[] = [
      { mean: 0.7, sd: 0.05 },
      { mean: 0.62, sd: 0.2 },
      { mean: 0.66, sd: 0 },
      { mean: 0.5, sd: 0.1 },
    ];
    const times = 40_000;
    const counts = draws.map(() => 0);
    for (let i = 0; i < times; i++) {
      const scores = draws.map(({ mean, sd }) => mean + sd * drawNormal(random));
      counts[scores.indexOf(Math.max(...scores))]! += 1;
    }
    for (const [i, probability] of all(draws).entries())
      expect(Math.abs(counts[i]! / times - probability)).toBeLessThan(
        4 * Math.sqrt((probability * (1 - probability)) / times),
      );
  });

  it("of one is 1; of certain ones, that of the best, the earlier where two are as good", () => {
    const certain = (...means: readonly number[]) => all(means.map((mean) => ({ mean, sd: 0 })));
    expect(all([{ mean: 0.1, sd: 0.3 }])).toEqual([1]);
    expect(certain(0.3, 0.8, 0.8, 0.1)).toEqual([0, 1, 0, 0]);
    expect(
      all([
        { mean: 0.5, sd: 0.1 },
        { mean: 0.5, sd: 0 },
        { mean: 0.5, sd: 0 },
      ]),
    ).toEqual([expect.closeTo(0.5, 7), expect.closeTo(0.5, 7), 0]);
    for (const probability of all(Array.from({ length: 60 }, () => ({ mean: 0.98, sd: 0.04 }))))
      expect(probability).toBeCloseTo(1 / 60, 6);
  });
});
