import type { Command } from "commander";

import { analysisOptions, bandsOption, daysOption, type AnalysisOptions } from "../options.js";
import { printEmpty, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addReport(program: Command): void {
  bandsOption(daysOption(analysisOptions(program.command("report"))))
    .description("everything on one screen: workflows, overhead, ranking, trends")
    .addHelpText("after", "\nExamples:\n  oak report\n  oak report --dir ./telemetry --as-of 2026-11-01")
    .action((options: AnalysisOptions & { days: number }) =>
      withAnalyzer(options, async (analyzer) => {
        const report = await analyzer.generateReport(options.days);
        if (options.json) return printJson(report);
        const { total_workflows, running_workflows } = report.workflows;
        if (report.statistics.total_invocations + total_workflows + running_workflows === 0)
          return printEmpty(analyzer.directory, options);
        const { reportText } = await import("../views/report.js");
        print(reportText(analyzer.directory, report, options.days));
      }),
    );
}
