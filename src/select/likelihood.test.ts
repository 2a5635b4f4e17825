import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { likelihoodOf, type Row } from "./likelihood.js";
import { EMPTY, type SparseVector } from "./tf-idf.js";
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

/** A row with what its outcome differs by. */
type Given = Row & { readonly deviation: number };

function dot(a: SparseVector, b: SparseVector): number {
  return a.ids.reduce((sum, id, i) => sum + a.values[i]! * (b.values[b.ids.indexOf(id)] ?? 0), 0);
}

function covariance(rows: readonly Given[], v: Variances): number[][] {
  return rows.map((a) =>
    rows.map((b) => {
      const own = a.agent === b.agent ? 1 : 0;
      const shared =
        own * v.agent +
        dot(a.domain, b.domain) * (v.domain + own * v.agent_domain) +
        dot(a.text, b.text) * (v.text + own * v.agent_text);
      return shared + (a === b ? noiseOf(v, a.weight, a.words) : 0);
    }),
  );
}

function unit(...entries: readonly (readonly [id: number, value: number])[]): SparseVector {
  return { ids: Int32Array.from(entries, ([id]) => id), values: Float64Array.from(entries, ([, value]) => value) };
}

describe("the likelihood of observations", () => {
  it.each([
    ["with few effects that many share", 1, 2, 40],
    ["with an effect of nearly every one", 30, 30, 12],
  ])("is that of their covariance, %s", (_, agents, domains, most) => {
    // The first feature of domains is a word of several; texts have two.
    const domain = fc
      .tuple(fc.integer({ min: 1, max: domains + 1 }), fc.constantFrom(0, 0.5, 1))
      .map(([own, share]) => unit([0, Math.sqrt(share)], [own, Math.sqrt(1 - share)]));
    const row = fc.record({
      agent: fc.nat(agents),
      domain: fc.oneof(fc.constant(EMPTY), domain),
      text: fc.double({ min: 0, max: 1, noNaN: true }).map((one) => unit([0, one], [1, Math.sqrt(1 - one ** 2)])),
      weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
      words: fc.boolean(),
      deviation: fc.double({ min: -1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: most }), (rows) => {
        const deviations = rows.map(({ deviation }) => deviation);
        const likelihood = likelihoodOf(rows, Float64Array.from(deviations));
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
