import { RECENT_DAYS, type AgentTrend } from "../../analyze/trends.js";
import { percent, points, signedInterval } from "../format.js";
import { table, wrap } from "../table.js";
import { faint, heading, printable, width } from "../terminal.js";

const COLOURS = { improving: "green", stable: undefined, declining: "red", insufficient_data: "dim" } as const;

export function trendsText(trends: readonly AgentTrend[], days: number): string {
  return [
    heading(`Trends: last ${RECENT_DAYS} days against the ${days - RECENT_DAYS} before`),
    table(trends, [
      { header: "AGENT", value: (trend) => trend.agent_name, wraps: true },
      { header: "TREND", value: (trend) => trend.trend.replace("_", " "), style: (trend) => COLOURS[trend.trend] },
      { header: "CHANGE", align: "right", value: (trend) => points(trend.success_rate_change) },
      { header: "95%", align: "right", value: (trend) => signedInterval(trend.success_rate_change_interval) },
      { header: "RECENT", align: "right", value: (trend) => percent(trend.recent_success_rate) },
      { header: "RUNS", align: "right", value: (trend) => String(trend.recent_runs) },
      { header: "BEFORE", align: "right", value: (trend) => percent(trend.historical_success_rate) },
      { header: "RUNS", align: "right", value: (trend) => String(trend.historical_runs) },
    ]),
    faint("change in points; an interval that contains 0 may be chance"),
  ].join("\n");
}

/** Why there is no trend, and which agents there are when this one is not among them. */
export function reasonText(agent: string, reason: string, known: readonly string[]): string {
  const sentences = [
    `Insufficient data: ${reason}.`,
    ...(known.includes(agent) ? [] : [`Agents with telemetry: ${known.join(", ") || "none yet"}.`]),
  ];
  return sentences.flatMap((sentence) => wrap(printable(sentence), width())).join("\n");
}
