import type { Command } from "commander";

import { commonOptions, type CommonOptions } from "../options.js";

export function addMcp(program: Command): void {
  commonOptions(program.command("mcp"))
    .description("tools for the agents themselves, by the Model Context Protocol on standard input and output")
    .addHelpText(
      "after",
      `
An orchestrator asks recommend_agent before it delegates, and records what came of it. Over HTTP: oak serve, at /mcp.

Examples:
  oak init claude-code
  claude mcp add oak -- oak mcp`,
    )
    .action(async (options: CommonOptions) => {
      const { serveMcp } = await import("../mcp.js");
      await serveMcp(options);
    });
}
