import { describe, expect, it } from "vitest";

import { erfc, normalCdf, normalDensity } from "./normal.js";

describe("erfc", () => {
  // SciPy 1.17.
  it.each([
    [0, 1],
    [0.1, 0.8875370839817152],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028516],
    [2, 0.004677734981047266],
    [2.4, 0.0006885138966450789],
    [2.6, 0.000236034416529349],
    [5, 1.5374597944280347e-12],
    [10, 2.0884875837625446e-45],
    [26, 5.663192408856145e-296],
  ])("of %d is %d", (x, value) => {
    expect(erfc(x) / value).toBeCloseTo(1, 11);
  });
});

describe("the normal distribution", () => {
  // Abramowitz & Stegun 1964, table 26.1.
  it.each([
    [0, 0.5, 0.3989422804],
    [1, 0.8413447461, 0.2419707245],
    [1.96, 0.9750021049, 0.0584409443],
    [3, 0.998650102, 0.0044318484],
  ])("at %d", (x, probability, density) => {
    expect(normalCdf(x)).toBeCloseTo(probability, 9);
    expect(normalCdf(-x)).toBeCloseTo(1 - probability, 9);
    expect(normalDensity(x)).toBeCloseTo(density, 9);
    expect(normalDensity(-x)).toBe(normalDensity(x));
  });
});
