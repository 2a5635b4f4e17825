import type { Command } from "commander";

import type { TelemetryAnalyzer } from "../../analyzer.js";
import { analysisOptions, daysOption, type AnalysisOptions } from "../options.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

const NOBODY = "No agent has run yet.";

export function addTrends(program: Command): void {
  daysOption(analysisOptions(program.command("trends [agent]")))
    .description("is an agent getting better or worse? the last 7 days against those before; one agent in full")
    .addHelpText(
      "after",
      "\nExamples:\n  oak trends\n  oak trends backend-architect --days 60\n  oak trends qa-specialist --json",
    )
    .action((agent: string | undefined, options: AnalysisOptions & { days: number }) =>
      withAnalyzer(options, (analyzer) =>
        agent === undefined ? printAll(analyzer, options) : printOne(analyzer, agent, options),
      ),
    );
}

async function printAll(analyzer: TelemetryAnalyzer, options: AnalysisOptions & { days: number }): Promise<void> {
  const trends = await analyzer.getPerformanceTrends(options.days);
  if (options.json) return printJson(trends);
  if (Object.keys(trends).length === 0) return printNothing(analyzer, options, NOBODY);
  const { trendsText } = await import("../views/trends.js");
  print(trendsText(Object.values(trends), options.days));
}

async function printOne(
  analyzer: TelemetryAnalyzer,
  agent: string,
  options: AnalysisOptions & { days: number },
): Promise<void> {
  const trend = await analyzer.getAgentPerformanceTrends(agent, options.days);
  if (options.json) return printJson(trend);
  if (trend.recent_runs + trend.historical_runs > 0) {
    const { trendText } = await import("../views/trend.js");
    return print(trendText(trend));
  }
  const agents = Object.keys((await analyzer.generateStatistics()).agents);
  if (agents.length === 0) return printNothing(analyzer, options, NOBODY);
  const { reasonText } = await import("../views/trends.js");
  print(reasonText(trend, agents));
}
