import type { Command } from "commander";

import { commonOptions, type CommonOptions } from "../options.js";
import { existingDirectory, printEmpty, showProgress } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addDoctor(program: Command): void {
  commonOptions(program.command("doctor"))
    .description("check the log: lines, damage with its place, orphans, unknown fields, events that wait for a server")
    .addHelpText(
      "after",
      "\nExit code 1 when a line is damaged or breaks the schema, else 0: orphans and unknown fields are only reported." +
        "\n\nExamples:\n  oak doctor\n  oak doctor --json | jq .damaged",
    )
    .action(async (options: CommonOptions) => {
      const directory = existingDirectory(options);
      const { inspectLog } = await import("../../log/inspect.js");
      const inspection = await inspectLog(directory, showProgress());
      const healthy = inspection.damaged.length + inspection.invalid.length === 0;
      if (!healthy) process.exitCode = 1;
      const { waitingIn } = await import("../../record/spool.js");
      const waiting = waitingIn(directory);
      if (options.json) return printJson({ directory, healthy, ...inspection, waiting });
      const { inspectionText, waitingText } = await import("../views/inspection.js");
      if (inspection.files.every((file) => file.lines === 0)) printEmpty(directory);
      else print(inspectionText(directory, inspection, healthy));
      if (waiting.length > 0) print("", waitingText(waiting));
    });
}
