import { writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

import { InvalidArgumentError, Option, type Command } from "commander";

import type { ReplayMode } from "../../backtest/replay.js";
import type { ReliabilityBin } from "../../backtest/scores.js";
import { CommandError } from "../errors.js";
import { commonOptions, time, wholeNumber, type CommonOptions } from "../options.js";
import { progressLine } from "../progress.js";
import { existingDirectory, noteUnreadable, showProgress } from "../reading.js";
import { note, print, printJson } from "../terminal.js";

const MODES: readonly ReplayMode[] = ["standard", "specialist", "recur", "closed-loop"];

const POOL = { standard: 10, specialist: 8 };
const HISTORY = 100;
const SEEDS = 20;

interface BacktestOptions extends CommonOptions {
  readonly asOf?: string;
  readonly last?: number;
  readonly plot?: string;
  readonly tasks?: string;
  readonly outcomes?: string;
  readonly mode?: ReplayMode;
  readonly specialists?: boolean;
  readonly pool?: number;
  readonly history?: number;
  readonly seeds?: number;
  readonly firstSeed?: number;
  readonly domain: boolean;
}

export function addBacktest(program: Command): void {
  commonOptions(program.command("backtest"))
    .description("how good the advice of oak recommend would have been, in your own history or on an outcome table")
    .option("--as-of <time>", "leave out what was logged later: ISO 8601, such as 2026-11-01T12:00:00Z", time)
    .option(
      "--last <runs>",
      "how many runs to look at, the latest; earlier ones are learned from (default: 1000)",
      wholeNumber,
    )
    .option("--plot <file>", "write a reliability diagram, SVG")
    .optionsGroup("Options of an outcome table:")
    .option("--tasks <file>", "its tasks: JSON lines with task_id, text and domain")
    .option(
      "--outcomes <file>",
      "its outcomes: CSV with task_id, agent, success (0 to 1), and trial, duration_s if known",
    )
    .addOption(new Option("--mode <mode>", "how the history comes about (default: standard)").choices(MODES))
    .option("--specialists", "a pool of agents that complement each other, in any mode")
    .option("--pool <agents>", "how many agents to choose from (default: 10, specialists 8)", wholeNumber)
    .option("--history <runs>", `how many runs to learn from (default: ${HISTORY})`, wholeNumber)
    .option("--seeds <number>", `how many replays (default: ${SEEDS})`, wholeNumber)
    .option("--first-seed <number>", "seed of the first replay (default: 0)", seed)
    .option("--no-domain", "hide the domains of the tasks")
    .addHelpText(
      "after",
      `
In your own history each run is looked at with what was known when it began.
An outcome table says what every agent achieves at every task; methods learn
from runs of random agents at some tasks, and pick agents for the others.

Modes:
  standard      learn from 70% of the tasks, pick for the rest
  specialist    the same with agents that complement each other
  recur         learn from all trials of each task but the last, pick for that
  closed-loop   as standard, but each method picks the agents that it learns from

Examples:
  oak backtest
  oak backtest --plot reliability.svg
  oak backtest --tasks tasks.jsonl --outcomes outcomes.csv
  oak backtest --tasks tasks.jsonl --outcomes outcomes.csv --history 1000 --json`,
    )
    .action(async (options: BacktestOptions) => {
      const { tasks, outcomes } = options;
      if (tasks !== undefined && outcomes !== undefined) return replayTable(options, tasks, outcomes);
      if (tasks !== undefined || outcomes !== undefined)
        throw new CommandError("an outcome table is two files: --tasks FILE and --outcomes FILE", 2);
      refuseTableOptions(options);
      return replayHistory(options);
    });
}

function refuseTableOptions(options: BacktestOptions): void {
  const { mode, specialists, pool, history, seeds, firstSeed, domain } = options;
  const given = Object.entries({ mode, specialists, pool, history, seeds, "first-seed": firstSeed });
  const named = given.filter(([, value]) => value !== undefined).map(([name]) => `--${name}`);
  if (!domain) named.push("--no-domain");
  if (named.length > 0)
    throw new CommandError(`${named.join(", ")}: for outcome tables only, with --tasks FILE and --outcomes FILE`, 2);
}

async function replayHistory(options: BacktestOptions): Promise<void> {
  const directory = existingDirectory(options);
  const { backtest } = await import("../../backtester.js");
  const progress = progressLine();
  const onRead = showProgress();
  const report = await backtest({
    directory,
    ...(options.asOf === undefined ? {} : { as_of: options.asOf }),
    ...(options.last === undefined ? {} : { last: options.last }),
    ...(onRead ? { onRead } : {}),
    onProgress: async (done, total) => {
      progress.show(`looking at run ${done + 1} of ${total}`);
      await setImmediate();
    },
  }).finally(progress.clear);
  await plot(options, report.reliability, "Reliability in your own history");
  if (options.json) return printJson(report);
  if (report.runs === 0)
    print(
      `No run with a known outcome in ${directory} yet`,
      "",
      "  See what it would show:   oak demo --dir DIR, then oak backtest --dir DIR",
      "  Record outcomes:          oak log --help",
      "  Replay an outcome table:  oak backtest --tasks FILE --outcomes FILE",
    );
  else if (report.runs === report.first_runs)
    print("No run has begun yet after another had ended with a known outcome. Record some more, then try again.");
  else {
    const { backtestText } = await import("../views/backtest.js");
    print(backtestText(report));
  }
  noteUnreadable(report.unreadable_lines);
}

async function replayTable(options: BacktestOptions, tasksFile: string, outcomesFile: string): Promise<void> {
  const { mode = "standard", history = HISTORY, seeds = SEEDS, firstSeed: first_seed = 0, domain } = options;
  if (options.last !== undefined || options.asOf !== undefined || options.dir !== undefined)
    throw new CommandError("--dir, --as-of and --last are for your own history, without --tasks and --outcomes", 2);
  const { readOutcomeTable } = await import("../outcome-files.js");
  const { replaySeeds } = await import("../../backtest/replays.js");
  const table = await readOutcomeTable(tasksFile, outcomesFile);
  const specialists = options.specialists ?? mode === "specialist";
  const pool = options.pool ?? Math.min(table.agents.length, specialists ? POOL.specialist : POOL.standard);
  const progress = progressLine();
  const result = await replaySeeds(
    table,
    { mode, pool, specialists, history, domain },
    { first_seed, seeds },
    async (done) => {
      progress.show(`replay ${done + 1} of ${seeds}`);
      await setImmediate();
    },
  )
    .catch((error: unknown) => {
      throw error instanceof RangeError ? new CommandError(error.message) : error;
    })
    .finally(progress.clear);
  await plot(options, result.reliability, "Reliability on an outcome table");
  if (options.json) return printJson(result);
  const { replayText } = await import("../views/replay.js");
  print(replayText(result));
}

async function plot(
  { plot: file, json }: BacktestOptions,
  bins: readonly ReliabilityBin[],
  title: string,
): Promise<void> {
  if (file === undefined) return;
  const { reliabilitySvg } = await import("../views/reliability-svg.js");
  writeFileSync(file, reliabilitySvg(bins, title));
  if (!json) note(`wrote ${file}`);
}

function seed(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return number;
}
