import type { Command } from "commander";

import { analysisOptions, type AnalysisOptions } from "../options.js";
import { printEmpty, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addWorkflows(program: Command): void {
  analysisOptions(program.command("workflows"))
    .description("number, success, duration and agent sequences of workflows")
    .addHelpText("after", "\nExamples:\n  oak workflows\n  oak workflows --json | jq '.most_common_patterns[0]'")
    .action((options: AnalysisOptions) =>
      withAnalyzer(options, async (analyzer) => {
        const analysis = await analyzer.analyzeWorkflows();
        if (options.json) return printJson(analysis);
        const { total_workflows, running_workflows, cancelled_workflows, abandoned_workflows } = analysis;
        if (total_workflows + running_workflows + cancelled_workflows + abandoned_workflows === 0)
          return printEmpty(analyzer.directory);
        const { workflowsText } = await import("../views/workflows.js");
        print(workflowsText(analysis));
      }),
    );
}
