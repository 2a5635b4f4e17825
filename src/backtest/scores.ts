import { wilsonInterval, type Interval } from "../analyze/proportion.js";

/** Bins of equal width that stated probabilities are sorted into. */
const BINS = 10;

/** A probability of 0 or 1 that turned out wrong would cost infinitely many bits; it is taken for this near to it. */
const NEAREST = 0.001;

/** Sums over statements and what came of them, from which every score follows. */
export interface ScoreSums {
  readonly count: number;
  readonly outcome: number;
  readonly brier: number;
  readonly log_loss: number;
  /** By bin of the stated probability. */
  readonly bins: readonly BinSums[];
}

interface BinSums {
  readonly count: number;
  readonly stated: number;
  readonly outcome: number;
}

/** How well stated probabilities match what happened. All `null` when nothing was stated. */
export interface Scores {
  /** Mean outcome. */
  readonly value: number | null;
  /** Mean squared difference (G. W. Brier, Monthly Weather Review 78, 1950); less is better. */
  readonly brier: number | null;
  /** Expected calibration error: mean distance of stated and observed over 10 bins of equal width, weighted by size. */
  readonly ece: number | null;
  /** Mean −ln of the probability that was given to what happened; probabilities within [.001, .999]. */
  readonly log_loss: number | null;
}

/** A bin of a reliability diagram. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean of the stated probabilities. */
  readonly stated: number;
  /** Mean of the outcomes. */
  readonly observed: number;
  /** 95 % interval of `observed` (Wilson). */
  readonly interval: Interval;
}

/**
 * Sums over statements.
 *
 * @param stated probabilities
 * @param outcomes 0 to 1, as many. A mean of several trials counts as if each was scored
 * @param squares means of the squares of those trials, where outcomes are means of several
 */
export function scoreSums(
  stated: readonly number[],
  outcomes: readonly number[],
  squares = outcomes.map((y) => y * y),
): ScoreSums {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, stated: 0, outcome: 0 }));
  let outcome = 0;
  let brier = 0;
  let log_loss = 0;
  for (const [i, p] of stated.entries()) {
    const y = outcomes[i]!;
    const inside = Math.min(1 - NEAREST, Math.max(NEAREST, p));
    outcome += y;
    brier += p * p - 2 * p * y + squares[i]!;
    log_loss -= y * Math.log(inside) + (1 - y) * Math.log(1 - inside);
    const bin = bins[Math.min(BINS - 1, Math.floor(p * BINS))]!;
    bin.count += 1;
    bin.stated += p;
    bin.outcome += y;
  }
  return { count: stated.length, outcome, brier, log_loss, bins };
}

/** Scores of several sums together. */
export function scores(sums: readonly ScoreSums[]): Scores {
  const count = add(sums, (each) => each.count);
  if (count === 0) return { value: null, brier: null, ece: null, log_loss: null };
  const gap = mergedBins(sums).reduce((sum, { stated, outcome }) => sum + Math.abs(stated - outcome), 0);
  return {
    value: add(sums, (each) => each.outcome) / count,
    brier: add(sums, (each) => each.brier) / count,
    ece: gap / count,
    log_loss: add(sums, (each) => each.log_loss) / count,
  };
}

/** What was stated and what was observed, by bin; bins in which nothing was stated are left out. */
export function reliability(sums: readonly ScoreSums[]): ReliabilityBin[] {
  return mergedBins(sums).flatMap(({ count, stated, outcome }, i) =>
    count === 0
      ? []
      : [
          {
            from: i / BINS,
            to: (i + 1) / BINS,
            count,
            stated: stated / count,
            observed: outcome / count,
            interval: wilsonInterval(outcome, count)!,
          },
        ],
  );
}

/** Standard error of a mean of independent values; `null` below two. */
export function standardError(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 2) return null;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1) / n);
}

/**
 * Standard error of what is computed from several samples together, by leaving each out in turn (jackknife); `null`
 * below two.
 *
 * Source: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 11.2.
 */
export function jackknifeError<T>(samples: readonly T[], statistic: (samples: readonly T[]) => number): number | null {
  const n = samples.length;
  if (n < 2) return null;
  const without = samples.map((_, left) => statistic(samples.toSpliced(left, 1)));
  const centre = mean(without);
  return Math.sqrt(((n - 1) / n) * without.reduce((sum, value) => sum + (value - centre) ** 2, 0));
}

/** NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function mergedBins(sums: readonly ScoreSums[]): BinSums[] {
  return Array.from({ length: BINS }, (_, i) => ({
    count: add(sums, ({ bins }) => bins[i]!.count),
    stated: add(sums, ({ bins }) => bins[i]!.stated),
    outcome: add(sums, ({ bins }) => bins[i]!.outcome),
  }));
}

function add(sums: readonly ScoreSums[], value: (sums: ScoreSums) => number): number {
  return sums.reduce((total, each) => total + value(each), 0);
}
