import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { product, whiten } from "./cholesky.js";

describe("whiten", () => {
  it("gives the determinant and the square form", () => {
    const number = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(number, number, number, number, number, (a, b, c, x, y) => {
        // [[a, 0], [b, c]] times its transpose, and a bit on the diagonal.
        const [p, q, r] = [a * a + 1, a * b, b * b + c * c + 1];
        const determinant = p * r - q * q;
        const matrix = Float64Array.of(p, 0, q, r, x, y);
        expect(whiten(matrix, 2)).toBeCloseTo(Math.log(determinant), 9);
        expect(product(matrix, 4, 4, 2)).toBeCloseTo((r * x * x - 2 * q * x * y + p * y * y) / determinant, 9);
      }),
    );
  });

  it("finds the factor that a matrix was made of, and the vectors, whatever their number", () => {
    const entries = (count: number) =>
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: count, maxLength: count });
    const made = fc
      .tuple(fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 3 }))
      .chain(([n, vectors]) => fc.tuple(fc.constant(n), entries(n * n), entries(n * vectors)));
    fc.assert(
      fc.property(made, ([n, factor, white]) => {
        const at = (i: number, j: number) => (i < j ? 0 : factor[i * n + j]! + (i === j ? 2 : 0));
        const matrix = new Float64Array(n * n + white.length);
        for (let i = 0; i < n; i++)
          for (let j = 0; j <= i; j++) for (let k = 0; k <= j; k++) matrix[i * n + j]! += at(i, k) * at(j, k);
        for (let e = 0; e < white.length; e++)
          for (let k = 0; k <= e % n; k++) matrix[n * n + e]! += at(e % n, k) * white[e - (e % n) + k]!;
        let logs = 0;
        for (let i = 0; i < n; i++) logs += 2 * Math.log(at(i, i));
        expect(whiten(matrix, n)).toBeCloseTo(logs, 8);
        for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) expect(matrix[i * n + j]).toBeCloseTo(at(i, j), 8);
        for (const [e, value] of white.entries()) expect(matrix[n * n + e]).toBeCloseTo(value, 8);
      }),
    );
  });
});
