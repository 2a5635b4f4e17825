import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { whiten } from "./cholesky.js";

describe("whiten", () => {
  it("gives the determinant and the square form", () => {
    const number = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(number, number, number, number, number, (a, b, c, x, y) => {
        // [[a, 0], [b, c]] times its transpose, and a bit on the diagonal.
        const [p, q, r] = [a * a + 1, a * b, b * b + c * c + 1];
        const determinant = p * r - q * q;
        const { log_determinant, square } = whiten(Float64Array.of(p, 0, q, r), Float64Array.of(x, y));
        expect(log_determinant).toBeCloseTo(Math.log(determinant), 9);
        expect(square).toBeCloseTo((r * x * x - 2 * q * x * y + p * y * y) / determinant, 9);
      }),
    );
  });

  it("finds the factor that a matrix was made of, whatever its size", () => {
    const entry = fc.double({ min: -1, max: 1, noNaN: true });
    const lower = fc
      .integer({ min: 0, max: 14 })
      .chain((n) => fc.tuple(fc.array(entry, { minLength: n * n, maxLength: n * n }), fc.constant(n)));
    fc.assert(
      fc.property(lower, ([entries, n]) => {
        const at = (i: number, j: number) => (i < j ? 0 : entries[i * n + j]! + (i === j ? 2 : 0));
        const matrix = new Float64Array(n * n);
        for (let i = 0; i < n; i++)
          for (let j = 0; j <= i; j++) for (let k = 0; k <= j; k++) matrix[i * n + j]! += at(i, k) * at(j, k);
        // b = L·w, so bᵀ(L·Lᵀ)⁻¹b = wᵀw.
        const white = Float64Array.from({ length: n }, (_, i) => i - 2);
        const b = white.map((_, i) => white.reduce((sum, value, k) => sum + at(i, k) * value, 0));
        const { log_determinant, square } = whiten(matrix, b);
        let logs = 0;
        for (let i = 0; i < n; i++) {
          logs += 2 * Math.log(at(i, i));
          for (let j = 0; j <= i; j++) expect(matrix[i * n + j]).toBeCloseTo(at(i, j), 8);
        }
        expect(log_determinant).toBeCloseTo(logs, 8);
        const size = 1 + white.reduce((sum, value) => sum + value * value, 0);
        expect((1 + square) / size).toBeCloseTo(1, 8);
      }),
    );
  });
});
