import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { likelihoodOf, type Row } from "./likelihood.js";
import { kindsOfHistory, noiseOf, type Variances } from "./variances.js";

/** log |K| and yᵀK⁻¹y by Gauss's elimination. */
function naive(matrix: number[][], y: readonly number[]): [log_determinant: number, square: number] {
  const rows = matrix.map((row, i) => [...row, y[i]!]);
  let [log_determinant, square] = [0, 0];
  for (const [i, row] of rows.entries()) {
    log_determinant += Math.log(row[i]!);
    square += row.at(-1)! ** 2 / row[i]!;
    for (const below of rows.slice(i + 1)) {
      const times = below[i]! / row[i]!;
      for (let k = i; k < row.length; k++) below[k]! -= times * row[k]!;
    }
  }
  return [log_determinant, square];
}

/** `one` is the first's vector entry of two, its length 1. */
type Given = Row & { readonly one: number; readonly deviation: number };

function covariance(rows: readonly Given[], v: Variances): number[][] {
  return rows.map((a) =>
    rows.map((b) => {
      const own = a.agent === b.agent ? 1 : 0;
      const same = a.domain >= 0 && a.domain === b.domain ? 1 : 0;
      const cosine = a.one * b.one + Math.sqrt((1 - a.one ** 2) * (1 - b.one ** 2));
      const shared = own * v.agent + same * (v.domain + own * v.agent_domain) + cosine * (v.text + own * v.agent_text);
      return shared + (a === b ? noiseOf(v, a.weight, a.words) : 0);
    }),
  );
}

describe("the likelihood of observations", () => {
  it.each([
    ["with few effects that many share", 1, 2, 40],
    ["with an effect of nearly every one", 30, 30, 12],
  ])("is that of their covariance, %s", (_, agents, domains, most) => {
    const row = fc.record({
      agent: fc.nat(agents),
      domain: fc.integer({ min: -1, max: domains }),
      weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
      words: fc.boolean(),
      one: fc.double({ min: 0, max: 1, noNaN: true }),
      deviation: fc.double({ min: -1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: most }), (rows) => {
        const vectors = rows.map(({ one }) => ({
          ids: Int32Array.of(0, 1),
          values: Float64Array.of(one, Math.sqrt(1 - one ** 2)),
        }));
        const deviations = rows.map(({ deviation }) => deviation);
        const likelihood = likelihoodOf(rows, vectors, Float64Array.from(deviations));
        for (const variances of kindsOfHistory(true)) {
          const { log_determinant, square } = likelihood(variances);
          const [expected_log, expected_square] = naive(covariance(rows, variances), deviations);
          expect(log_determinant).toBeCloseTo(expected_log, 8);
          expect(square).toBeCloseTo(expected_square, 8);
        }
      }),
      { numRuns: 30 },
    );
  });
});
