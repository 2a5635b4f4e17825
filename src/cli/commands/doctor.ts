import type { Command } from "commander";

import { INSTALLED } from "../installed-files.js";
import { commonOptions, type CommonOptions } from "../options.js";
import { existingDirectory, printEmpty, showProgress } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addDoctor(program: Command): void {
  commonOptions(program.command("doctor"))
    .description(
      "check the log: damage, orphans, unknown fields, events that wait for a server; and capture from Claude Code",
    )
    .addHelpText(
      "after",
      "\nExit code 1 when a line is damaged or breaks the schema, or a registered hook cannot be run, else 0: orphans and\nunknown fields are only reported. Hooks are looked for in the settings of this folder's project and in your own." +
        "\n\nExamples:\n  oak doctor\n  oak doctor --json | jq .damaged",
    )
    .action(async (options: CommonOptions) => {
      const directory = existingDirectory(options);
      const { inspectLog } = await import("../../log/inspect.js");
      const inspection = await inspectLog(directory, showProgress());
      const { inspectClaudeCode } = await import("../../capture/claude-code/setup/inspect.js");
      const claude_code = inspectClaudeCode(directory, process.cwd(), INSTALLED.hook);
      const healthy = inspection.damaged.length + inspection.invalid.length === 0;
      if (!healthy || claude_code.hooks.some(({ problem }) => problem !== null)) process.exitCode = 1;
      const { waitingIn } = await import("../../record/spool.js");
      const waiting = waitingIn(directory);
      if (options.json) return printJson({ directory, healthy, ...inspection, waiting, claude_code });
      const { inspectionText, waitingText } = await import("../views/inspection.js");
      const { claudeCodeText, concernsClaudeCode } = await import("../views/claude-code.js");
      if (inspection.files.every((file) => file.lines === 0)) printEmpty(directory);
      else print(inspectionText(directory, inspection, healthy));
      if (waiting.length > 0) print("", waitingText(waiting));
      if (concernsClaudeCode(claude_code)) print("", claudeCodeText(claude_code));
    });
}
