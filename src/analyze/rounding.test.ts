import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { round } from "./rounding.js";

describe("round", () => {
  // What Python 3 prints for round(value, digits).
  it.each([
    [0.8125, 3, 0.812],
    [0.9375, 3, 0.938],
    [0.1875, 3, 0.188],
    [0.4375, 3, 0.438],
    [0.3125, 3, 0.312],
    [-0.8125, 3, -0.812],
    [0.0625, 3, 0.062],
    [2.5, 0, 2],
    [3.5, 0, 4],
    [2.675, 2, 2.67],
    [51.36574539363484, 2, 51.37],
    [0.8442211055276382, 3, 0.844],
    [1, 3, 1],
    [0, 2, 0],
  ])("%d to %d digits is %d", (value, digits, expected) => {
    expect(round(value, digits)).toBe(expected);
  });

  it("leaves what is not known", () => {
    expect(round(null, 3)).toBeNull();
  });

  it("is never farther off than half a unit", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.nat(4), (value, digits) => {
        expect(Math.abs(round(value, digits) - value)).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-9);
      }),
    );
  });
});
