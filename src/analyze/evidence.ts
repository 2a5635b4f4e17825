import { newcombeInterval } from "./proportion.js";
import type { Outcomes } from "./trends.js";

/** How sure one must be of the direction of a change. */
const SURE = 0.95;

/** The smallest change of success rate that matters: 5 points. As a fraction, so that exactly 5 points are 5 points. */
const POINTS = { numerator: 1, denominator: 20 } as const;

/** Terms this much smaller than the largest end a sum, before they lose digits as denormal numbers. */
const NEGLIGIBLE = 1e-290;

/** What can be said about a change of success rate, chance considered. */
export interface Evidence {
  readonly verdict: "improving" | "declining" | "stable" | "not_enough_evidence";
  /** Probability that the recent success rate is the better one, in [0, 1]; `null` when a side has no runs. */
  readonly probability_improved: number | null;
  /** Why the verdict is "not_enough_evidence". */
  readonly reason?: string;
}

/**
 * Weighs a change of success rate.
 *
 * - improving, declining: a change of at least 5 points whose direction is more than 95 % probable
 * - stable: the 95 % interval of the change (Newcombe) lies within ±5 points
 * - not enough evidence: all else, with the reason
 */
export function evidence(recent: Outcomes, historical: Outcomes): Evidence {
  const empty = [
    ...(recent.total > 0 ? [] : ["the recent days"]),
    ...(historical.total > 0 ? [] : ["the days before those"]),
  ];
  if (empty.length > 0) {
    const reason = `no run with a known outcome in ${empty.join(" or ")}`;
    return { verdict: "not_enough_evidence", probability_improved: null, reason };
  }
  const improved = probabilityBetter(recent, historical);
  const declined = probabilityBetter(historical, recent);
  const base = { probability_improved: improved };
  const direction = change(recent, historical);
  if (direction > 0 && improved > SURE) return { ...base, verdict: "improving" };
  if (direction < 0 && declined > SURE) return { ...base, verdict: "declining" };
  const limit = POINTS.numerator / POINTS.denominator;
  const [lower, upper] = newcombeInterval(recent, historical)!;
  if (lower >= -limit && upper <= limit) return { ...base, verdict: "stable" };
  const reason =
    direction === 0
      ? "a change of less than 5 points was seen, but its 95 % interval goes beyond them"
      : `a change of 5 points or more was seen, but its direction is only ${percent(direction > 0 ? improved : declined)} % sure`;
  return { ...base, verdict: "not_enough_evidence", reason };
}

/** 1 when the rate rose by 5 points or more, −1 when it fell by as much, else 0. In whole numbers, hence exact. */
function change(recent: Outcomes, historical: Outcomes): -1 | 0 | 1 {
  const difference = POINTS.denominator * (recent.successes * historical.total - historical.successes * recent.total);
  const limit = POINTS.numerator * recent.total * historical.total;
  if (difference >= limit) return 1;
  return difference <= -limit ? -1 : 0;
}

/** Never rounded up: 94.98 % is not the 95.0 % that would have sufficed. */
function percent(probability: number): string {
  return (Math.floor(probability * 1000) / 10).toFixed(1);
}

/**
 * Probability that the success rate of `a` is above that of `b`, given the runs of both and, before any run, every rate
 * as likely as every other: independent Beta(1, 1) priors, so Beta(1 + successes, 1 + failures) posteriors. Without
 * runs on either side it is 1/2.
 *
 * The value is exact but for rounding: Beta(i, n + 1 − i) is the i-th smallest of n uniform numbers, so a's posterior
 * is the (sₐ + 1)-th smallest of nₐ + 1, and b's the (s_b + 1)-th smallest of n_b + 1. b's is the smaller one just when
 * the first sₐ + s_b + 1 of all nₐ + n_b + 2 numbers in order hold at most sₐ of a's. All orders being equally likely,
 * their number is hypergeometric, and the probability is one of its tails.
 *
 * Source: P. M. E. Altham, Exact Bayesian analysis of a 2×2 contingency table, and Fisher's "exact" significance test,
 * JRSS B 31 (1969). The same number as by J. D. Cook, Exact calculation of beta inequalities (2005), without gamma
 * functions.
 */
export function probabilityBetter(a: Outcomes, b: Outcomes): number {
  return hypergeometricAtMost(a.successes, a.total + 1, b.total + 1, a.successes + b.successes + 1);
}

/**
 * Probability of at most `limit` marked ones among `drawn` of `marked + unmarked`.
 *
 * Terms follow from the most probable one by their ratios, and are divided by their sum. So nothing overflows and
 * nothing cancels, and terms too small to count are never computed: a million runs on either side take some 30,000.
 */
function hypergeometricAtMost(limit: number, marked: number, unmarked: number, drawn: number): number {
  const mode = Math.floor(((drawn + 1) * (marked + 1)) / (marked + unmarked + 2));
  let below = 0;
  let above = 0;
  const add = (k: number, term: number) => {
    if (k <= limit) below += term;
    else above += term;
  };
  add(mode, 1);
  let term = 1;
  for (let k = mode; term > NEGLIGIBLE; k++) {
    term *= ((marked - k) * (drawn - k)) / ((k + 1) * (unmarked - drawn + k + 1));
    add(k + 1, term);
  }
  term = 1;
  for (let k = mode; term > NEGLIGIBLE; k--) {
    term *= (k * (unmarked - drawn + k)) / ((marked - k + 1) * (drawn - k + 1));
    add(k - 1, term);
  }
  return below / (below + above);
}
