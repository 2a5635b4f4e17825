import { expect, it } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import type { TelemetryAnalyzer } from "../src/index.js";
import { analyzing } from "./support/analysis.js";
import { differences, eventsOf, ORIGIN, timeAt, type Scenario } from "./support/scenario.js";

/*
 * A workflow that is still running shows as running everywhere, and poisons no average: the same log with and without
 * it gives the same means, rates and shares.
 */

const DAY = 24 * 60 * 60;
/** Ten workflows, one a day, and then the one that runs: it started a quarter of an hour before now. */
const RUNNING_SINCE = 10 * DAY;
const NOW = RUNNING_SINCE + 900;

const ended = Array.from({ length: 10 }, (_, i): TelemetryEvent[] => {
  const scenario: Scenario = {
    end: 100 + 10 * i,
    outcome: i % 4 === 3 ? "failure" : "success",
    plan: ["planner", "coder", "tester"],
    estimate: 120,
    runs: {
      planner: { at: [5, 20] },
      coder: { at: [20 + i, 70 + i] },
      tester: { at: [60, 90 + 5 * i], status: i % 4 === 3 ? "failure" : "success" },
      again: { at: [92 + 5 * i, 95 + 5 * i], agent: "coder" },
    },
    handoffs: [["planner", "coder", 20]],
  };
  return eventsOf(`ended ${i}`, scenario, ORIGIN + i * DAY * 1000);
}).flat();

const running = (runs: Scenario["runs"]) =>
  eventsOf(
    "running",
    { plan: ["planner", "coder", "tester"], estimate: 120, runs, handoffs: [["planner", "coder", 400]] },
    ORIGIN + RUNNING_SINCE * 1000,
  );

async function everything(analyzer: TelemetryAnalyzer) {
  const day = (number: number) => timeAt(number * DAY);
  return {
    report: await analyzer.generateReport(),
    patterns: await analyzer.analyzePatterns(),
    patterns_by_task: await analyzer.analyzePatterns("task_type"),
    handoffs: await analyzer.analyzeHandoffs(),
    periods: await analyzer.comparePeriods({ start: day(0), end: day(5) }, { start: day(5), end: day(11) }),
    completed: await analyzer.listWorkflows({ status: "completed" }),
    failed: await analyzer.listWorkflows({ status: "failed" }),
    first: await analyzer.getWorkflow("ended 0"),
  };
}

const options = { as_of: timeAt(NOW) };

it("changes nothing but counts of what is running", async () => {
  const without = await analyzing(ended, everything, options);
  expect(without.report.coordination_overhead).toMatchObject({ status: "ok", workflows_analyzed: 10 });
  const open = running({ planner: { at: [0, null] }, coder: { at: [400, null] } });
  const withIt = await analyzing([...ended, ...open], everything, options);
  const counts = ["coder", "planner"].flatMap((name, rank) => [
    `report.statistics.agents.${name}.invocation_count`,
    `report.statistics.agents.${name}.running_count`,
    `report.ranking.${rank}.invocation_count`,
    `report.ranking.${rank}.running_count`,
    `periods.agents.${name}.after.invocation_count`,
  ]);
  expect(differences(without, withIt)).toEqual(
    [
      ...counts,
      "report.statistics.date_range.end",
      "report.statistics.total_invocations",
      "report.workflows.running_workflows",
      "periods.invocations.after.invocation_count",
    ].toSorted(),
  );
});

it("changes nothing that is said of workflows when some of its runs have ended", async () => {
  const results = async (analyzer: TelemetryAnalyzer) => ({
    workflows: await analyzer.analyzeWorkflows(),
    overhead: await analyzer.calculateCoordinationOverhead(),
    patterns: await analyzer.analyzePatterns(),
    handoffs: await analyzer.analyzeHandoffs(),
  });
  const without = await analyzing(ended, results, options);
  const some = running({
    planner: { at: [0, 400] },
    coder: { at: [400, 800], status: "failure" },
    tester: { at: [800, null] },
  });
  const withIt = await analyzing([...ended, ...some], results, options);
  expect(differences(without, withIt)).toEqual(["workflows.running_workflows"]);
});

it("shows as running, with what runs and for how long", async () => {
  const events = [...ended, ...running({ planner: { at: [0, 400] }, coder: { at: [400, null] } })];
  const { list, detail, agents } = await analyzing(
    events,
    async (analyzer) => ({
      list: await analyzer.listWorkflows({ status: "running" }),
      detail: await analyzer.getWorkflow("running"),
      agents: (await analyzer.generateStatistics()).agents,
    }),
    options,
  );
  const summary = {
    workflow_id: "running",
    status: "running",
    success: null,
    ended_at: null,
    duration_seconds: null,
    elapsed_seconds: 900,
    agents: ["planner", "coder"],
    running_agents: ["coder"],
    idle_share: null,
  };
  expect(list).toMatchObject({ total: 1, workflows: [summary] });
  expect(detail).toMatchObject({
    ...summary,
    observed_seconds: null,
    duration_mismatch: false,
    estimate_error: null,
    plan: { adherence: null, missing: [], remaining: ["tester"] },
    critical_path: [],
    metrics: null,
    reason: "it is still running",
  });
  expect(detail!.runs).toMatchObject([
    { agent_name: "planner", status: "success", duration_seconds: 400, exclusive_seconds: null },
    { agent_name: "coder", status: "running", end_offset: null, duration_seconds: null },
  ]);
  expect(agents["coder"]).toMatchObject({ running_count: 1 });
});
