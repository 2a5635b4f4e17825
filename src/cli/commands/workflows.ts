import { Option, type Command } from "commander";

import type { TelemetryAnalyzer } from "../../analyzer.js";
import { WORKFLOW_STATUSES, type WorkflowStatus } from "../../analyze/workflows.js";
import { parseTimestamp } from "../../event/clock.js";
import { CommandError } from "../errors.js";
import { analysisOptions, since, wholeNumber, type AnalysisOptions, type PointInTime } from "../options.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { faint, print, printable, printJson } from "../terminal.js";

const PAGE = 20;

interface ListOptions {
  readonly status?: WorkflowStatus;
  readonly agent?: string;
  readonly project?: string;
  readonly search?: string;
  readonly since?: PointInTime;
  readonly limit?: number;
  readonly page?: number;
}

type Options = AnalysisOptions & ListOptions & { readonly list?: boolean };

export function addWorkflows(program: Command): void {
  analysisOptions(program.command("workflows [id]"))
    .description("number, success, duration and agent sequences of workflows; one of them drawn; or a list")
    .option("--list", "list workflows, latest start first; so do the options below")
    .addOption(new Option("--status <status>", "only those with this status").choices(WORKFLOW_STATUSES))
    .option("--agent <name>", "only those in which this agent ran or runs")
    .option("--project <name>", "only those of this project")
    .option("--search <text>", "only those with this in their id, the project's name or the name of an agent that ran")
    .option("--since <time>", "only those that started since: 30m, 24h, 7d ago, or ISO 8601", since)
    .option("--limit <number>", `how many on a page (default: ${PAGE})`, wholeNumber)
    .option("--page <number>", "which page (default: 1)", wholeNumber)
    .addHelpText(
      "after",
      `
ID may be the beginning of an id, as long as no other begins so.

Examples:
  oak workflows
  oak workflows wf-0042
  oak workflows --list --status failed --since 7d
  oak workflows --list --search architect
  oak workflows --json | jq '.most_common_patterns[0]'`,
    )
    .action((id: string | undefined, options: Options, command: Command) => {
      const listing = LIST_OPTIONS.filter((name) => options[name] !== undefined);
      if (id !== undefined && listing.length > 0)
        throw new CommandError(`--${listing[0]} lists workflows: it cannot be combined with the id of one`, 2);
      return withAnalyzer(options, (analyzer) => {
        if (id !== undefined) return printOne(analyzer, id, options);
        if (listing.length > 0) return printList(analyzer, options, typed(command));
        return printAnalysis(analyzer, options);
      });
    });
}

const LIST_OPTIONS = ["list", "status", "agent", "project", "search", "since", "limit", "page"] as const;

async function printAnalysis(analyzer: TelemetryAnalyzer, options: Options): Promise<void> {
  const analysis = await analyzer.analyzeWorkflows();
  if (options.json) return printJson(analysis);
  const { total_workflows, running_workflows, cancelled_workflows, abandoned_workflows } = analysis;
  if (total_workflows + running_workflows + cancelled_workflows + abandoned_workflows === 0)
    return printNothing(analyzer, options, "No workflow was recorded yet; oak stats shows the runs of agents.");
  const { workflowsText } = await import("../views/workflows.js");
  print(workflowsText(analysis), "", faint("one by one: oak workflows --list; one in detail: oak workflows ID"));
}

async function printOne(analyzer: TelemetryAnalyzer, beginning: string, options: Options): Promise<void> {
  const detail = await analyzer.getWorkflow(await wholeId(analyzer, beginning));
  if (options.json) return printJson(detail);
  const { workflowText } = await import("../views/workflow-facts.js");
  print(workflowText(detail!));
}

/** The id that begins so; one that is whole is meant even when others begin with it. */
async function wholeId(analyzer: TelemetryAnalyzer, beginning: string): Promise<string> {
  const ids = beginning === "" ? [] : await analyzer.findWorkflowIds(beginning);
  if (ids.includes(beginning) || ids.length === 1) return ids.includes(beginning) ? beginning : ids[0]!;
  const quoted = `"${printable(beginning)}"`;
  if (ids.length === 0)
    throw new CommandError(`no workflow has an id that begins with ${quoted}: oak workflows --list lists them`);
  const named = ids.map((id) => `\n  ${printable(id)}`).join("");
  throw new CommandError(
    `several workflows have an id that begins with ${quoted}; give more of it:${named}${ids.length === MOST_IDS ? "\n  …" : ""}`,
  );
}

/** How many ids the analyzer looks for. */
const MOST_IDS = 10;

async function printList(analyzer: TelemetryAnalyzer, options: Options, command: string): Promise<void> {
  const { status, agent, project, search, limit = PAGE, page = 1 } = options;
  const now = (options.asOf === undefined ? undefined : parseTimestamp(options.asOf)) ?? Date.now();
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(agent === undefined ? {} : { agent }),
    ...(project === undefined ? {} : { project }),
    ...(search === undefined ? {} : { search }),
    ...(options.since === undefined ? {} : { since: options.since(now) }),
  };
  const list = await analyzer.listWorkflows(filter, { limit, offset: (page - 1) * limit });
  if (options.json) return printJson(list);
  if (list.total === 0 && Object.keys(filter).length === 0)
    return printNothing(analyzer, options, "No workflow was recorded yet; oak stats shows the runs of agents.");
  const { workflowListText } = await import("../views/workflow-list.js");
  print(workflowListText(list, command, limit));
}

/** The command as the user typed it, without the page: what to add the next page to. */
function typed(command: Command): string {
  const { rawArgs } = command.parent as Command & { readonly rawArgs: readonly string[] };
  const words = rawArgs.slice(2).filter((word, i, all) => !/^--page(=|$)/.test(word) && all[i - 1] !== "--page");
  return [
    "oak",
    ...words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)),
  ].join(" ");
}
