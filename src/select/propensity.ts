import { normalCdf, normalDensity } from "../analyze/normal.js";

/** A score that is drawn from a normal distribution; without a deviation it is certain. */
export interface Draw {
  readonly mean: number;
  readonly sd: number;
}

/** A deviation below this is none. */
const LEAST_SD = 1e-9;

/** So many deviations from the mean hardly anything is drawn: 2 in 10⁹. */
const REACH = 6;

/** Nodes and weights of Gauss's quadrature with 5 points on [−1, 1] (Abramowitz & Stegun 1964, table 25.4). */
const GAUSS = [
  [-0.906179845938664, 0.2369268850561891],
  [-0.5384693101056831, 0.47862867049936647],
  [0, 0.5688888888888889],
  [0.5384693101056831, 0.47862867049936647],
  [0.906179845938664, 0.2369268850561891],
] as const satisfies readonly (readonly [node: number, weight: number])[];

/**
 * How probable it is that one of several independent draws is the highest, to 1e-6:
 * ∫ φ(z) Π Φ((mᵢ + sᵢz − mⱼ) / sⱼ) dz over all others j, computed, not sampled. Of certain scores that are equal the
 * earlier counts as higher.
 *
 * In the terms of W. R. Thompson (Biometrika 25, 1933) it is the probability that one exceeds the others; in those of
 * off-policy evaluation, the propensity of an agent that is chosen by such draws.
 *
 * @param which its place among the draws
 */
export function probabilityOfHighest(draws: readonly Draw[], which: number): number {
  if (draws.length === 1) return 1;
  const own = draws[which]!;
  const others = draws.filter((draw, i) => i !== which && isDrawn(draw));
  const certain = draws.filter((draw) => !isDrawn(draw)).toSorted((a, b) => b.mean - a.mean)[0];
  const beats = (score: number) =>
    others.reduce((all, { mean, sd }) => (score < mean + REACH * sd ? all * normalCdf((score - mean) / sd) : all), 1);
  if (!isDrawn(own)) return own === certain ? beats(own.mean) : 0;
  const end = own.mean + REACH * own.sd;
  // Below this it beats none of those that are as bad as they may be, nor the best that is certain.
  const start = Math.max(...[own, ...others].map(({ mean, sd }) => mean - REACH * sd), certain?.mean ?? -Infinity);
  let probability = 0;
  for (let from = start; from < end;) {
    // Where nothing changes much: a deviation of whatever lies here, up to where something else begins.
    const to = Math.min(end, ...[own, ...others].map((draw) => stepOf(draw, from)));
    const half = (to - from) / 2;
    for (const [node, weight] of GAUSS) {
      const score = from + half * (1 + node);
      probability += ((half * weight) / own.sd) * normalDensity((score - own.mean) / own.sd) * beats(score);
    }
    from = to;
  }
  return Math.min(1, probability);
}

function isDrawn({ sd }: Draw): boolean {
  return sd >= LEAST_SD;
}

/** How far one may go from a score before a distribution has changed by much. */
function stepOf({ mean, sd }: Draw, score: number): number {
  return score < mean - REACH * sd ? mean - REACH * sd : score < mean + REACH * sd ? score + sd : Infinity;
}
