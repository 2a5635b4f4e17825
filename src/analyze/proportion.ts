/** Lower and upper bound. */
export type Interval = readonly [lower: number, upper: number];

/** A share as a whole number of hundredths, as sentences have it: `42 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Two-sided 95 % quantile of the standard normal distribution. */
export const Z = 1.959963984540054;

/**
 * The share of successes, or `null` when nothing was observed: no runs is not the same as no success.
 */
export function rate(successes: number, total: number): number | null {
  return total > 0 ? successes / total : null;
}

/**
 * 95 % score interval of a proportion. Unlike the textbook interval it is right for few runs and for rates near 0 and 1.
 *
 * Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
 *
 * @returns bounds in [0, 1], or `null` when nothing was observed
 */
export function wilsonInterval(successes: number, total: number): Interval | null {
  if (total <= 0) return null;
  const p = successes / total;
  const centre = (p + (Z * Z) / (2 * total)) / (1 + (Z * Z) / total);
  const margin = (Z / (1 + (Z * Z) / total)) * Math.sqrt((p * (1 - p)) / total + (Z * Z) / (4 * total * total));
  return [successes === 0 ? 0 : centre - margin, successes === total ? 1 : centre + margin];
}

/**
 * 95 % interval of the difference `a − b` of two proportions.
 *
 * Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in
 * Medicine 17 (1998), method 10.
 *
 * @returns bounds in [-1, 1], or `null` when one of the two was not observed
 */
export function newcombeInterval(
  a: { readonly successes: number; readonly total: number },
  b: { readonly successes: number; readonly total: number },
): Interval | null {
  const first = wilsonInterval(a.successes, a.total);
  const second = wilsonInterval(b.successes, b.total);
  if (!first || !second) return null;
  const pa = a.successes / a.total;
  const pb = b.successes / b.total;
  return [pa - pb - Math.hypot(pa - first[0], second[1] - pb), pa - pb + Math.hypot(first[1] - pa, pb - second[0])];
}
