import { setTimeout as sleep } from "node:timers/promises";

import type { Alert } from "../alerts/alert.js";
import type { Look } from "../alerts/alerts.js";
import type { TelemetryAnalyzer } from "../analyzer.js";
import { RECENT_DAYS } from "../analyze/trends.js";
import { LockedError } from "../log/lock.js";
import { CommandError } from "./errors.js";
import { count } from "./format.js";
import type { AnalysisOptions } from "./options.js";
import { existingDirectory, printNothing, withAnalyzer } from "./reading.js";
import { faint, heading, note, print, printable, printJson, style, width } from "./terminal.js";
import { paragraph } from "./views/fit.js";
import { NO_MOMENT } from "./views/trends.js";

export interface AlertsOptions extends AnalysisOptions {
  readonly deliver?: boolean;
  readonly dryRun?: boolean;
}

/** Another process that is delivering alerts is waited for so long, milliseconds. */
const PATIENCE = 60_000;

/** Looks once, and says what it found. */
export async function alerts(options: AlertsOptions): Promise<void> {
  await checkConfig(existingDirectory(options));
  await withAnalyzer(options, async (analyzer) => {
    const look = await lookOnce(analyzer, options);
    const { alerts: all, fired, withheld } = look;
    if (fired.length > 0) process.exitCode = 1;
    if (withheld.length > 0 && fired.length > 0 && !options.dryRun)
      note(`oak: not delivered: --deliver allows the ${withheld.join(" and the ")} of oak.config.json`);
    if (options.json) return printJson({ directory: analyzer.directory, alerts: all, fired });
    const quiet = quietText(look.declining_quietly);
    if (all.length === 0)
      return printNothing(analyzer, options, ["No alerts: no rule finds anything.", ...quiet].join("\n"));
    print(alertsText(all, new Set(fired.map(({ id }) => id))), ...quiet);
  });
}

/** @throws {CommandError} saying what is wrong with `oak.config.json` */
export async function checkConfig(directory: string): Promise<void> {
  const { ConfigError, readConfig } = await import("../alerts/config.js");
  try {
    await readConfig(directory);
  } catch (error) {
    throw error instanceof ConfigError ? new CommandError(error.message) : error;
  }
}

async function lookOnce(analyzer: TelemetryAnalyzer, { deliver, dryRun, asOf }: AlertsOptions): Promise<Look> {
  const { Alerts } = await import("../alerts/alerts.js");
  const memory = asOf === undefined ? (dryRun ? "read" : "kept") : "none";
  const watching = new Alerts(
    analyzer,
    // A line on standard error would say what is printed anyway.
    { channels: deliver ? ["command", "webhook"] : [], memory },
    (text) => note(`oak: ${printable(text)}`),
  );
  const began = Date.now();
  for (;;) {
    try {
      let found: Look | undefined;
      await watching.look((look) => (found = look), new AbortController().signal);
      return found!;
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (Date.now() - began > PATIENCE) throw new CommandError(`alerts are being told: ${error.message}`);
      await sleep(100);
    }
  }
}

/** Who knows from `oak trends` that an agent declines is told why that is no alert. */
function quietText(agents: readonly string[]): string[] {
  if (agents.length === 0) return [];
  const verb = agents.length === 1 ? "is" : "are";
  return [
    paragraph(
      `${agents.join(", ")} ${verb} getting worse by the last ${RECENT_DAYS} days (oak trends), but ${NO_MOMENT}, and only that alerts.`,
      "dim",
    ),
  ];
}

function alertsText(all: readonly Alert[], fired: ReadonlySet<string>): string {
  const [fresh, old] = [all.filter(({ id }) => fired.has(id)), all.filter(({ id }) => !fired.has(id))];
  return [
    ...(fresh.length > 0 ? [heading(count(fresh.length, "new alert")), ...fresh.map((one) => line(one))] : []),
    ...(fresh.length > 0 && old.length > 0 ? [""] : []),
    ...(old.length > 0
      ? [heading(`${count(old.length, "alert")} that fired before`), ...old.map((one) => line(one, one.fired_at))]
      : []),
  ].join("\n");
}

function line({ text, since }: Alert, firedAt?: string): string {
  const when = [
    ...(since === null ? [] : [`since ${minute(since)}`]),
    ...(firedAt === undefined ? [] : [`told ${minute(firedAt)}`]),
  ].join(", ");
  const [first = "", ...rest] = paragraph(printable(text), undefined, width() - 4).split("\n");
  return [
    `  ${style("yellow", "!")} ${first}`,
    ...rest.map((one) => `    ${one}`),
    ...(when === "" ? [] : [`    ${faint(when)}`]),
  ].join("\n");
}

/** `2026-11-01 12:00 UTC` */
function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
