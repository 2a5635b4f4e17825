import type { Command } from "commander";

import { analysisOptions, type AnalysisOptions } from "../options.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addStats(program: Command): void {
  analysisOptions(program.command("stats"))
    .description("runs, success, quality and duration of every agent")
    .addHelpText("after", "\nExamples:\n  oak stats\n  oak stats --json | jq '.agents[\"qa-specialist\"].success_rate'")
    .action((options: AnalysisOptions) =>
      withAnalyzer(options, async (analyzer) => {
        const statistics = await analyzer.generateStatistics();
        if (options.json) return printJson(statistics);
        if (statistics.total_invocations === 0) return printNothing(analyzer, options, "No agent has run yet.");
        const { statisticsText } = await import("../views/statistics.js");
        print(statisticsText(statistics));
      }),
    );
}
