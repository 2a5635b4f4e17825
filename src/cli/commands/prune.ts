import { existsSync } from "node:fs";

import type { Command } from "commander";

import { parseTimestamp } from "../../event/clock.js";
import { CommandError } from "../errors.js";
import { commonOptions, time, type CommonOptions } from "../options.js";
import { existingDirectory, printEmpty, showProgress } from "../reading.js";
import { confirm, note, print, printJson } from "../terminal.js";

interface Options extends CommonOptions {
  readonly before: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function addPrune(program: Command): void {
  commonOptions(program.command("prune"))
    .description("remove from the log what was last heard of before a day; asks before it does")
    .requiredOption("--before <time>", "ISO 8601, such as 2026-11-01: what is younger stays", time)
    .option("--dry-run", "only say what would go")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      `
Whole things go: workflows with all their invocations, handoffs and feedback, and invocations without a workflow with
their feedback. Damaged lines and unknown events stay. Programs may go on recording meanwhile.
It cannot be undone: oak export keeps a copy.

Examples:
  oak prune --before 2026-01-01 --dry-run
  oak prune --before 2026-01-01
  oak prune --before "$(date -d '180 days ago' +%F)" --yes`,
    )
    .action(async (options: Options) => {
      if (parseTimestamp(options.before)! > Date.now()) throw new CommandError("--before is in the future", 2);
      const directory = existingDirectory(options);
      const pruner = await import("../../access/pruner.js");
      const { plannedText, prunedText } = await import("../views/prune.js");
      const asked = { directory, before: options.before, onProgress: showProgress() };
      const onWaiting = () => note(WAITING);
      // Where there is no directory there is nothing to hold on to.
      const sure = options.yes && !options.dryRun && existsSync(directory);
      if (!sure) {
        const plan = await pruner.planPruning(asked);
        if (!options.json && plan.log_bytes === 0) return printEmpty(directory);
        if (options.json) printJson({ ...plan, removed: false });
        else print(plannedText(plan));
        if (options.dryRun || plan.lines === 0 || !(await agreed())) return;
      }
      try {
        const done = await pruner.prune({ ...asked, onWaiting });
        if (options.json) printJson({ ...done, removed: true });
        else print(prunedText(done));
      } catch (error) {
        throw isRefusal(error, pruner) ? new CommandError(`nothing more was removed: ${error.message}`) : error;
      }
    });
}

const WAITING =
  "a program still writes into the old file: waiting for it. Stop it, or press Ctrl-C: the next oak prune goes on.";

function isRefusal(error: unknown, pruner: typeof import("../../access/pruner.js")): error is Error {
  return error instanceof pruner.LockedError || error instanceof pruner.ContradictionError;
}

/** Asks the user, who must be there. */
async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CommandError("nothing was removed: add --yes to remove it without being asked", 2);
  const yes = await confirm("Remove it?");
  if (!yes) note("nothing was removed");
  return yes;
}
