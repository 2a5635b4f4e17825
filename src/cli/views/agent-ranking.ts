import type { AgentAssessment, AgentRanking } from "../../select/advice.js";
import { duration, interval, percent, UNKNOWN } from "../format.js";
import { width } from "../terminal.js";
import { domainText, runsText, sharesText, shortlistText } from "./advice.js";
import { fittingTable, paragraph, sections, title } from "./fit.js";

/** Every agent for a task, the best first. */
export function agentRankingText(ranking: AgentRanking, explain: boolean, available = width()): string {
  const { agents } = ranking;
  const placed = agents.map((agent, i) => ({ ...agent, place: i + 1 }));
  const faint = (agent: AgentAssessment) => (agent.tested ? undefined : "dim");
  const list = fittingTable(
    placed,
    [
      { header: "#", align: "right", value: (agent) => (agent.tested ? String(agent.place) : UNKNOWN), style: faint },
      { header: "AGENT", value: (agent) => agent.agent_name, wraps: true, comfort: 26, style: faint },
      { header: "CONFIDENCE", align: "right", value: (agent) => percent(agent.confidence, 0), style: faint },
      { header: "80%", align: "right", value: (agent) => interval(agent.confidence_interval), style: faint },
      { header: "SUCCESS", align: "right", value: successes, gives: 3, style: faint },
      { header: "AVG TIME", align: "right", value: time, gives: 2, style: faint },
      { header: "TREND", value: (agent) => agent.recent_performance.replace("_", " "), gives: 1, style: faint },
    ],
    available,
  );
  const untested = agents.some(({ tested }) => !tested);
  return sections(
    agents.length === 0
      ? paragraph("No agent has a run with a known outcome yet.", undefined, available)
      : [
          title("Agents for this task", available),
          list,
          ...(untested ? [paragraph(UNTESTED, "dim", available)] : []),
        ].join("\n"),
    ...(explain ? agents.filter(({ tested }) => tested) : []).map((agent) =>
      sections(
        title(agent.agent_name, available),
        sharesText(agent.explanation, agent.confidence, available),
        runsText(agent.explanation, available),
      ),
    ),
    shortlistText(ranking.without_runs.slice(0, MOST_WITHOUT_RUNS), available),
    domainText(ranking, available),
  );
}

const UNTESTED = `${UNKNOWN} fewer than 3 similar tasks: what is expected rests on others, and is not advice`;
const MOST_WITHOUT_RUNS = 5;

function successes({ success_rate, total_tasks }: AgentAssessment): string {
  return success_rate === null ? UNKNOWN : `${Math.round(success_rate * total_tasks)} of ${total_tasks}`;
}

function time({ avg_duration_minutes: minutes }: AgentAssessment): string {
  return minutes === null ? UNKNOWN : duration(minutes * 60);
}
