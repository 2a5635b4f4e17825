#!/usr/bin/env node
import { Command, CommanderError } from "commander";

import { addAgents } from "./commands/agents.js";
import { addBacktest } from "./commands/backtest.js";
import { addAlerts } from "./commands/alerts.js";
import { addCompare } from "./commands/compare.js";
import { addDemo } from "./commands/demo.js";
import { addDoctor } from "./commands/doctor.js";
import { addHandoffs } from "./commands/handoffs.js";
import { addHook } from "./commands/hook.js";
import { addImport } from "./commands/import.js";
import { addInit } from "./commands/init.js";
import { addLog } from "./commands/log.js";
import { addMcp } from "./commands/mcp.js";
import { addOverhead } from "./commands/overhead.js";
import { addPatterns } from "./commands/patterns.js";
import { addExport } from "./commands/export.js";
import { addPrune } from "./commands/prune.js";
import { addRecommend } from "./commands/recommend.js";
import { addReport } from "./commands/report.js";
import { addSchema } from "./commands/schema.js";
import { addServe } from "./commands/serve.js";
import { addSql } from "./commands/sql.js";
import { addStats } from "./commands/stats.js";
import { addTables } from "./commands/tables.js";
import { addTrends } from "./commands/trends.js";
import { addWatch } from "./commands/watch.js";
import { addWorkflows } from "./commands/workflows.js";
import { isSystemError } from "../event/system-error.js";
import { CommandError, systemErrorText } from "./errors.js";
import { width, write } from "./terminal.js";
import { version } from "./version.js";

// Everything a command needs beyond its options is imported when it runs: --help and log start at once.
const program = new Command("oak")
  .description("Learn from the history of your AI agents: who succeeds, where the time goes, who gets better or worse.")
  .version(version(), "-V, --version", "print the version")
  .helpOption("-h, --help", "print help")
  .showHelpAfterError("(add --help for usage)")
  .exitOverride()
  .configureOutput({
    writeOut: write,
    getOutHelpWidth: width,
    getOutHasColors: () => false,
    // The same name before every error, whoever finds it.
    outputError: (text, writeError) => writeError(text.replace(/^error: /, "oak: ")),
  })
  .addHelpText(
    "after",
    `
Examples:
  oak demo                        see it work on sample data
  oak report                      everything on one screen
  oak trends backend-architect    is this agent getting better or worse?
  oak stats --json | jq .agents   every report prints JSON too

Exit codes: 0 done, 1 not done or something wrong was found, 2 wrong usage; oak recommend has two more.`,
  );

const GROUPS = {
  "Start here": [addDemo, addReport],
  "Which agent should do it": [addRecommend, addAgents, addStats, addBacktest],
  "Where the time goes": [addOverhead, addWorkflows, addHandoffs, addPatterns],
  "Better or worse": [addTrends, addCompare, addAlerts],
  Live: [addWatch, addServe, addMcp],
  "Fill the log": [addInit, addImport, addLog, addHook],
  "The log and its data": [addDoctor, addSql, addExport, addSchema, addTables, addPrune],
};
for (const [heading, commands] of Object.entries(GROUPS)) {
  program.commandsGroup(`${heading}:`);
  for (const add of commands) add(program);
}
program.commandsGroup("Help:").helpCommand("help [command]", "print help for a command");

// Exit, instead of dying, so that what must be cleaned up is.
for (const [signal, code] of [
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => process.exit(code));
}

program.parseAsync().catch((error: unknown) => {
  process.exitCode = exitCodeOf(error);
});

function failed(message: string, exitCode: number): number {
  process.stderr.write(`oak: ${message}\n`);
  return exitCode;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandError) return failed(error.message, error.exitCode);
  if (isSystemError(error)) return failed(systemErrorText(error), 1);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`oak: unexpected error, please report it\n${text}\n`);
  return 1;
}
