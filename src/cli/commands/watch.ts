import type { Command } from "commander";

import { analysisOptions, positiveNumber } from "../options.js";
import type { WatchOptions } from "../watch.js";

export function addWatch(program: Command): void {
  analysisOptions(program.command("watch"))
    .description("what is running, live; one line for each change where there is no terminal")
    .option("--interval <seconds>", "how often to look at the log", positiveNumber, 1)
    .option("--once", "print what is running, and end")
    .option("--all", "also workflows without an end that have been silent for long")
    .addHelpText(
      "after",
      `
It ends with q or Ctrl-C. With --json it prints one JSON object a line for each change: time, change (workflow_started,
run_began, run_ended, handoff, workflow_ended), workflow_id, project_name and what the change is about.

Examples:
  oak watch
  oak watch --once
  oak watch | tee watch.log
  oak watch --json | jq -c 'select(.change == "workflow_ended")'`,
    )
    .action(async (options: WatchOptions) => {
      const { follow, showOnce } = await import("../watch.js");
      await (options.once ? showOnce(options) : follow(options));
    });
}
