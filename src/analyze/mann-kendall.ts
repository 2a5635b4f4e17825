import { erfc } from "./normal.js";
import { Z, type Interval } from "./proportion.js";

/** Points below which no order of values is remarkable: with 3, p is 1/3 at the least. (With 4 it is 1/12.) */
const LEAST_POINTS = 4;

/** Points from which on the normal approximation is used. */
const MANY_POINTS = 10;

const SIGNIFICANT = 0.05;

/** A value at a time, both finite, in any units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Whether a series rises or falls. */
export interface MonotonicTrend {
  /** "increasing" and "decreasing" with p < 0.05; "insufficient_data" below 4 points or when all have the same x. */
  readonly trend: "increasing" | "decreasing" | "no_trend" | "insufficient_data";
  /** Median of the slopes between any two points (Sen), units of y per unit of x. */
  readonly slope: number | null;
  /** 95 % interval of the slope; of 4 points, or many ties, only the range of the slopes, which covers less. */
  readonly slope_interval: Interval | null;
  /** Two-sided: probability of so clear an order of the values by chance. */
  readonly p_value: number | null;
  /** Points. */
  readonly n: number;
}

/**
 * Mann-Kendall test for a monotonic trend, with Sen's slope. Says nothing about the form of the trend, and takes the
 * values for independent. Any order of points; several may have the same x. Work and memory grow with the square of their
 * number, because the interval needs the slopes of all pairs in order: meant for a point a day, of which ten years give
 * seven million pairs.
 *
 * p is exact below 10 points unless both some x and some y occur more than once; else by the normal approximation with
 * corrections for ties and continuity.
 *
 * Source: H. B. Mann, Nonparametric tests against trend, Econometrica 13 (1945); M. G. Kendall, Rank Correlation Methods
 * (1970); P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968); all as in R. O.
 * Gilbert, Statistical Methods for Environmental Pollution Monitoring (1987), chapter 16.
 */
export function mannKendall(series: readonly Point[]): MonotonicTrend {
  const n = series.length;
  const { score, slopes } = comparePairs(series);
  if (n < LEAST_POINTS || slopes.length === 0)
    return { trend: "insufficient_data", slope: null, slope_interval: null, p_value: null, n };
  const tiesX = tiesOf(series.map(({ x }) => x));
  const tiesY = tiesOf(series.map(({ y }) => y));
  const variance = scoreVariance(n, tiesX, tiesY);
  const exact = n < MANY_POINTS && (tiesX.length === 0 || tiesY.length === 0);
  const p_value = exact ? exactP(score, n, [...tiesX, ...tiesY]) : normalP(score, variance);
  const trend = p_value >= SIGNIFICANT ? "no_trend" : score > 0 ? "increasing" : "decreasing";
  const margin = Z * Math.sqrt(variance);
  // Gilbert counts from 1: the M₁-th and the (M₂ + 1)-th, M = (N ∓ margin) / 2.
  const lower = at(slopes, (slopes.length - margin) / 2 - 1);
  const upper = at(slopes, (slopes.length + margin) / 2);
  return { trend, slope: at(slopes, (slopes.length - 1) / 2), slope_interval: [lower, upper], p_value, n };
}

/** S, the pairs that rise minus the pairs that fall, and the slopes of all pairs with different x in order. */
function comparePairs(series: readonly Point[]): { score: number; slopes: Float64Array } {
  const slopes: number[] = [];
  let score = 0;
  series.forEach((a, i) => {
    for (const b of series.slice(i + 1)) {
      if (a.x === b.x) continue;
      // Never −0, which a quotient of 0 can be.
      const slope = (b.y - a.y) / (b.x - a.x) + 0;
      score += Math.sign(slope);
      slopes.push(slope);
    }
  });
  return { score, slopes: Float64Array.from(slopes).toSorted() };
}

/** How often each value occurs that occurs more than once. */
function tiesOf(values: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1);
}

/** Variance of S when there is no trend (Kendall 1970; Gilbert 1987, equation 16.4). */
function scoreVariance(n: number, tiesX: readonly number[], tiesY: readonly number[]): number {
  const sum = (ties: readonly number[], term: (t: number) => number) => ties.reduce((total, t) => total + term(t), 0);
  const all = (t: number) => t * (t - 1) * (2 * t + 5);
  const pairs = (t: number) => t * (t - 1);
  const triples = (t: number) => t * (t - 1) * (t - 2);
  return (
    (all(n) - sum(tiesX, all) - sum(tiesY, all)) / 18 +
    (sum(tiesX, pairs) * sum(tiesY, pairs)) / (2 * pairs(n)) +
    (sum(tiesX, triples) * sum(tiesY, triples)) / (9 * triples(n))
  );
}

function normalP(score: number, variance: number): number {
  // The continuity correction: S takes every other whole number, so it stands for the stretch of 1 on either side.
  const distance = Math.max(0, Math.abs(score) - 1);
  return distance === 0 ? 1 : erfc(distance / Math.sqrt(2 * variance));
}

/**
 * Two-sided p of S from the numbers of orders that have each number of falling pairs, which are the coefficients of
 * Π(1 − qᵏ), k to n, divided by the same product for each set of ties (MacMahon 1916).
 *
 * @param ties of the one variable that has some
 */
function exactP(score: number, n: number, ties: readonly number[]): number {
  const pairs = ties.reduce((left, t) => left - (t * (t - 1)) / 2, (n * (n - 1)) / 2);
  const orders = Array.from({ length: pairs + 1 }, (_, falling) => (falling === 0 ? 1 : 0));
  const multiply = (k: number) => {
    for (let i = pairs; i >= k; i--) orders[i]! -= orders[i - k]!;
  };
  const divide = (k: number) => {
    for (let i = k; i <= pairs; i++) orders[i]! += orders[i - k]!;
  };
  const untied = n - ties.reduce((total, t) => total + t, 0);
  for (let k = 1; k <= n; k++) multiply(k);
  for (let i = 0; i < untied; i++) divide(1);
  for (const t of ties) for (let k = 1; k <= t; k++) divide(k);
  let extreme = 0;
  let total = 0;
  orders.forEach((count, falling) => {
    total += count;
    if (Math.abs(pairs - 2 * falling) >= Math.abs(score)) extreme += count;
  });
  return extreme / total;
}

/** The value at a position counted from 0, between two values in proportion, at the ends the last there is. */
function at(sorted: Float64Array, position: number): number {
  const inside = Math.min(Math.max(position, 0), sorted.length - 1);
  const below = Math.floor(inside);
  const lower = sorted[below]!;
  const upper = sorted[Math.ceil(inside)]!;
  return lower === upper ? lower : lower + (inside - below) * (upper - lower);
}
