import { existsSync } from "node:fs";

import { InvalidArgumentError, Option, type Command } from "commander";

import type { TelemetryAnalyzer } from "../analyzer.js";
import { parseTimestamp } from "../event/clock.js";
import { findTelemetryDirectory } from "../event/directory.js";
import { CommandError } from "./errors.js";
import { count } from "./format.js";
import { note, print, style } from "./terminal.js";

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
    )
    .option("--json", "print JSON");
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
  return command.option("--days <number>", "how many days to look back, more than 7", days, 30);
}

function days(text: string): number {
  const number = positiveNumber(text);
  if (number <= 7)
    throw new InvalidArgumentError("It must be more than 7: the last 7 days are compared with the rest.");
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

/** The telemetry directory that a reading command means; one that the user named must exist. */
export function existingDirectory(options: CommonOptions): string {
  const directory = findTelemetryDirectory(options.dir);
  const named = options.dir !== undefined || process.env["OAK_TELEMETRY_DIR"];
  if (named && !existsSync(directory)) {
    const source = options.dir === undefined ? "OAK_TELEMETRY_DIR" : "--dir";
    throw new CommandError(`telemetry directory ${directory} does not exist (named by ${source})`);
  }
  return directory;
}

/** Opens the analyzer that the options ask for, lets `use` print, and closes it. Says when lines could not be read. */
export async function withAnalyzer(
  options: AnalysisOptions,
  use: (analyzer: TelemetryAnalyzer) => Promise<void>,
): Promise<void> {
  const directory = existingDirectory(options);
  const { TelemetryAnalyzer } = await import("../analyzer.js");
  const analyzer = new TelemetryAnalyzer({
    directory,
    ...(options.asOf === undefined ? {} : { as_of: options.asOf }),
    abandoned_after_seconds: options.abandonedAfter * 3600,
  });
  try {
    await use(analyzer);
    const unreadable = await analyzer.unreadableLines();
    if (unreadable > 0 && !options.json) {
      note(style("yellow", `${count(unreadable, "line")} could not be read: oak doctor tells where and why`));
    }
  } finally {
    analyzer.close();
  }
}

/** What to say where nothing was recorded. */
export function printEmpty(directory: string): void {
  print(
    `No telemetry yet in ${directory}`,
    "",
    "  See what it would show:   oak demo",
    '  Record from a program:    import { startWorkflow } from "oak-telemetry"',
    "  Record from a script:     oak log --help",
    "  Read another directory:   oak report --dir PATH",
  );
}
