import type { Command } from "commander";

import { analysisOptions, positiveNumber, printEmpty, withAnalyzer, type AnalysisOptions } from "../options.js";
import { print, printJson } from "../terminal.js";
import { rankingText } from "./agents.js";
import { overheadText } from "./overhead.js";
import { trendsText } from "./trends.js";
import { workflowsText } from "./workflows.js";
import { count, day } from "../format.js";
import { heading } from "../terminal.js";

export function addReport(program: Command): void {
  analysisOptions(program.command("report"))
    .description("everything on one screen: workflows, overhead, ranking, trends")
    .option("--days <number>", "how many days the trends look back, more than 7", positiveNumber, 30)
    .addHelpText("after", "\nExamples:\n  oak report\n  oak report --dir ./telemetry --as-of 2026-11-01")
    .action((options: AnalysisOptions & { days: number }) =>
      withAnalyzer(options, async (analyzer) => {
        const statistics = await analyzer.generateStatistics();
        const workflows = await analyzer.analyzeWorkflows();
        const coordination_overhead = await analyzer.calculateCoordinationOverhead();
        const ranking = await analyzer.getAgentRanking();
        const trends = await analyzer.getPerformanceTrends(options.days);
        if (options.json) {
          printJson({ statistics, workflows, coordination_overhead, ranking, trends });
          return;
        }
        const { start, end } = statistics.date_range;
        if (!start || !end) return printEmpty(analyzer.directory);
        print(
          heading(
            `${count(statistics.total_invocations, "invocation")}, ${day(start)} to ${day(end)}, ${analyzer.directory}`,
          ),
          "",
          workflowsText(workflows),
          "",
          overheadText(coordination_overhead),
          "",
          rankingText(ranking),
          "",
          trendsText(Object.values(trends), options.days),
        );
      }),
    );
}
