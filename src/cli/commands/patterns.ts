import { Option, type Command } from "commander";

import type { PatternUnit } from "../../analyze/patterns.js";
import type { GraphLanguage } from "../views/graph.js";
import { analysisOptions, wholeNumber, type AnalysisOptions } from "../options.js";
import { printNothing, withAnalyzer } from "../reading.js";
import { print, printJson, write } from "../terminal.js";

const UNITS: Readonly<Record<"agent" | "task", PatternUnit>> = { agent: "agent_name", task: "task_type" };

interface PatternOptions extends AnalysisOptions {
  readonly by: keyof typeof UNITS;
  readonly limit: number;
  readonly graph?: GraphLanguage;
}

export function addPatterns(program: Command): void {
  analysisOptions(program.command("patterns"))
    .description("sequences of runs that workflows have in common, how they end, and which run follows which")
    .addOption(
      new Option("--by <unit>", "what stands for a run: its agent, or its kind of task")
        .choices(Object.keys(UNITS))
        .default("agent"),
    )
    .option("--limit <number>", "how many sequences to show", wholeNumber, 10)
    .addOption(
      new Option("--graph <language>", "print the graph of what follows what, for a tool that draws it")
        .choices(["mermaid", "dot"] satisfies GraphLanguage[])
        .conflicts("json"),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  oak patterns\n  oak patterns --by task --limit 20\n  oak patterns --graph mermaid\n" +
        "  oak patterns --graph dot | dot -Tsvg > patterns.svg",
    )
    .action((options: PatternOptions) =>
      withAnalyzer(options, async (analyzer) => {
        const analysis = await analyzer.analyzePatterns(UNITS[options.by]);
        if (options.json) return printJson(analysis);
        if (options.graph) {
          const { graphText } = await import("../views/graph.js");
          return write(`${graphText(analysis, options.graph)}\n`);
        }
        if (analysis.total_workflows === 0)
          return printNothing(analyzer, options, "No workflow with runs has completed yet.");
        const { patternsText } = await import("../views/patterns.js");
        print(patternsText(analysis, options.limit));
      }),
    );
}
