import type { Command } from "commander";

import { showProgress } from "../reading.js";
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
    .option("--replay <file>", "take the payloads from a log of them, at the time that was logged with each")
    .option("--dir <path>", "with --replay: telemetry directory")
    .option("--json", "with --replay: print JSON")
    .allowExcessArguments()
    .addHelpText(
      "after",
      `
Exit code 0 whatever comes. oak init registers dist/hook.cjs, which is the same and starts sooner.

--replay reads payloads that another hook has logged: one JSON object on each line, or a list of them. The payload may
stand alone, beside fields of the logger, or in one of them. Replaying a file again adds only what is new.

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
      const result = await replay(options.replay, options.dir, showProgress("reading payloads"));
      if (options.json) return printJson(result);
      const { replayedText } = await import("../views/hook-replay.js");
      print(replayedText(result));
    });
}
