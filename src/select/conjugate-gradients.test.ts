import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { conjugateGradients } from "./conjugate-gradients.js";

describe("conjugate gradients", () => {
  const anyNumber = fc.double({ min: -1, max: 1, noNaN: true });

  it("solve positive definite systems, wherever they start", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }).chain((n) => {
          const vector = fc.array(anyNumber, { minLength: n, maxLength: n });
          return fc.tuple(fc.array(vector, { minLength: n, maxLength: n }), vector, vector);
        }),
        ([factor, x, start]) => {
          // F·Fᵀ + 0.1: positive definite, whatever F is.
          const matrix = factor.map((row, i) =>
            factor.map((other, j) => row.reduce((sum, value, k) => sum + value * other[k]!, i === j ? 0.1 : 0)),
          );
          const times = (v: ArrayLike<number>) =>
            matrix.map((row) => row.reduce((sum, value, j) => sum + value * v[j]!, 0));
          const solution = conjugateGradients(
            (v, result) => result.set(times(v)),
            Float64Array.from(matrix, (row, i) => row[i]!),
            Float64Array.from(times(x)),
            Float64Array.from(start),
          );
          for (const [i, value] of x.entries()) expect(solution[i]).toBeCloseTo(value, 6);
        },
      ),
    );
  });
});
