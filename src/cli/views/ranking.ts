import type { AgentRank } from "../../analyze/statistics.js";
import { UNKNOWN } from "../format.js";
import { faint, heading } from "../terminal.js";
import { fittingTable } from "./fit.js";
import { agentColumns, columnRemarks } from "./statistics.js";

export function rankingText(ranking: readonly AgentRank[]): string {
  const ranked = ranking.map((agent, i) => ({ ...agent, place: i + 1 }));
  return [
    heading("Ranking"),
    fittingTable(ranked, [
      { header: "#", align: "right", value: (agent) => String(agent.place) },
      { header: "AGENT", value: (agent) => agent.agent_name, wraps: true },
      { header: "SCORE", align: "right", value: (agent) => agent.score?.toFixed(3) ?? UNKNOWN },
      ...agentColumns(ranking),
    ]),
    faint("score = 0.6 × success rate + 0.4 × quality / 5; read it with the runs behind it"),
    ...columnRemarks(ranking),
  ].join("\n");
}
