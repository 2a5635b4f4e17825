import { mulberry32 } from "../analyze/band.js";

/** Draws numbers in [0, 1). */
export type Random = () => number;

/** A source of its own for each purpose: what one draws does not change what another gets. */
export function randomOf(seed: number, purpose: number): Random {
  return mulberry32(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b));
}

/** A whole number in [0, size). */
export function below(size: number, random: Random): number {
  return Math.floor(random() * size);
}

/** The items in random order. Source: R. Durstenfeld, Algorithm 235, CACM 7 (1964). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(i + 1, random);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/**
 * A draw from the Beta distribution, from two of the Gamma distribution.
 *
 * Source: G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables, TOMS 26 (2000).
 *
 * @param a,b at least 1
 */
export function drawBeta(a: number, b: number, random: Random): number {
  const x = drawGamma(a, random);
  return x / (x + drawGamma(b, random));
}

function drawGamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A draw from the standard normal distribution, by Box and Muller's transformation. */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
