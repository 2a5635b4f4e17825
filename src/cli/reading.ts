import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import type { AccessOptions } from "../access/open.js";
import type { TelemetryAnalyzer } from "../analyzer.js";
import { findTelemetryDirectory, LOG_FILES } from "../event/directory.js";
import { CommandError } from "./errors.js";
import { count } from "./format.js";
import type { ProgressListener } from "../log/size.js";
import type { AnalysisOptions, CommonOptions } from "./options.js";
import { progressLine } from "./progress.js";
import { isErrorTerminal, note, print } from "./terminal.js";

/** The telemetry directory that a reading command means; one that the user named must exist. */
export function existingDirectory(options: CommonOptions): string {
  const directory = findTelemetryDirectory(options.dir);
  const source = options.dir === undefined ? "OAK_TELEMETRY_DIR" : "--dir";
  const found = statSync(directory, { throwIfNoEntry: false });
  const named = options.dir !== undefined || process.env["OAK_TELEMETRY_DIR"];
  if (named && !found)
    throw new CommandError(
      `telemetry directory ${directory} does not exist (named by ${source}): check the path, or record something there first`,
    );
  if (found && !found.isDirectory())
    throw new CommandError(`${directory} is a file, not a telemetry directory${named ? ` (named by ${source})` : ""}`);
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
    ...(options.bands === undefined ? {} : { bands: options.bands }),
    onProgress: showProgress(),
  });
  try {
    await use(analyzer);
    const unreadable = await analyzer.unreadableLines();
    if (!options.json) noteUnreadable(unreadable);
  } finally {
    analyzer.close();
  }
}

/** What the options ask for, for what reads the tables without an analyzer. */
export function accessOptions(options: AnalysisOptions): AccessOptions {
  return {
    directory: existingDirectory(options),
    ...(options.asOf === undefined ? {} : { as_of: options.asOf }),
    abandoned_after_seconds: options.abandonedAfter * 3600,
    onProgress: showProgress(),
  };
}

/** Says that lines are in no number. */
export function noteUnreadable(lines: number): void {
  if (lines > 0) note(`${count(lines, "line")} could not be read: oak doctor tells where and why`);
}

/**
 * Says on a terminal how much has been read, in a line that is overwritten and gone at the end.
 *
 * @param doing what is being done
 */
export function showProgress(doing = "reading the log"): ProgressListener | undefined {
  if (!isErrorTerminal()) return undefined;
  const { show } = progressLine();
  return (done, total) => show(done < total ? `${doing}: ${Math.floor((100 * done) / total)}%` : "");
}

/** Whether a directory holds a log. */
export function hasTelemetry(directory: string): boolean {
  return Object.values(LOG_FILES).some((file) => existsSync(join(directory, file)));
}

/** What to say where nothing was recorded, or nothing before the time that was asked for. */
export function printEmpty(directory: string, { asOf }: Partial<AnalysisOptions> = {}): void {
  if (asOf !== undefined && hasTelemetry(directory))
    return print(
      `No telemetry in ${directory} from before ${asOf}`,
      "",
      "  Leave out --as-of to see what is there now.",
    );
  print(
    `No telemetry yet in ${directory}`,
    "",
    "  See what it would show:       oak demo",
    "  Claude Code, its past runs:   oak import claude-code",
    "  Claude Code, from now on:     oak init claude-code --user",
    "  OpenTelemetry traces:         oak import otlp FILE",
    '  Record from a program:        import { startWorkflow } from "oak-telemetry/record"',
    "  Record from a script:         oak log --help",
    "  Read another directory:       oak report --dir PATH",
  );
}

/** What to say where something was recorded, but nothing of what was asked for. */
export async function printNothing(
  analyzer: TelemetryAnalyzer,
  options: AnalysisOptions,
  sentence: string,
): Promise<void> {
  const { total_invocations } = await analyzer.generateStatistics();
  const { total: total_workflows } = await analyzer.listWorkflows({}, { limit: 1 });
  if (total_invocations + total_workflows === 0) return printEmpty(analyzer.directory, options);
  print(sentence);
}
