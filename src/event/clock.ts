/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Clock = () => number;

/** The longest duration that is taken for one: a thousand years. */
export const MAX_SECONDS = 31_536_000_000;

/** What a timestamp in the log looks like. Without a zone it is UTC, as Python's `datetime.utcnow()` means it. */
export const TIMESTAMP_PATTERN =
  "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-5]):?[0-5][0-9])?";

const TIMESTAMP = new RegExp(`^${TIMESTAMP_PATTERN}$`);

/** Clocks are set back by less than this when they are kept in time; by more when they were wrong before. */
const SLEW_MILLISECONDS = 1000;

/**
 * A clock that does not run backwards while the system's is kept in time, so that one writer's lines stay in order.
 * It follows a larger step back: then what it said before was wrong.
 */
export function steadyClock(source: Clock = Date.now): Clock {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const read = source();
    const now = Number.isFinite(read) ? read : Date.now();
    if (now > last || now < last - SLEW_MILLISECONDS) last = now;
    return last;
  };
}

/** Formats as the recorder writes: UTC, ISO 8601, milliseconds. */
export function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Formats microseconds since 1970: UTC, ISO 8601, with microseconds where there are any. */
export function microsecondTimestamp(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = microseconds - milliseconds * 1000;
  const text = formatTimestamp(milliseconds);
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

/**
 * Reads a point in time as users write it (`2026-11-01`, `2026-11-01T12:00:00Z`, `2026-11-01T12:00:00+02:00`).
 * Without a zone it is UTC.
 *
 * @returns milliseconds since 1970, or `undefined` when the text is no point in time
 */
export function parseTimestamp(text: string): number | undefined {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  if (!TIMESTAMP.test(whole)) return undefined;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(whole.slice(10)) ? whole : `${whole}Z`;
  const milliseconds = Date.parse(zoned.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"));
  // Date.parse reads February 30 as March 2.
  const day = new Date(`${whole.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(milliseconds) || day.getUTCDate() !== Number(whole.slice(8, 10)) ? undefined : milliseconds;
}

/**
 * Reads a point in time as callers of the API give it.
 *
 * @param name what it is, for the error
 * @returns milliseconds since 1970
 * @throws {RangeError} when it is none
 */
export function timeOf(name: string, time: string | Date): number {
  const value = time instanceof Date ? time.getTime() : parseTimestamp(time);
  if (value === undefined || Number.isNaN(value)) {
    const example = "a Date or an ISO 8601 time such as 2026-11-01T12:00:00Z";
    throw new RangeError(`${name} must be ${example}, got ${String(time)}`);
  }
  return value;
}

/** Whether a line's `timestamp` can be read. A date alone is no timestamp. */
export function isTimestamp(text: string): boolean {
  return TIMESTAMP.test(text) && parseTimestamp(text) !== undefined;
}
