import type { Command } from "commander";

import { analysisOptions, type AnalysisOptions } from "../options.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addHandoffs(program: Command): void {
  analysisOptions(program.command("handoffs"))
    .description("which agents work after which, how long they wait in between, and why")
    .addHelpText("after", "\nExamples:\n  oak handoffs\n  oak handoffs --json | jq '.pairs[0]'")
    .action((options: AnalysisOptions) =>
      withAnalyzer(options, async (analyzer) => {
        const analysis = await analyzer.analyzeHandoffs();
        if (options.json) return printJson(analysis);
        if (analysis.total_handovers + analysis.pairs.length + analysis.overlapping_handoffs === 0)
          return printNothing(analyzer, options, "In no completed workflow does a run follow another yet.");
        const { handoffsText } = await import("../views/handoffs.js");
        print(handoffsText(analysis));
      }),
    );
}
