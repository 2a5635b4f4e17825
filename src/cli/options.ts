import { InvalidArgumentError, Option, type Command } from "commander";

import type { BandThresholds } from "../analyze/band.js";
import { RECENT_DAYS } from "../analyze/trends.js";
import { formatTimestamp, parseTimestamp } from "../event/clock.js";

/** What every command understands. */
export interface CommonOptions {
  readonly dir?: string;
  readonly json?: boolean;
}

/** What every command that analyses understands. */
export interface AnalysisOptions extends CommonOptions {
  readonly asOf?: string;
  readonly abandonedAfter: number;
  /** Of commands with {@link bandsOption}. */
  readonly bands?: BandThresholds;
}

/** Adds `--dir` and `--json`. */
export function commonOptions(command: Command): Command {
  return command
    .option(
      "--dir <path>",
      "telemetry directory (default: $OAK_TELEMETRY_DIR, the nearest .oak folder, or your data folder)",
      path,
    )
    .option("--json", "print JSON");
}

/** An unset variable of a script must not mean the default directory. */
function path(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

/** Adds what every command that analyses understands. */
export function analysisOptions(command: Command): Command {
  return commonOptions(command)
    .option("--as-of <time>", "what counts as now: ISO 8601, such as 2026-11-01T12:00:00Z (default: now)", time)
    .addOption(
      new Option("--abandoned-after <hours>", "hours of silence after which a workflow without an end is abandoned")
        .argParser(positiveNumber)
        .default(24),
    );
}

/** Adds `--bands`, the limits of the advice on overhead. */
export function bandsOption(command: Command): Command {
  return command.option(
    "--bands <stay,consider>",
    "percent of waiting below which to stay, and above which to consider Phase 3 (default: 15,30)",
    bands,
  );
}

function bands(text: string): BandThresholds {
  const [stay, consider, ...rest] = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (
    stay === undefined ||
    consider === undefined ||
    rest.length > 0 ||
    !(0 <= stay && stay <= consider && consider <= 100)
  )
    throw new InvalidArgumentError("It must be two percentages from 0 to 100, the smaller first, such as 15,30.");
  return { stay, consider };
}

/** Adds `--days`, the span of trends. */
export function daysOption(command: Command): Command {
  return command.option("--days <number>", `how many days to look back, more than ${RECENT_DAYS}`, days, 30);
}

function days(text: string): number {
  const number = positiveNumber(text);
  if (number <= RECENT_DAYS)
    throw new InvalidArgumentError(
      `It must be more than ${RECENT_DAYS}: the last ${RECENT_DAYS} days are compared with the rest.`,
    );
  return number;
}

export function time(text: string): string {
  if (parseTimestamp(text) === undefined)
    throw new InvalidArgumentError("It must be an ISO 8601 time, such as 2026-11-01 or 2026-11-01T12:00:00Z.");
  return text;
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** A point in time as ISO 8601, which may depend on what counts as now (milliseconds). */
export type PointInTime = (now: number) => string;

/** A time in ISO 8601, or how long before now: `30m`, `24h`, `7d`. */
export function since(text: string): PointInTime {
  if (parseTimestamp(text) !== undefined) return () => text;
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,6})?)([smhdw])$/.exec(text) ?? [];
  if (number === undefined)
    throw new InvalidArgumentError("It must be how long ago, such as 30m, 24h or 7d, or an ISO 8601 time.");
  const milliseconds = Number(number) * SECONDS[unit as keyof typeof SECONDS] * 1000;
  return (now) => formatTimestamp(Math.max(0, now - milliseconds));
}

/** A number of things, at least one. */
export function wholeNumber(text: string): number {
  const number = positiveNumber(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError("It must be a whole number.");
  return number;
}

export function positiveNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number > 0) || !Number.isFinite(number))
    throw new InvalidArgumentError("It must be a number greater than 0.");
  return number;
}
