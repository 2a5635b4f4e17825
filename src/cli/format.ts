import type { Interval } from "../analyze/proportion.js";

/** What stands where a number is not known. */
export const UNKNOWN = "–";

/** `84.4%` */
export function percent(share: number | null, digits = 1): string {
  return share === null ? UNKNOWN : `${(share * 100).toFixed(digits)}%`;
}

/** `+4.7` for a difference of rates, in percentage points. */
export function points(difference: number | null): string {
  return difference === null ? UNKNOWN : signed(difference * 100, 1);
}

/** `79–89`: an interval of rates, in percent. */
export function interval(bounds: Interval | null): string {
  return bounds === null ? UNKNOWN : `${Math.round(bounds[0] * 100)}–${Math.round(bounds[1] * 100)}`;
}

/** `-9 to +13`: an interval of a difference of rates, in percentage points. */
export function signedInterval(bounds: Interval | null): string {
  return bounds === null ? UNKNOWN : `${signed(bounds[0] * 100, 0)} to ${signed(bounds[1] * 100, 0)}`;
}

/** As a person would say it: `0.4 s`, `42 s`, `4 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, size]) => whole >= size);
  const [name, size] = units[first]!;
  const rest = units[first + 1];
  const second = rest ? Math.floor((whole % size) / rest[1]) : 0;
  return `${Math.floor(whole / size)} ${name}${second > 0 ? ` ${second} ${rest![0]}` : ""}`;
}

/** `12,345` for a whole number. Not by its locale: to load one takes 5 ms. */
export function grouped(number: number): string {
  return String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `950`, `9.5k`, `12k`, `1.2M`: a number where there is little room. */
export function compact(number: number | null): string {
  if (number === null) return UNKNOWN;
  const whole = Math.round(number);
  // 999.5 thousand would be 1000k.
  const [unit, size] = whole >= 999_500 ? ["M", 1e6] : whole >= 1000 ? ["k", 1000] : ["", 1];
  const value = whole / size;
  return `${size > 1 && value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)}${unit}`;
}

/** `1 workflow`, `2 workflows` */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(number)} ${number === 1 ? noun : plural}`;
}

/** `2026-11-01` */
export function day(timestamp: string): string {
  return timestamp.slice(0, 10);
}

function signed(number: number, digits: number): string {
  const text = number.toFixed(digits);
  return number > 0 && Number(text) !== 0 ? `+${text}` : text.replace(/^-(0(\.0*)?)$/, "$1");
}
