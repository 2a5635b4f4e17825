import type { Command } from "commander";

import { style, print } from "../terminal.js";

export function addDemo(program: Command): void {
  program
    .command("demo")
    .description("record sample work and a live workflow in a temporary directory, then analyse them")
    .addHelpText("after", "\nExample:\n  oak demo")
    .action(async () => {
      const { runDemo } = await import("../demo.js");
      const directory = await runDemo();
      print(
        "",
        style("bold", "What next"),
        `  The demo's telemetry stays in ${directory}:`,
        `    oak report --dir ${directory}`,
        `    oak doctor --dir ${directory}`,
        "  Record your own agents, then ask oak report:",
        "    from a program, with a few lines around the calls that you already make",
        "    from a script in any language: oak log --help",
      );
    });
}
