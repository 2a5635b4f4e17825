/**
 * Complementary error function of x ≥ 0, to 12 digits: below 2.5 by the series of erf, above by the continued fraction
 * (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14).
 */
export function erfc(x: number): number {
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2.5) {
    let term = 2 * x;
    let sum = 0;
    for (let k = 1; sum + term !== sum; k++) {
      sum += term;
      term *= (2 * x * x) / (2 * k + 1);
    }
    return 1 - scale * sum;
  }
  let fraction = x;
  for (let k = 100; k >= 1; k--) fraction = x + k / 2 / fraction;
  return scale / fraction;
}

/** Probability that a standard normal draw is at most x. */
export function normalCdf(x: number): number {
  const tail = erfc(Math.abs(x) / Math.SQRT2) / 2;
  return x < 0 ? tail : 1 - tail;
}

/** Density of the standard normal distribution. */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
