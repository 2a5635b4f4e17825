import type { Interval } from "../../analyze/proportion.js";
import { percent, UNKNOWN } from "../format.js";

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const;

/** A duration in one unit, where there is little room: `42 s`, `3.9 min`, `5.2 h`. */
export function shortDuration(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 0) return `-${shortDuration(-seconds)}`;
  // From 59.95 s on one decimal of a minute says as much.
  const [unit, size] = UNITS.find(([, length]) => seconds >= 0.999 * length) ?? ["s", 1];
  const value = seconds / size;
  return `${value >= 100 || (unit === "s" && value >= 10) ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
}

/** `+27 s`, `-3.9 min`: a difference of durations. */
export function signedDuration(seconds: number | null): string {
  const text = shortDuration(seconds);
  return seconds !== null && seconds > 0 && text !== "0 s" ? `+${text}` : text.replace(/^-0 s$/, "0 s");
}

/** `+0.16`: a difference with so many decimals. */
export function signedNumber(value: number, digits: number): string {
  const text = value.toFixed(digits);
  if (Number(text) === 0) return (0).toFixed(digits);
  return value > 0 ? `+${text}` : text;
}

/** `98.6%`, and never quite 0 or 100: no run of agents proves that. */
export function probability(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value < 0.001) return "<0.1%";
  return value > 0.999 ? ">99.9%" : percent(value);
}

/** `p = 0.031` */
export function pValue(p: number | null): string {
  if (p === null) return `p ${UNKNOWN}`;
  return p < 0.001 ? "p < 0.001" : `p = ${p.toPrecision(2)}`;
}

/** What the interval of a difference says: whether the difference could be chance. */
export function contains0(bounds: Interval): boolean {
  return bounds[0] <= 0 && bounds[1] >= 0;
}
