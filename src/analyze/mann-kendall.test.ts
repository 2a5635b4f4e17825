import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { mannKendall, type Point } from "./mann-kendall.js";
import { erfc } from "./normal.js";

/** Values at 0, 1, 2, … */
const series = (...values: number[]): Point[] => values.map((y, x) => ({ x, y }));

/** Flow of the Nile at Aswan, 10⁸ m³ a year, 1871 to 1970 (Durbin & Koopman 2001; R's data set Nile). */
// oxfmt-ignore
const NILE = series(
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
  1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
  831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
  781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
  744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
);

/** Two-sided p from a published S and its variance. */
const pOf = (score: number, variance: number) => erfc((Math.abs(score) - 1) / Math.sqrt(2 * variance));

const small = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 7 });
const large = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 10, maxLength: 40 });

/** S, pair by pair, of values at 0, 1, 2, … */
function scoreOf(values: readonly number[]): number {
  let score = 0;
  for (let i = 0; i < values.length; i++)
    for (let j = i + 1; j < values.length; j++) score += Math.sign(values[j]! - values[i]!);
  return score;
}

function* ordersOf(values: readonly number[]): Generator<number[]> {
  if (values.length === 0) yield [];
  for (const [i, value] of values.entries())
    for (const rest of ordersOf(values.toSpliced(i, 1))) yield [value, ...rest];
}

describe("mannKendall on published examples", () => {
  it("Gilbert 1987, example 16.3: several values a year, S = 19, variance 58.1, slope 5.5", () => {
    const years = [1, 1, 1, 2, 3, 3, 4, 5];
    const values = [10, 22, 21, 30, 22, 30, 40, 40];
    const trend = mannKendall(years.map((x, i) => ({ x, y: values[i]! })));
    expect(trend).toMatchObject({ trend: "increasing", n: 8, slope: 5.5 });
    expect(trend.p_value).toBeCloseTo(pOf(19, 58.1), 4);
    // The 24 slopes begin −8, 0, 0, 0, 0.5 and end 9, 10, 10, 10, 18, 20. M₁ = 4.53 and M₂ + 1 = 20.47.
    expect(trend.slope_interval![0]).toBeCloseTo(0.53 * 0.5, 3);
    expect(trend.slope_interval![1]).toBe(10);
  });

  it("van Belle & Hughes 1984: with ties, variance 119.3", () => {
    const trend = mannKendall(series(10, 14, 14, 14, 17, 22, 22, 23, 27, 27));
    expect(trend.trend).toBe("increasing");
    expect(trend.p_value).toBeCloseTo(pOf(40, 119.3), 5);
  });

  it("van Belle & Hughes 1984: with ties in both, S = 26, variance 105", () => {
    const times = [1, 1, 1, 1, 2, 2, 2, 3, 3, 3];
    const values = [1, 1, 1.5, 1.7, 1.6, 1.7, 1.8, 1.7, 2.2, 2.3];
    expect(mannKendall(times.map((x, i) => ({ x, y: values[i]! }))).p_value).toBeCloseTo(pOf(26, 105), 3);
  });

  it("the Nile at Aswan: S = −1387, variance 112,728.33, slope −2.6 (SciPy 1.17, theilslopes)", () => {
    const trend = mannKendall(NILE);
    expect(trend).toMatchObject({ trend: "decreasing", n: 100, slope: -2.6 });
    expect(trend.p_value).toBeCloseTo(3.658262921664e-5, 15);
    // SciPy rounds to the nearest slope where Gilbert interpolates.
    expect(trend.slope_interval![0]).toBeCloseTo(-3.6279, 4);
    expect(trend.slope_interval![1]).toBeCloseTo(-1.4285, 3);
  });

  // SciPy 1.17, kendalltau(method="exact"); the two with ties by all orders.
  it.each([
    [[1, 2, 3, 4], 1 / 12, "no_trend"],
    [[2, 1, 4, 3, 5], 0.23333333333333334, "no_trend"],
    [[5, 1, 2, 4, 3, 6, 7], 0.1361111111111111, "no_trend"],
    [[3, 1, 2, 5, 4, 6, 8, 7, 9], 0.0024250440917107582, "increasing"],
    [[9, 7, 8, 6, 4, 5, 2, 1, 3], 0.0024250440917107582, "decreasing"],
    [[1, 2, 2, 3, 3, 4], 0.011111111111111112, "increasing"],
    [[1, 1, 2, 2, 5], 0.06666666666666667, "no_trend"],
  ])("%o: p = %d", (values, p, trend) => {
    const found = mannKendall(series(...values));
    expect(found.p_value).toBeCloseTo(p, 12);
    expect(found.trend).toBe(trend);
  });
});

describe("mannKendall", () => {
  it.each([
    [[], 0],
    [series(1, 2, 3), 3],
    [[1, 2, 3, 4, 5].map((y) => ({ x: 7, y })), 5],
  ])("does not judge too little", (points, n) => {
    const unknown = { slope: null, slope_interval: null, p_value: null };
    expect(mannKendall(points)).toEqual({ trend: "insufficient_data", ...unknown, n });
  });

  it.each([5, 20])("sees no trend in %d equal values", (n) => {
    const flat = mannKendall(series(...Array.from({ length: n }, () => 3)));
    expect(flat).toEqual({ trend: "no_trend", slope: 0, slope_interval: [0, 0], p_value: 1, n });
  });

  it("below 10 points has the p of all orders of the values", () => {
    fc.assert(
      fc.property(small, (values) => {
        const extreme = Math.abs(scoreOf(values));
        const scores = [...ordersOf(values)].map((order) => Math.abs(scoreOf(order)));
        const p = scores.filter((score) => score >= extreme).length / scores.length;
        expect(mannKendall(series(...values)).p_value).toBeCloseTo(p, 12);
        // The same when it is the times that are tied.
        expect(mannKendall(values.map((x, y) => ({ x, y }))).p_value ?? p).toBeCloseTo(p, 12);
      }),
      { numRuns: 50 },
    );
  });

  it("goes over smoothly from the exact p to the approximate one", () => {
    const nine = mannKendall(series(3, 1, 2, 5, 4, 6, 9, 7, 8)).p_value!;
    expect(pOf(scoreOf([3, 1, 2, 5, 4, 6, 9, 7, 8]), (9 * 8 * 23) / 18)).toBeCloseTo(nine, 2);
  });

  it("has the median of all slopes, within its interval", () => {
    fc.assert(
      fc.property(large, (values) => {
        const slopes = values.flatMap((b, j) => values.slice(0, j).map((a, i) => (b - a) / (j - i)));
        const sorted = slopes.toSorted((a, b) => a - b);
        const middle = sorted.length >> 1;
        const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
        const { slope, slope_interval } = mannKendall(series(...values));
        expect(slope).toBeCloseTo(median, 12);
        expect(slope_interval![0]).toBeLessThanOrEqual(slope!);
        expect(slope_interval![1]).toBeGreaterThanOrEqual(slope!);
      }),
    );
  });

  it("does not see a monotone change of scale, nor the order of the points", () => {
    fc.assert(
      fc.property(large, (values) => {
        const { p_value, trend } = mannKendall(series(...values));
        expect(mannKendall(series(...values.map((y) => y ** 3 + 5 * y)))).toMatchObject({ p_value, trend });
        expect(mannKendall(series(...values).map(({ x, y }) => ({ x: Math.exp(x / 9), y })))).toMatchObject({
          p_value,
          trend,
        });
        expect(mannKendall(series(...values).toReversed())).toEqual(mannKendall(series(...values)));
      }),
    );
  });

  it("is mirrored with the values, and scaled with both axes", () => {
    const opposite = { increasing: "decreasing", decreasing: "increasing" } as Record<string, string>;
    fc.assert(
      fc.property(large, (values) => {
        const { slope, slope_interval, p_value, trend } = mannKendall(series(...values));
        const mirrored = mannKendall(series(...values.map((y) => -y)));
        expect(mirrored).toMatchObject({ p_value, trend: opposite[trend] ?? trend });
        expect(mirrored.slope_interval![0]).toBeCloseTo(-slope_interval![1], 9);
        const scaled = mannKendall(series(...values).map(({ x, y }) => ({ x: 4 * x, y: 8 * y + 1 })));
        expect(scaled.slope).toBeCloseTo(2 * slope!, 9);
      }),
    );
  });
});
