import type { Interval } from "../analyze/proportion.js";
import { below, randomOf } from "./random.js";

/** Efron & Tibshirani ask for 1,000 or more for percentiles. */
const RESAMPLES = 1000;

/** Any fixed number: the same runs give the same interval. */
const SEED = 0x0a4b;

/**
 * 95 % percentile bootstrap interval of what is computed from a sample. Resamples of which it cannot be computed (NaN)
 * do not count.
 *
 * Source: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
 *
 * @param sample not empty
 */
export function bootstrapInterval<T>(sample: readonly T[], statistic: (sample: readonly T[]) => number): Interval {
  const random = randomOf(SEED, 0);
  const values = Array.from({ length: RESAMPLES }, () =>
    statistic(Array.from(sample, () => sample[below(sample.length, random)]!)),
  );
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return [at(0.025), at(0.975)];
}
