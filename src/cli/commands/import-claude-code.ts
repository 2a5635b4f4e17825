import { join } from "node:path";

import type { Command } from "commander";

import { findTelemetryDirectory } from "../../event/directory.js";
import { parseTimestamp } from "../../event/clock.js";
import { CommandError } from "../errors.js";
import { commonOptions, since, type CommonOptions, type PointInTime } from "../options.js";
import { showProgress } from "../reading.js";
import { note, print, printable, printJson } from "../terminal.js";

interface Options extends CommonOptions {
  readonly project?: string;
  readonly since?: PointInTime;
  readonly dryRun?: boolean;
  readonly redact: boolean;
}

/** How many projects are named where none was meant. */
const PROJECTS_NAMED = 10;

export function addImportClaudeCode(parent: Command): void {
  commonOptions(parent.command("claude-code"))
    .description("import the runs of subagents from the transcripts that Claude Code keeps")
    .argument("[path]", "projects, one project or one transcript (default: ~/.claude/projects)")
    .option("--project <path>", "only this project: its path, or the name of its folder among the transcripts")
    .option("--since <when>", "only requests since then: 24h, 7d, or an ISO 8601 time", since)
    .option("--dry-run", "say what would be added, and add nothing")
    .option("--no-redact", "keep API keys, tokens and passwords that stand in texts")
    .addHelpText(
      "after",
      `
Each run of a subagent becomes an invocation, each request that started some a workflow. Claude Code deletes
transcripts after 30 days. Importing again adds only what is new. CLAUDE_CONFIG_DIR is honoured.

Examples:
  oak import claude-code
  oak import claude-code --project . --since 7d
  oak import claude-code --dry-run --json
  oak import claude-code ~/backup/projects`,
    )
    .action(async (path: string | undefined, options: Options) => {
      if (path === "") throw new CommandError("the path must not be empty", 2);
      const { importClaudeCode, UnknownProjectError } = await import("../../capture/claude-code/import.js");
      const { LockedError } = await import("../../log/lock.js");
      const now = Date.now();
      try {
        const result = await importClaudeCode({
          directory: findTelemetryDirectory(options.dir),
          path: path ?? (await transcripts()),
          now,
          ...(options.project === undefined ? {} : { project: options.project }),
          ...(options.since === undefined ? {} : { since: parseTimestamp(options.since(now))! }),
          ...(options.dryRun ? { dry_run: true } : {}),
          ...(options.redact ? {} : { redact: (text: string) => text }),
          onProgress: showProgress("reading transcripts"),
        });
        if (options.json) return printJson(result);
        const { importedText, notUnderstoodText } = await import("../views/import-claude-code.js");
        print(importedText(result));
        const troubles = notUnderstoodText(result);
        if (troubles !== undefined) note(troubles);
      } catch (error) {
        if (error instanceof LockedError)
          throw new CommandError(`nothing was imported: another import is under way: ${error.message}`);
        if (error instanceof UnknownProjectError) throw new CommandError(unknownProject(error));
        if (path === undefined && (error as NodeJS.ErrnoException).code === "ENOENT")
          throw new CommandError(
            `Claude Code has no transcripts in ${await transcripts()}: name their folder, or set CLAUDE_CONFIG_DIR`,
          );
        throw error;
      }
    });
}

/** Where Claude Code keeps its transcripts. */
async function transcripts(): Promise<string> {
  const { claudeFolder } = await import("../../event/agent-files.js");
  return join(claudeFolder(), "projects");
}

function unknownProject({ message, projects }: { message: string; projects: readonly string[] }): string {
  if (projects.length === 0) return `${message}, nor of any other`;
  const more = projects.length > PROJECTS_NAMED ? ` and ${projects.length - PROJECTS_NAMED} more` : "";
  return `${message}; there are those of ${printable(projects.slice(0, PROJECTS_NAMED).join(", "))}${more}`;
}
