import { existsSync } from "node:fs";

import type { Command } from "commander";

import { findTelemetryDirectory } from "../../event/directory.js";
import { CommandError } from "../errors.js";
import { INSTALLED } from "../installed-files.js";
import { note, print, printJson, write } from "../terminal.js";

interface Options {
  readonly user?: boolean;
  readonly dryRun?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
}

export function addInit(program: Command): void {
  program
    .command("init")
    .description("make Claude Code tell what its subagents do, and ask oak: hooks and an MCP server in its settings")
    .argument("[program]", "claude-code", "claude-code")
    .option("--user", "in your own settings, for all projects (default: in those of the project in this folder)")
    .option("--dry-run", "show what would change, and change nothing")
    .option("--remove", "take away what was added, and nothing else")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Hooks are added to .claude/settings.json, the MCP server to .mcp.json (with --user: to ~/.claude/settings.json and
~/.claude.json, CLAUDE_CONFIG_DIR is honoured). All else in the files stays as it is; a copy is kept beside each.
Sessions that are open have to be started anew. What is recorded goes to the telemetry directory of the project:
$OAK_TELEMETRY_DIR, its .oak folder, or your data folder.

Examples:
  oak init claude-code --dry-run
  oak init claude-code --user
  oak init --remove
  oak doctor                       do events arrive?`,
    )
    .action(async (what: string, options: Options) => {
      if (what !== "claude-code") throw new CommandError(`${JSON.stringify(what)} is not known: claude-code is`, 2);
      const { apply, planInstall, planRemoval } = await import("../../capture/claude-code/setup/install.js");
      const { SettingsError } = await import("../../capture/claude-code/setup/json-file.js");
      const { changesText, diffText } = await import("../views/init.js");
      const absent = Object.values(INSTALLED).find((file) => !existsSync(file));
      if (!options.remove && absent !== undefined) throw new CommandError(`${absent} is missing: install oak again`);
      const scope = options.user ? ({ kind: "user" } as const) : ({ kind: "project", folder: process.cwd() } as const);
      try {
        const changes = options.remove ? planRemoval(scope) : planInstall(scope, INSTALLED);
        if (!options.dryRun) apply(changes, options.remove === true);
        const directory = findTelemetryDirectory();
        if (options.json) {
          const files = changes.map(({ path, backup }) => ({ path, backup: backup ?? null }));
          return printJson({ changed: !options.dryRun && files.length > 0, files, directory });
        }
        if (options.dryRun && changes.length > 0) write(`${diffText(changes)}\n`);
        else print(changesText(changes, options.remove === true, directory));
        if (!options.user && !options.remove && changes.length > 0 && !INSTALLED.hook.startsWith(process.cwd()))
          note("the commands name files on this machine: for others who share these settings, use --user instead");
      } catch (error) {
        throw error instanceof SettingsError ? new CommandError(error.message) : error;
      }
    });
}
