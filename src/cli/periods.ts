import { InvalidArgumentError } from "commander";

import { formatTimestamp, parseTimestamp } from "../event/clock.js";
import { CommandError } from "./errors.js";

/** A stretch of time in ISO 8601, from `start` (inclusive) to `end` (exclusive). */
export interface TimeSpan {
  readonly start: string;
  readonly end: string;
}

/** How a user names two periods. */
export interface PeriodOptions {
  readonly before?: TimeSpan;
  readonly after?: TimeSpan;
  readonly split?: string;
  readonly days?: number;
}

/** The earliest time there is. */
export const BEGINNING = formatTimestamp(0);

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const DEFAULT_DAYS = 7;

/** Reads `2026-10-01..2026-10-15`. */
export function timeSpan(text: string): TimeSpan {
  const [start, end, ...rest] = text.split("..").map((part) => parseTimestamp(part.trim()));
  if (start === undefined || end === undefined || rest.length > 0)
    throw new InvalidArgumentError("It must be two ISO 8601 times, such as 2026-10-01..2026-10-15.");
  if (end <= start)
    throw new InvalidArgumentError("It must end after it starts; the end itself does not belong to it.");
  return { start: formatTimestamp(start), end: formatTimestamp(end) };
}

/**
 * The two periods that the options name; by default the last 7 days and the 7 before.
 *
 * @param now in milliseconds since 1970
 * @throws {CommandError} when they name none, or several
 */
export function periodsOf({ before, after, split, days }: PeriodOptions, now: number): [TimeSpan, TimeSpan] {
  const named = before !== undefined || after !== undefined;
  if ([named, split !== undefined, days !== undefined].filter(Boolean).length > 1)
    throw new CommandError("only one of --before with --after, --split and --days can be used", 2);
  if (named) {
    if (!before || !after) throw new CommandError("--before and --after must be used together", 2);
    return [before, after];
  }
  const end = formatTimestamp(now);
  if (split !== undefined) {
    const middle = formatTimestamp(parseTimestamp(split)!);
    if (middle >= end) throw new CommandError(`--split must lie in the past: it is ${end} now`, 2);
    if (middle <= BEGINNING) throw new CommandError("--split must lie after 1970", 2);
    return [
      { start: BEGINNING, end: middle },
      { start: middle, end },
    ];
  }
  const length = (days ?? DEFAULT_DAYS) * DAY_MILLISECONDS;
  if (2 * length > now) throw new CommandError("--days must not reach back beyond 1970", 2);
  const middle = formatTimestamp(now - length);
  return [
    { start: formatTimestamp(now - 2 * length), end: middle },
    { start: middle, end },
  ];
}
