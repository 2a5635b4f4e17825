import type { Command } from "commander";

import { CommandError } from "../errors.js";
import { commonOptions, type CommonOptions } from "../options.js";
import { hasTelemetry } from "../reading.js";
import { heading, print, printJson } from "../terminal.js";

export function addDemo(program: Command): void {
  commonOptions(program.command("demo"))
    .description("record sample work and a live workflow in a new temporary directory (or --dir), then analyse them")
    .addHelpText("after", "\nExamples:\n  oak demo\n  oak demo --dir ./demo-telemetry")
    .action(async (options: CommonOptions) => {
      const { runDemo } = await import("../demo.js");
      if (options.dir !== undefined && hasTelemetry(options.dir))
        throw new CommandError(
          `${options.dir} holds telemetry already, and the demo would mix with it: name another directory, or leave out --dir`,
        );
      // With --json only the result is printed.
      const { directory, report, recommendations } = await runDemo(options.dir, options.json ? () => undefined : print);
      if (options.json) return printJson({ directory, ...report, recommendations });
      print(
        "",
        heading("What next"),
        `  The demo's telemetry stays in ${directory}:`,
        `    oak serve --dir ${directory} --open`,
        `    oak report --dir ${directory}`,
        `    oak recommend --dir ${directory} --task "Test the shop" --explain`,
        "  Record your own agents, then ask oak report or oak serve:",
        "    Claude Code, from now on: oak init claude-code",
        "    Claude Code, what already happened: oak import claude-code",
        "    a program, with a few lines around the calls that you already make",
        "    a script in any language: oak log --help",
      );
    });
}
