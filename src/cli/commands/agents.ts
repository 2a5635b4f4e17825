import type { Command } from "commander";

import type { AgentRank } from "../../analyze/statistics.js";
import { UNKNOWN } from "../format.js";
import { analysisOptions, printEmpty, withAnalyzer, type AnalysisOptions } from "../options.js";
import { table } from "../table.js";
import { faint, heading, print, printJson } from "../terminal.js";
import { AGENT_COLUMNS } from "./stats.js";

export function addAgents(program: Command): void {
  analysisOptions(program.command("agents"))
    .description("agents ranked by success and quality")
    .option("--task-type <type>", "only agents that have this among their common task types")
    .addHelpText("after", "\nExamples:\n  oak agents\n  oak agents --task-type security_audit")
    .action((options: AnalysisOptions & { taskType?: string }) =>
      withAnalyzer(options, async (analyzer) => {
        const ranking = await analyzer.getAgentRanking(options.taskType);
        if (options.json) printJson(ranking);
        else if (ranking.length > 0) print(rankingText(ranking));
        else if (options.taskType === undefined) printEmpty(analyzer.directory);
        else print(`No agent has ${options.taskType} among its common task types. oak agents lists all.`);
      }),
    );
}

export function rankingText(ranking: readonly AgentRank[]): string {
  const ranked = ranking.map((agent, i) => ({ ...agent, place: i + 1 }));
  return [
    heading("Ranking"),
    table(ranked, [
      { header: "#", align: "right", value: (agent) => String(agent.place) },
      { header: "AGENT", value: (agent) => agent.agent_name, wraps: true },
      { header: "SCORE", align: "right", value: (agent) => agent.score?.toFixed(3) ?? UNKNOWN },
      ...AGENT_COLUMNS,
    ]),
    faint("score = 0.6 × success rate + 0.4 × quality / 5; read it with the runs behind it"),
  ].join("\n");
}
