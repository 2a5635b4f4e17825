import type { Command } from "commander";

import { analysisOptions, type AnalysisOptions } from "../options.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { print, printJson } from "../terminal.js";

export function addAgents(program: Command): void {
  analysisOptions(program.command("agents"))
    .description("agents ranked by success and quality")
    .option("--task-type <type>", "only agents that have this among their common task types")
    .addHelpText("after", "\nExamples:\n  oak agents\n  oak agents --task-type security_audit")
    .action((options: AnalysisOptions & { taskType?: string }) =>
      withAnalyzer(options, async (analyzer) => {
        const ranking = await analyzer.getAgentRanking(options.taskType);
        if (options.json) return printJson(ranking);
        if (ranking.length === 0 && options.taskType !== undefined)
          return print(`No agent has ${options.taskType} among its common task types. oak agents lists all.`);
        if (ranking.length === 0) return printNothing(analyzer, options, "No agent has run yet.");
        const { rankingText } = await import("../views/ranking.js");
        print(rankingText(ranking));
      }),
    );
}
