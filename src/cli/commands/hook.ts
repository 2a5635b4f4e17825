import type { Command } from "commander";

import { count } from "../format.js";
import { print, printJson } from "../terminal.js";

interface Options {
  readonly replay?: string;
  readonly dir?: string;
  readonly json?: boolean;
}

export function addHook(program: Command): void {
  program
    .command("hook")
    .description("what Claude Code calls for each event: takes its payload from standard input, says nothing")
    .option("--replay <file>", "take the payloads from a file, one on each line, at the time of their timestamp")
    .option("--dir <path>", "with --replay: telemetry directory")
    .option("--json", "with --replay: print JSON")
    .allowExcessArguments()
    .addHelpText(
      "after",
      `
Exit code 0 whatever comes. oak init registers dist/hook.cjs, which is the same and starts sooner.

Examples:
  oak init claude-code
  oak hook < payload.json
  oak hook --replay payloads.jsonl --dir /tmp/replayed`,
    )
    .action(async (options: Options) => {
      if (options.replay === undefined) {
        const { runHook } = await import("../../capture/claude-code/hook/main.js");
        return runHook();
      }
      const { replay } = await import("../../capture/claude-code/hook/replay.js");
      const result = await replay(options.replay, options.dir);
      if (options.json) return printJson(result);
      print(
        `${count(result.payloads, "payload")}, ${count(result.refused, "damaged line")}: ` +
          `${count(result.events, "event")} in ${result.directory}`,
      );
    });
}
