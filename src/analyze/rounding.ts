/**
 * Rounds half to even in decimal, as Python's `round` does: the specified keys carry the digits that the specified
 * implementation prints. `null` (not known) stays `null`.
 */
export function round(value: number, digits: number): number;
export function round(value: number | null, digits: number): number | null;
export function round(value: number | null, digits: number): number | null {
  if (value === null) return null;
  const rounded = Number(value.toFixed(digits));
  if (!isTie(value, digits)) return rounded;
  // toFixed takes the one of the two equally near neighbours that is farther from zero.
  const unit = 10 ** -digits;
  const even = Math.round(rounded / unit) % 2 === 0;
  return even ? rounded : Number((rounded - Math.sign(value) * unit).toFixed(digits));
}

function isTie(value: number, digits: number): boolean {
  const [, fraction = ""] = value.toFixed(digits + 40).split(".");
  return /^50*$/.test(fraction.slice(digits));
}
