import { expect, it } from "vitest";

import { agentStatistics, type AgentTotals } from "../../analyze/statistics.js";
import { rankingText } from "./ranking.js";
import { statisticsText } from "./statistics.js";

const TOTALS: AgentTotals = {
  agent_name: "architect",
  invocations: 3,
  successes: 2,
  failures: 1,
  partial: 0,
  unknown: 0,
  running: 0,
  mean_duration_seconds: 60,
  mean_quality: null,
  rated: 0,
  mean_input_tokens: null,
  mean_output_tokens: null,
  metered: 0,
  task_types: [],
  first_errors: [],
  errors: [],
};
const ARCHITECT = agentStatistics(TOTALS);
const METERED = agentStatistics({ ...TOTALS, mean_input_tokens: 12_345, mean_output_tokens: 980, metered: 2 });
const WITHOUT_OUTPUT = agentStatistics({ ...TOTALS, mean_input_tokens: 1_200_000, metered: 1 });

function statistics(agents: Readonly<Record<string, typeof ARCHITECT>>) {
  const date_range = { start: "2026-11-01T00:00:00.000Z", end: "2026-11-02T00:00:00.000Z" };
  return statisticsText({ generated_at: date_range.end, total_invocations: 9, date_range, agents }).split("\n");
}

it("shows tokens where any are known, and what they are", () => {
  expect(statistics({ architect: ARCHITECT, developer: METERED, tester: WITHOUT_OUTPUT })).toEqual([
    "9 invocations by 3 agents, 2026-11-01 to 2026-11-02",
    "AGENT      RUNS  SUCCESS    95%  QUALITY  AVG TIME   TOKENS",
    "architect     3    66.7%  21–94        –     1 min        –",
    "developer     3    66.7%  21–94        –     1 min  12k+980",
    "tester        3    66.7%  21–94        –     1 min   1.2M+–",
    "tokens: input+output of a run, mean of those that recorded them",
  ]);
  expect(statistics({ architect: ARCHITECT }).join("\n")).not.toMatch(/tokens/i);
});

it("ranks with tokens too", () => {
  const ranked = (agent: typeof ARCHITECT) => rankingText([{ ...agent, agent_name: "architect", score: 0.5 }]);
  expect(ranked(METERED)).toMatch(/AVG TIME +TOKENS\n.*12k\+980\n[^]*\ntokens: input\+output/);
  expect(ranked(ARCHITECT)).not.toMatch(/tokens/i);
});
