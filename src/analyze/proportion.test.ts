import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { newcombeInterval, rate, wilsonInterval } from "./proportion.js";

const sample = fc
  .integer({ min: 1, max: 500 })
  .chain((total) => fc.record({ total: fc.constant(total), successes: fc.nat(total) }));

describe("wilsonInterval", () => {
  // Newcombe 1998 (two-sided intervals for the single proportion), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %d in %d is %d to %d", (successes, total, lower, upper) => {
    const [l, u] = wilsonInterval(successes, total)!;
    expect(l).toBeCloseTo(lower, 4);
    expect(u).toBeCloseTo(upper, 4);
  });

  it("is not known before the first run", () => {
    expect(wilsonInterval(0, 0)).toBeNull();
    expect(rate(0, 0)).toBeNull();
  });

  it("contains the rate and stays within 0 and 1", () => {
    fc.assert(
      fc.property(sample, ({ successes, total }) => {
        const [lower, upper] = wilsonInterval(successes, total)!;
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeLessThanOrEqual(successes / total);
        expect(upper).toBeGreaterThanOrEqual(successes / total);
      }),
    );
  });
});

describe("newcombeInterval", () => {
  // Newcombe 1998 (interval estimation for the difference), table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [10, 10, 0, 10, 0.6075, 1],
  ])("of %d/%d − %d/%d is %d to %d", (a, n, b, m, lower, upper) => {
    const [l, u] = newcombeInterval({ successes: a, total: n }, { successes: b, total: m })!;
    expect(l).toBeCloseTo(lower, 4);
    expect(u).toBeCloseTo(upper, 4);
  });

  it("is the mirror image when the two change places, and contains the difference", () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const [lower, upper] = newcombeInterval(a, b)!;
        const [mirroredLower, mirroredUpper] = newcombeInterval(b, a)!;
        const difference = a.successes / a.total - b.successes / b.total;
        expect(lower).toBeCloseTo(-mirroredUpper, 12);
        expect(upper).toBeCloseTo(-mirroredLower, 12);
        expect(lower).toBeLessThanOrEqual(difference + 1e-12);
        expect(upper).toBeGreaterThanOrEqual(difference - 1e-12);
      }),
    );
  });

  it("is not known when one side is empty", () => {
    expect(newcombeInterval({ successes: 0, total: 0 }, { successes: 1, total: 1 })).toBeNull();
  });
});
