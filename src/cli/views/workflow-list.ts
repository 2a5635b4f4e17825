import type { WorkflowList, WorkflowSummary } from "../../analyze/workflow-detail.js";
import { duration, grouped, UNKNOWN } from "../format.js";
import { cut, fitted } from "../layout.js";
import { table, wrap, type Column } from "../table.js";
import { faint, printable, width } from "../terminal.js";
import { againstEstimate, moment, STATUS_COLOURS } from "./workflow-facts.js";
import { textWidth } from "../text-width.js";

/** Ids up to this length have a column of their own. */
const ID_COLUMN = 12;

/** Longer names are cut where all stands in one line. */
const PROJECT_COLUMN = 24;

/** Of a sequence; the drawing of the workflow shows them all. */
const MOST_AGENTS = 10;

/** A line has space for everything from here on. */
const ONE_LINE = 110;

/** Below this, times are shown without their year. */
const WITH_YEAR = 64;

/**
 * A page of workflows.
 *
 * @param command what the user typed to get it, without the page
 */
export function workflowListText(list: WorkflowList, command: string, limit: number, columns = width()): string {
  const { workflows } = list;
  const shortIds = workflows.every(({ workflow_id }) => printable(workflow_id).length <= ID_COLUMN);
  if (workflows.length === 0) return footer(list, command, limit, columns).join("\n");
  const text = shortIds && columns >= ONE_LINE ? oneLineEach(workflows, columns) : severalLinesEach(workflows, columns);
  return [text, ...footer(list, command, limit, columns).map(faint)].join("\n");
}

function oneLineEach(workflows: readonly WorkflowSummary[], columns: number): string {
  const id: Column<WorkflowSummary> = { header: "ID", value: ({ workflow_id }) => workflow_id };
  const name: Column<WorkflowSummary> = {
    header: "PROJECT",
    value: ({ project_name }) => cut(project_name ?? UNKNOWN, PROJECT_COLUMN),
  };
  const agents: Column<WorkflowSummary> = { header: "AGENTS", value: agentsOf, wraps: true };
  return table(workflows, [started(columns), id, ...outcome(), name, agents], columns);
}

/** The id is never cut: below its line it has space, and can be copied. */
function severalLinesEach(workflows: readonly WorkflowSummary[], columns: number): string {
  const [header, ...lines] = table(workflows, [started(columns), ...outcome(), project()], columns).split("\n");
  let row = -1;
  const text = [header!];
  const details = () => {
    if (row === -1) return;
    const { workflow_id, ...summary } = workflows[row]!;
    const [id, agents] = [printable(workflow_id), printable(agentsOf(summary))];
    const together = `${id}  ${agents}`;
    const indented = (part: string) =>
      wrap(part, Math.max(1, columns - 2)).map((line) => fitted(columns, ["dim", `  ${line}`]));
    text.push(...(together.length <= columns - 2 ? indented(together) : [...indented(id), ...indented(agents)]));
  };
  for (const line of lines) {
    // A line that begins with a time is a new row, not the rest of a long name.
    if (!line.startsWith(" ")) {
      details();
      row++;
    }
    text.push(line);
  }
  details();
  return text.join("\n");
}

function started(columns: number): Column<WorkflowSummary> {
  return {
    header: "STARTED UTC",
    value: ({ started_at }) =>
      started_at === null
        ? UNKNOWN
        : moment(started_at).slice(columns >= WITH_YEAR ? 0 : "2026-".length, "2026-11-01 12:00".length),
  };
}

function outcome(): Column<WorkflowSummary>[] {
  return [
    { header: "STATUS", value: ({ status }) => status, style: ({ status }) => STATUS_COLOURS[status] },
    {
      header: "TIME",
      align: "right",
      value: ({ duration_seconds, elapsed_seconds }) => duration(duration_seconds ?? elapsed_seconds),
    },
    { header: "VS EST", align: "right", value: againstEstimate },
  ];
}

function project(): Column<WorkflowSummary> {
  return { header: "PROJECT", value: ({ project_name }) => project_name ?? UNKNOWN, wraps: true };
}

function agentsOf({ agents, running_agents, status }: Omit<WorkflowSummary, "workflow_id">): string {
  if (agents.length === 0) return "no runs";
  const hidden = agents.length - MOST_AGENTS;
  const sequence = agents.slice(0, MOST_AGENTS).join("→") + (hidden > 0 ? `→ … ${hidden} more` : "");
  // A run that was left open by a workflow that ended is not at work.
  return status === "running" && running_agents.length > 0
    ? `${sequence} (now: ${running_agents.slice(0, MOST_AGENTS).join(", ")})`
    : sequence;
}

function footer({ total, offset, workflows }: WorkflowList, command: string, limit: number, columns: number): string[] {
  const page = Math.floor(offset / limit) + 1;
  if (workflows.length === 0)
    return [total === 0 ? "No workflow matches." : `There is no page ${page}: ${grouped(total)} match.`];
  const last = offset + workflows.length;
  const shown = `${grouped(offset + 1)}–${grouped(last)} of ${grouped(total)}`;
  if (last >= total) return [shown];
  const next = `${command} --page ${page + 1}`;
  // The command is to be copied: it is not broken.
  const together = `${shown}, next: ${next}`;
  return textWidth(together) <= columns ? [together] : [`${shown}, next:`, next];
}
