import type { AgentTrend } from "../../analyze/trends.js";
import { percent, points, signedInterval } from "../format.js";
import { table } from "../table.js";
import { faint, heading } from "../terminal.js";

const COLOURS = { improving: "green", stable: undefined, declining: "red", insufficient_data: "dim" } as const;

export function trendsText(trends: readonly AgentTrend[], days: number): string {
  return [
    heading(`Trends: last 7 days against the ${days - 7} before`),
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
