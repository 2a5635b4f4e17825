import type { AgentStatistics, Statistics } from "../../analyze/statistics.js";
import { count, day, duration, interval, percent, UNKNOWN } from "../format.js";
import { table, type Column } from "../table.js";
import { heading } from "../terminal.js";

/** Columns that any table about agents shows. */
export const AGENT_COLUMNS: readonly Column<AgentStatistics>[] = [
  { header: "RUNS", align: "right", value: (agent) => String(agent.invocation_count) },
  { header: "SUCCESS", align: "right", value: (agent) => percent(agent.success_rate) },
  { header: "95%", align: "right", value: (agent) => interval(agent.success_rate_interval) },
  {
    header: "QUALITY",
    align: "right",
    value: (agent) => (agent.average_quality === null ? UNKNOWN : `${agent.average_quality.toFixed(2)}/5`),
  },
  { header: "AVG TIME", align: "right", value: (agent) => duration(agent.average_duration_seconds) },
];

export function statisticsText(statistics: Statistics): string {
  const { start, end } = statistics.date_range;
  const agents = Object.entries(statistics.agents).map(([name, agent]) => ({ name, ...agent }));
  const title = `${count(statistics.total_invocations, "invocation")} by ${count(agents.length, "agent")}`;
  const range = start && end ? `, ${day(start)} to ${day(end)}` : "";
  return [
    heading(title + range),
    table(agents, [{ header: "AGENT", value: (agent) => agent.name, wraps: true }, ...AGENT_COLUMNS]),
  ].join("\n");
}
