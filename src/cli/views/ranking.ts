import type { AgentRank } from "../../analyze/statistics.js";
import { UNKNOWN } from "../format.js";
import { table } from "../table.js";
import { faint, heading } from "../terminal.js";
import { AGENT_COLUMNS } from "./statistics.js";

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
