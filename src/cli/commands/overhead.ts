import type { Command } from "commander";

import { count } from "../format.js";
import { analysisOptions, bandsOption, type AnalysisOptions } from "../options.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addOverhead(program: Command): void {
  bandsOption(analysisOptions(program.command("overhead")))
    .description("how much of the workflows' time goes into coordination, why, and what to do about it")
    .addHelpText(
      "after",
      "\nExamples:\n  oak overhead\n  oak overhead --bands 10,25\n  oak overhead --json | jq .dominant_cause",
    )
    .action((options: AnalysisOptions) =>
      withAnalyzer(options, async (analyzer) => {
        const overhead = await analyzer.calculateCoordinationOverhead();
        if (options.json) return printJson(overhead);
        if (overhead.workflows_analyzed + overhead.workflows_left_out === 0) {
          const { running_workflows: running } = await analyzer.analyzeWorkflows();
          if (running === 0) return printNothing(analyzer, options, "No workflow was recorded yet.");
          return print(`No workflow has completed yet; ${count(running, "workflow is", "workflows are")} running.`);
        }
        const { overheadText } = await import("../views/overhead.js");
        print(overheadText(overhead));
      }),
    );
}
