import type { Report } from "../../analyzer.js";
import { count, day } from "../format.js";
import { faint, heading } from "../terminal.js";
import { overheadSummary } from "./overhead-summary.js";
import { rankingText } from "./ranking.js";
import { trendsSummary } from "./trends.js";
import { workflowsText } from "./workflows.js";

export function reportText(directory: string, report: Report, days: number): string {
  const { start, end } = report.statistics.date_range;
  const range = start && end ? `, ${day(start)} to ${day(end)}` : "";
  return [
    `${heading(count(report.statistics.total_invocations, "invocation") + range)}\n${faint(directory)}`,
    workflowsText(report.workflows),
    overheadSummary(report.coordination_overhead),
    rankingText(report.ranking),
    trendsSummary(Object.values(report.trends), days),
  ].join("\n\n");
}
