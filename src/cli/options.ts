import { InvalidArgumentError, Option, type Command } from "commander";

import { RECENT_DAYS } from "../analyze/trends.js";
import { parseTimestamp } from "../event/clock.js";

/** What every command understands. */
export interface CommonOptions {
  readonly dir?: string;
  readonly json?: boolean;
}

/** What every command that analyses understands. */
export interface AnalysisOptions extends CommonOptions {
  readonly asOf?: string;
  readonly abandonedAfter: number;
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

function positiveNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number > 0) || !Number.isFinite(number))
    throw new InvalidArgumentError("It must be a number greater than 0.");
  return number;
}
