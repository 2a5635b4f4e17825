import { setImmediate } from "node:timers/promises";

import { InvalidArgumentError, Option, type Command } from "commander";

import type { ReplayMode } from "../../backtest/replay.js";
import { CommandError } from "../errors.js";
import { commonOptions, wholeNumber, type CommonOptions } from "../options.js";
import { progressLine } from "../progress.js";
import { print, printJson } from "../terminal.js";

const MODES: readonly ReplayMode[] = ["standard", "specialist", "recur", "closed-loop"];

const POOL = { standard: 10, specialist: 8 };

interface BacktestOptions extends CommonOptions {
  readonly tasks?: string;
  readonly outcomes?: string;
  readonly mode: ReplayMode;
  readonly specialists?: boolean;
  readonly pool?: number;
  readonly history: number;
  readonly seeds: number;
  readonly firstSeed: number;
  readonly domain: boolean;
}

export function addBacktest(program: Command): void {
  commonOptions(program.command("backtest"))
    .description("how good the advice would have been")
    .option("--tasks <file>", "replay an outcome table instead: its tasks, JSON lines (task_id, text, domain)")
    .option("--outcomes <file>", "its outcomes, CSV (task_id, agent, success; trial, duration_s)")
    .addOption(new Option("--mode <mode>", "how the history comes about").choices(MODES).default("standard"))
    .option("--specialists", "a pool of agents that complement each other, in any mode")
    .option("--pool <agents>", "how many agents to choose from (default: 10, or all; specialists: 8)", wholeNumber)
    .option("--history <runs>", "how many runs to learn from", wholeNumber, 100)
    .option("--seeds <number>", "how many replays", wholeNumber, 20)
    .option("--first-seed <number>", "seed of the first replay; the others follow", seed, 0)
    .option("--no-domain", "hide the domains of tasks")
    .action(async (options: BacktestOptions) => {
      if (options.tasks === undefined && options.outcomes === undefined) throw new CommandError("not yet", 2);
      if (options.tasks === undefined || options.outcomes === undefined)
        throw new CommandError("an outcome table is two files: --tasks FILE and --outcomes FILE", 2);
      await replayTable(options, options.tasks, options.outcomes);
    });
}

async function replayTable(options: BacktestOptions, tasksFile: string, outcomesFile: string): Promise<void> {
  const { mode, history, domain, seeds, firstSeed: first_seed } = options;
  const { readOutcomeTable } = await import("../outcome-files.js");
  const { replaySeeds } = await import("../../backtest/replays.js");
  const table = await readOutcomeTable(tasksFile, outcomesFile);
  const specialists = options.specialists ?? mode === "specialist";
  const pool = options.pool ?? Math.min(table.agents.length, specialists ? POOL.specialist : POOL.standard);
  const progress = progressLine();
  try {
    const result = await replaySeeds(
      table,
      { mode, pool, specialists, history, domain },
      { first_seed, seeds },
      async (done) => {
        progress.show(`replay ${done + 1} of ${seeds}`);
        await setImmediate();
      },
    );
    progress.clear();
    if (options.json) return printJson(result);
    const { replayText } = await import("../views/replay.js");
    print(replayText(result));
  } catch (error) {
    progress.clear();
    if (error instanceof RangeError) throw new CommandError(`${error.message} (${tasksFile}, ${outcomesFile})`);
    throw error;
  }
}

function seed(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return number;
}
