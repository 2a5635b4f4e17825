import type { AgentStatistics, Statistics } from "../../analyze/statistics.js";
import { compact, count, day, duration, interval, percent, UNKNOWN } from "../format.js";
import { faint, heading } from "../terminal.js";
import { fittingTable, type FittingColumn } from "./fit.js";

const COLUMNS: readonly FittingColumn<AgentStatistics>[] = [
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

const TOKENS: FittingColumn<AgentStatistics> = {
  header: "TOKENS",
  align: "right",
  value: (agent) =>
    agent.metered_count === 0
      ? UNKNOWN
      : `${compact(agent.average_input_tokens)}+${compact(agent.average_output_tokens)}`,
  gives: 1,
};

/** Columns that any table about these agents shows: tokens where any run recorded them. */
export function agentColumns(agents: readonly AgentStatistics[]): readonly FittingColumn<AgentStatistics>[] {
  return isMetered(agents) ? [...COLUMNS, TOKENS] : COLUMNS;
}

/** What the columns mean, where that does not go without saying. */
export function columnRemarks(agents: readonly AgentStatistics[]): string[] {
  return isMetered(agents) ? [faint("tokens: input+output of a run, mean of those that recorded them")] : [];
}

function isMetered(agents: readonly AgentStatistics[]): boolean {
  return agents.some(({ metered_count }) => metered_count > 0);
}

export function statisticsText(statistics: Statistics): string {
  const { start, end } = statistics.date_range;
  const agents = Object.entries(statistics.agents).map(([name, agent]) => ({ name, ...agent }));
  const title = `${count(statistics.total_invocations, "invocation")} by ${count(agents.length, "agent")}`;
  const range = start && end ? `, ${day(start)} to ${day(end)}` : "";
  return [
    heading(title + range),
    fittingTable(agents, [{ header: "AGENT", value: (agent) => agent.name, wraps: true }, ...agentColumns(agents)]),
    ...columnRemarks(agents),
  ].join("\n");
}
