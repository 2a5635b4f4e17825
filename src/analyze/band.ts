import type { Interval } from "./proportion.js";

/** Completed workflows, and groups of them, below which no band is stated. */
const ENOUGH = 5;

/** Resamples behind an interval: Efron & Tibshirani ask for 1,000 or more for percentiles. */
const RESAMPLES = 2000;

/** Any fixed number: the same workflows give the same interval, today and tomorrow. */
const SEED = 0x0a4b;

/** From least to most idle time. */
const BANDS = ["stay", "monitor", "consider"] as const;

/** What the idle share suggests: stay with the way of coordination, keep an eye on it, or consider another. */
export type PhaseBand = (typeof BANDS)[number];

/** Limits of the bands, percent of wall time. Both themselves belong to "monitor". */
export interface BandThresholds {
  /** Below it: "stay". */
  readonly stay: number;
  /** Above it: "consider". */
  readonly consider: number;
}

/** The specified limits. */
export const BAND_THRESHOLDS: BandThresholds = { stay: 15, consider: 30 };

/** Time of a workflow, or of several added up, in microseconds. */
export interface IdleTime {
  /** Time in which no agent was active. */
  readonly idle: number;
  /** Time from start to end. */
  readonly wall: number;
}

/** Which band the idle share is in, as far as that can be told from so many workflows. */
export interface BandEstimate {
  readonly status: "decided" | "undecided";
  /** One when decided, else those in question, from least to most idle; none when nothing was measured. */
  readonly bands: readonly PhaseBand[];
  /** Pooled: Σ idle / Σ wall, in [0, 1]; `null` when nothing was measured. */
  readonly idle_share: number | null;
  /** 95 % bootstrap interval of `idle_share`; `null` below 5 workflows. */
  readonly interval: Interval | null;
  /** Why it is undecided. */
  readonly reason?: string;
}

/**
 * Finds the band of the pooled idle share.
 *
 * Decided when at least 5 workflows have completed and the interval lies, with the share itself, in one band. Else the
 * bands that the two touch are named. With fewer workflows an interval means nothing: then it is the band of the share
 * and, of those that the limits leave possible, the one whose limit is nearest (of two as near, the lower).
 *
 * @param times one per workflow, or per group of workflows where there are too many: work grows with their number times
 *   2,000. Groups must be put together without regard to their times. Those without wall time are left out
 * @param completed how many completed workflows that is
 * @throws RangeError unless 0 ≤ stay ≤ consider ≤ 100
 */
export function phaseBand(
  times: readonly IdleTime[],
  completed: number,
  thresholds: BandThresholds = BAND_THRESHOLDS,
): BandEstimate {
  validate(thresholds);
  const measured = times.filter(({ wall }) => wall > 0);
  if (measured.length === 0)
    return { status: "undecided", bands: [], idle_share: null, interval: null, reason: "no workflow has wall time" };
  const percent = pooledPercent(measured);
  const idle_share = percent / 100;
  if (Math.min(completed, measured.length) < ENOUGH) {
    const reason = `${ENOUGH} completed workflows are needed, there are ${Math.min(completed, measured.length)}`;
    return { status: "undecided", bands: nearestBands(percent, thresholds), idle_share, interval: null, reason };
  }
  const [lower, upper] = bootstrapPercents(measured);
  const indices = [lower, percent, upper].map((value) => bandIndex(value, thresholds));
  const bands = BANDS.slice(Math.min(...indices), Math.max(...indices) + 1);
  const base = { bands, idle_share, interval: [lower / 100, upper / 100] as const };
  if (bands.length === 1) return { status: "decided", ...base };
  return { status: "undecided", ...base, reason: `the 95 % interval reaches into ${bands.length} bands` };
}

function validate({ stay, consider }: BandThresholds): void {
  if (!(stay >= 0 && stay <= 100)) throw new RangeError(`stay must be from 0 to 100 percent, not ${stay}`);
  if (!(consider >= stay && consider <= 100))
    throw new RangeError(`consider must be from stay (${stay}) to 100 percent, not ${consider}`);
}

/** Index in {@link BANDS}. */
function bandIndex(percent: number, { stay, consider }: BandThresholds): number {
  if (percent < stay) return 0;
  return percent > consider ? 2 : 1;
}

/** The band of a value and the one it would be in soonest if it changed. */
function nearestBands(percent: number, thresholds: BandThresholds): PhaseBand[] {
  const { stay, consider } = thresholds;
  const own = bandIndex(percent, thresholds);
  if (own !== 1) return BANDS.slice(Math.min(own, 1), Math.max(own, 1) + 1);
  const below = stay > 0 ? percent - stay : Infinity;
  const above = consider < 100 ? consider - percent : Infinity;
  if (below === Infinity && above === Infinity) return ["monitor"];
  return below <= above ? ["stay", "monitor"] : ["monitor", "consider"];
}

function pooledPercent(times: readonly IdleTime[]): number {
  const sum = (of: keyof IdleTime) => times.reduce((total, time) => total + time[of], 0);
  return (100 * sum("idle")) / sum("wall");
}

/**
 * 95 % percentile bootstrap interval of 100 · Σ idle / Σ wall: workflows are drawn with replacement, as many as there
 * are, 2,000 times over; the 50th and the 1,950th of the ratios in order are the bounds.
 *
 * Source: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
 */
function bootstrapPercents(times: readonly IdleTime[]): Interval {
  const idle = Float64Array.from(times, (time) => time.idle);
  const wall = Float64Array.from(times, (time) => time.wall);
  const random = mulberry32(SEED);
  const percents = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let idleSum = 0;
    let wallSum = 0;
    for (let draw = 0; draw < times.length; draw++) {
      const i = Math.floor(random() * times.length);
      idleSum += idle[i]!;
      wallSum += wall[i]!;
    }
    percents[resample] = (100 * idleSum) / wallSum;
  }
  percents.sort();
  return [percents[RESAMPLES * 0.025 - 1]!, percents[RESAMPLES * 0.975 - 1]!];
}

/**
 * Uniform numbers in [0, 1), the same for the same seed. Source: T. Ettinger, mulberry32 (2017, public domain): 32 bits
 * of state, good for some billions of draws, not for secrets.
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
