import { describe, expect, it } from "vitest";

import { agentStatistics, rankAgents, type AgentTotals } from "./statistics.js";

const totals = (more: Partial<AgentTotals>): AgentTotals => ({
  agent_name: "a",
  invocations: 0,
  successes: 0,
  failures: 0,
  partial: 0,
  unknown: 0,
  running: 0,
  mean_duration_seconds: null,
  mean_quality: null,
  rated: 0,
  mean_input_tokens: null,
  mean_output_tokens: null,
  metered: 0,
  task_types: [],
  first_errors: [],
  errors: [],
  ...more,
});

describe("agentStatistics", () => {
  it("knows nothing of an agent that has only started", () => {
    expect(agentStatistics(totals({ invocations: 1, running: 1 }))).toMatchObject({
      invocation_count: 1,
      success_rate: null,
      average_quality: null,
      average_duration_seconds: null,
      success_rate_interval: null,
      recommended_for: [],
    });
  });

  it("takes neither partial nor unknown outcomes for failures", () => {
    const statistics = agentStatistics(totals({ invocations: 9, successes: 3, failures: 1, partial: 2, unknown: 3 }));
    expect(statistics).toMatchObject({ success_rate: 0.75, partial_count: 2, unknown_count: 3 });
  });

  it.each([
    [{ successes: 9, failures: 1, mean_quality: 3.6 }, ["High success rate - reliable choice"]],
    [{ successes: 9, failures: 1, mean_quality: 3.5 }, []],
    [{ successes: 8, failures: 2, mean_quality: 5 }, []],
    [{ task_types: [{ value: "api", count: 3 }] }, ["Best for api tasks"]],
    [{ task_types: [{ value: "api", count: 2 }] }, []],
    [{ invocations: 5, successes: 2, failures: 3 }, ["Consider alternative agents - low success rate"]],
    [{ invocations: 4, successes: 1, failures: 3 }, []],
    [{ invocations: 5, unknown: 5 }, []],
  ])("recommends by the specified thresholds: %o", (more, sentences) => {
    expect(agentStatistics(totals(more)).recommended_for).toEqual(sentences);
  });
});

describe("rankAgents", () => {
  const agents = {
    newcomer: agentStatistics(totals({ invocations: 1, running: 1 })),
    unrated: agentStatistics(totals({ successes: 9, failures: 1 })),
    rated: agentStatistics(
      totals({ successes: 9, failures: 1, mean_quality: 4, task_types: [{ value: "api", count: 1 }] }),
    ),
  };

  it("scores by success and quality, and puts last whom it does not know", () => {
    expect(rankAgents(agents).map(({ agent_name, score }) => [agent_name, score])).toEqual([
      ["unrated", 0.9],
      ["rated", 0.6 * 0.9 + 0.4 * 0.8],
      ["newcomer", null],
    ]);
  });

  it("keeps to a task type", () => {
    expect(rankAgents(agents, "api").map(({ agent_name }) => agent_name)).toEqual(["rated"]);
  });
});
