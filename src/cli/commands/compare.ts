import type { Command } from "commander";

import { parseTimestamp } from "../../event/clock.js";
import { analysisOptions, time, wholeNumber, type AnalysisOptions } from "../options.js";
import { periodsOf, timeSpan, type PeriodOptions } from "../periods.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addCompare(program: Command): void {
  analysisOptions(program.command("compare"))
    .description("two periods side by side: runs, success, duration and quality of every agent, and the workflows")
    .option("--before <from..to>", "the earlier period: two dates or times, the end exclusive", timeSpan)
    .option("--after <from..to>", "the later period", timeSpan)
    .option("--split <time>", "everything before a time against everything after it", time)
    .option("--days <number>", "the last days against as many before (default: 7)", wholeNumber)
    .addHelpText(
      "after",
      "\nExamples:\n  oak compare --days 14\n  oak compare --split 2026-10-15\n" +
        "  oak compare --before 2026-10-01..2026-10-15 --after 2026-10-15..2026-11-01",
    )
    .action((options: AnalysisOptions & PeriodOptions) => {
      const now = options.asOf === undefined ? Date.now() : parseTimestamp(options.asOf)!;
      const [before, after] = periodsOf(options, now);
      return withAnalyzer(options, async (analyzer) => {
        const comparison = await analyzer.comparePeriods(before, after);
        if (options.json) return printJson(comparison);
        const { comparisonText, emptyText, isEmpty } = await import("../views/compare.js");
        if (isEmpty(comparison, "before") && isEmpty(comparison, "after"))
          return printNothing(analyzer, options, emptyText(comparison));
        print(comparisonText(comparison));
      });
    });
}
