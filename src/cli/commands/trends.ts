import type { Command } from "commander";

import type { AgentTrend } from "../../analyze/trends.js";
import { CommandError } from "../errors.js";
import { percent, points, signedInterval } from "../format.js";
import { analysisOptions, positiveNumber, printEmpty, withAnalyzer, type AnalysisOptions } from "../options.js";
import { table } from "../table.js";
import { faint, heading, print, printJson } from "../terminal.js";

export function addTrends(program: Command): void {
  analysisOptions(program.command("trends [agent]"))
    .description("is an agent getting better or worse? the last 7 days against those before")
    .option("--days <number>", "how many days to look back, more than 7", positiveNumber, 30)
    .addHelpText(
      "after",
      "\nExamples:\n  oak trends\n  oak trends backend-architect --days 60\n  oak trends qa-specialist --json",
    )
    .action((agent: string | undefined, options: AnalysisOptions & { days: number }) =>
      withAnalyzer(options, async (analyzer) => {
        if (options.days <= 7)
          throw new CommandError("--days must be more than 7: the last 7 are compared with the rest", 2);
        if (agent === undefined) {
          const trends = await analyzer.getPerformanceTrends(options.days);
          if (options.json) printJson(trends);
          else if (Object.keys(trends).length === 0) printEmpty(analyzer.directory);
          else print(trendsText(Object.values(trends), options.days));
          return;
        }
        const trend = await analyzer.getAgentPerformanceTrends(agent, options.days);
        if (options.json) return printJson(trend);
        print(trendsText([trend], options.days));
        if (trend.reason) {
          const known = Object.keys((await analyzer.generateStatistics()).agents);
          print(`Insufficient data: ${trend.reason}.`);
          if (!known.includes(agent)) print(`Agents with telemetry: ${known.join(", ") || "none yet"}.`);
        }
      }),
    );
}

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
