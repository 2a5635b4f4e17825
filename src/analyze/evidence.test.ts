import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { evidence, probabilityBetter } from "./evidence.js";
import { normalCdf } from "./normal.js";
import type { Outcomes } from "./trends.js";

const of = (successes: number, total: number): Outcomes => ({ successes, total });

const outcomes = (max: number, min = 0) =>
  fc.integer({ min, max }).chain((total) => fc.record({ total: fc.constant(total), successes: fc.nat(total) }));

/** The same probability by numeric integration of the product of a's density and b's distribution. */
function integrated(a: Outcomes, b: Outcomes): number {
  const steps = 20_000;
  const density = ({ successes, total }: Outcomes) => {
    const logs = Array.from({ length: steps }, (_, i) => {
      const p = (i + 0.5) / steps;
      return successes * Math.log(p) + (total - successes) * Math.log1p(-p);
    });
    const top = Math.max(...logs);
    const weights = logs.map((log) => Math.exp(log - top));
    const sum = weights.reduce((total_, weight) => total_ + weight, 0);
    return weights.map((weight) => weight / sum);
  };
  const densityOfB = density(b);
  let below = 0;
  return density(a).reduce((probability, weight, i) => {
    const middle = below + densityOfB[i]! / 2;
    below += densityOfB[i]!;
    return probability + weight * middle;
  }, 0);
}

const logFactorials = [0];
for (let n = 1; n <= 400; n++) logFactorials.push(logFactorials[n - 1]! + Math.log(n));
const choose = (n: number, k: number) => Math.exp(logFactorials[n]! - logFactorials[k]! - logFactorials[n - k]!);

/** Two-sided p of Fisher's exact test: all tables with the same margins that are no more probable than this one. */
function fisher(a: Outcomes, b: Outcomes): number {
  const successes = a.successes + b.successes;
  const probability = (k: number) =>
    (choose(a.total, k) * choose(b.total, successes - k)) / choose(a.total + b.total, successes);
  let p = 0;
  for (let k = Math.max(0, successes - b.total); k <= Math.min(a.total, successes); k++)
    if (probability(k) <= probability(a.successes) * (1 + 1e-9)) p += probability(k);
  return p;
}

describe("probabilityBetter", () => {
  it.each([
    [of(5, 10), of(45, 50), 0.002304],
    [of(3, 4), of(9, 10), 0.214286],
    [of(0, 0), of(0, 0), 0.5],
    [of(1, 1), of(0, 0), 2 / 3],
    [of(1, 1), of(0, 1), 5 / 6],
    [of(7, 10), of(7, 10), 0.5],
  ])("of %o over %o is %d", (a, b, probability) => {
    expect(probabilityBetter(a, b)).toBeCloseTo(probability, 6);
  });

  it("is what numeric integration gives", () => {
    fc.assert(
      fc.property(outcomes(200), outcomes(200), (a, b) => {
        expect(probabilityBetter(a, b)).toBeCloseTo(integrated(a, b), 4);
      }),
      { numRuns: 60 },
    );
  });

  it("and its opposite are all there is, also after a million runs", () => {
    fc.assert(
      fc.property(outcomes(1_000_000), outcomes(1_000_000), (a, b) => {
        const better = probabilityBetter(a, b);
        expect(better).toBeGreaterThanOrEqual(0);
        expect(better).toBeLessThanOrEqual(1);
        expect(Math.abs(better + probabilityBetter(b, a) - 1)).toBeLessThan(1e-9);
      }),
      { numRuns: 50 },
    );
  });

  it("grows with every success and falls with every failure", () => {
    fc.assert(
      fc.property(outcomes(2000), outcomes(2000), (a, b) => {
        const slack = 1 + 1e-9;
        const better = probabilityBetter(a, b);
        expect(probabilityBetter(of(a.successes + 1, a.total + 1), b) * slack).toBeGreaterThanOrEqual(better);
        expect(probabilityBetter(of(a.successes, a.total + 1), b)).toBeLessThanOrEqual(better * slack);
      }),
    );
  });

  it.each([
    [of(899_600, 1_000_000), of(900_000, 1_000_000)],
    [of(500_700, 1_000_000), of(500_000, 1_000_000)],
    [of(80_400, 100_000), of(800_000, 1_000_000)],
  ])("of %o over %o is near the normal approximation", (a, b) => {
    const variance = ({ successes, total }: Outcomes) => ((successes / total) * (1 - successes / total)) / total;
    const z = (a.successes / a.total - b.successes / b.total) / Math.sqrt(variance(a) + variance(b));
    expect(probabilityBetter(a, b)).toBeCloseTo(normalCdf(z), 3);
  });

  it("keeps its digits where it is nearly 0", () => {
    // Σ of one term: no success of a in 40 against no failure of b in 40 is 1 / C(82, 41).
    expect(probabilityBetter(of(0, 40), of(40, 40)) * choose(82, 41)).toBeCloseTo(1, 9);
  });
});

describe("evidence", () => {
  it.each([
    [of(5, 10), of(45, 50), "declining", 0.002304],
    [of(45, 50), of(5, 10), "improving", 0.997696],
    [of(3, 4), of(9, 10), "not_enough_evidence", 0.214286],
    [of(9000, 10_000), of(9010, 10_000), "stable", 0.406652],
  ])("of %o after %o is %s", (recent, historical, verdict, probability) => {
    const found = evidence(recent, historical);
    expect(found.verdict).toBe(verdict);
    expect(found.probability_improved).toBeCloseTo(probability, 6);
    expect(found.reason === undefined).toBe(verdict !== "not_enough_evidence");
  });

  it("agrees with Fisher's exact test on a clear case", () => {
    expect(fisher(of(5, 10), of(45, 50))).toBeCloseTo(0.007755, 6);
  });

  it.each([
    [of(9500, 10_000), of(9000, 10_000), "improving"],
    [of(9000, 10_000), of(9500, 10_000), "declining"],
    [of(9499, 10_000), of(9000, 10_000), "not_enough_evidence"],
    [of(9001, 10_000), of(9500, 10_000), "not_enough_evidence"],
    [of(3000, 10_000), of(2500, 10_000), "improving"],
  ])("of %o after %o is %s: 5 points count, less does not", (recent, historical, verdict) => {
    expect(evidence(recent, historical).verdict).toBe(verdict);
  });

  it.each([
    [of(0, 0), of(9, 10), /^no run with a known outcome in the recent days$/],
    [of(9, 10), of(0, 0), /^no run with a known outcome in the days before those$/],
    [of(0, 0), of(0, 0), /in the recent days or the days before those$/],
  ])("of %o after %o is not known", (recent, historical, reason) => {
    const found = evidence(recent, historical);
    expect(found).toMatchObject({ verdict: "not_enough_evidence", probability_improved: null });
    expect(found.reason).toMatch(reason);
  });

  it("says what is missing", () => {
    expect(evidence(of(3, 4), of(9, 10)).reason).toMatch(/direction is only 78\.5 % sure$/);
    expect(evidence(of(9, 10), of(9, 10)).reason).toMatch(/interval goes beyond them$/);
  });

  it("is the mirror image when the two change places", () => {
    const mirror = { improving: "declining", declining: "improving" } as Record<string, string>;
    fc.assert(
      fc.property(outcomes(500, 1), outcomes(500, 1), (a, b) => {
        const { verdict } = evidence(a, b);
        expect(evidence(b, a).verdict).toBe(mirror[verdict] ?? verdict);
      }),
    );
  });
});

describe("at a true, unchanging rate of 0.8, in all that can happen", () => {
  /** Probability of a set of outcomes, each weighed by its binomial probability: no sampling. */
  function probabilityOf(recentRuns: number, historicalRuns: number, happens: (a: Outcomes, b: Outcomes) => boolean) {
    const binomial = (n: number, k: number) => choose(n, k) * 0.8 ** k * 0.2 ** (n - k);
    let probability = 0;
    for (let i = 0; i <= recentRuns; i++)
      for (let j = 0; j <= historicalRuns; j++)
        if (happens(of(i, recentRuns), of(j, historicalRuns)))
          probability += binomial(recentRuns, i) * binomial(historicalRuns, j);
    return probability;
  }

  const change = (a: Outcomes, b: Outcomes) => a.successes / a.total - b.successes / b.total;
  /** More than 5 points in whole numbers: exactly 5 points are not more. */
  const beyond = (a: Outcomes, b: Outcomes) =>
    20 * Math.abs(a.successes * b.total - b.successes * a.total) > a.total * b.total;

  it.each([
    [5, 20, 0.817, 0.715, 0.061],
    [30, 120, 0.556, 0.509, 0.098],
  ])("%d against %d runs", (recent, historical, inFloatingPoint, exactly, byEvidence) => {
    expect(probabilityOf(recent, historical, (a, b) => Math.abs(change(a, b)) > 0.05)).toBeCloseTo(inFloatingPoint, 3);
    expect(probabilityOf(recent, historical, beyond)).toBeCloseTo(exactly, 3);
    const trend = (a: Outcomes, b: Outcomes) => ["improving", "declining"].includes(evidence(a, b).verdict);
    expect(probabilityOf(recent, historical, trend)).toBeCloseTo(byEvidence, 3);
  });
});
