import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../test/support/directory.js";
import { TelemetryAnalyzer, type AnalyzerOptions } from "./analyzer.js";
import type { OutcomeStatus } from "./event/events.js";
import { TelemetryLogger } from "./record/logger.js";

const NOW = "2026-11-01T12:00:00Z";
const daysAgo = (days: number) => new Date(Date.parse(NOW) - days * 86_400_000);

interface Setup {
  readonly logger: TelemetryLogger;
  readonly run: (agent_name: string, days: number, outcome_status?: OutcomeStatus, quality?: number) => string;
  readonly workflow: (days: number, success: boolean, agents_executed: string[]) => string;
  readonly analyzer: (options?: AnalyzerOptions) => TelemetryAnalyzer;
}

function setup(): Setup {
  const directory = temporaryDirectory();
  const logger = new TelemetryLogger({ directory });
  return {
    logger,
    run(agent_name, days, outcome_status, quality) {
      const timestamp = daysAgo(days);
      const invocation_id = logger.logInvocation({ agent_name, timestamp });
      const later = { invocation_id, timestamp: new Date(timestamp.getTime() + 10_000) };
      if (outcome_status) logger.updateInvocation({ ...later, outcome_status, duration_seconds: 10 });
      if (quality) logger.logSuccessMetric({ ...later, success: quality > 2, quality_rating: quality });
      return invocation_id;
    },
    workflow(days, success, agents_executed) {
      const timestamp = daysAgo(days);
      const workflow_id = logger.logWorkflowStart({ project_name: "p", agent_plan: [], timestamp });
      const end = new Date(timestamp.getTime() + 60_000);
      logger.logWorkflowComplete({ workflow_id, duration_seconds: 60, success, agents_executed, timestamp: end });
      return workflow_id;
    },
    analyzer(options = {}) {
      logger.close();
      return new TelemetryAnalyzer({ directory, as_of: NOW, ...options });
    },
  };
}

describe("TelemetryAnalyzer", () => {
  it("takes as recent what started in the last 7 days, and as historical what started before within the days", async () => {
    const { run, analyzer } = setup();
    run("a", 1, "success");
    run("a", 7, "success");
    run("a", 7.001, "failure");
    run("a", 30, "success");
    run("a", 30.001, "failure");
    run("a", -1, "failure");
    run("a", 2);
    run("a", 2, "unknown");
    const trend = await analyzer().getAgentPerformanceTrends("a");
    expect(trend).toMatchObject({
      trend: "improving",
      recent_runs: 2,
      recent_success_rate: 1,
      historical_runs: 2,
      historical_success_rate: 0.5,
      success_rate_change: 0.5,
    });
    expect(await analyzer().getPerformanceTrends()).toEqual({ a: trend });
  });

  it("refuses days that leave nothing to compare with", async () => {
    await expect(setup().analyzer().getPerformanceTrends(7)).rejects.toThrow(RangeError);
    expect(() => new TelemetryAnalyzer({ as_of: "yesterday" })).toThrow(/as_of must be/);
    expect(() => new TelemetryAnalyzer({ abandoned_after_seconds: -1 })).toThrow(RangeError);
  });

  it("counts only what ended; the rest has a place of its own", async () => {
    const { logger, workflow, analyzer } = setup();
    workflow(1, true, ["a", "b"]);
    workflow(2, true, ["a", "b"]);
    workflow(3, false, ["b"]);
    const open = (days: number) =>
      logger.logWorkflowStart({ project_name: "p", agent_plan: [], timestamp: daysAgo(days) });
    open(0.5);
    open(5);
    logger.logInvocation({ agent_name: "a", workflow_id: open(9), timestamp: daysAgo(0.1) });
    logger.logWorkflowCancelled({ workflow_id: open(1), timestamp: daysAgo(0.9) });
    const expected = {
      total_workflows: 3,
      avg_duration_minutes: 1,
      success_rate: 0.667,
      avg_agents_per_workflow: 1.67,
      most_common_patterns: [
        { pattern: "a→b", count: 2 },
        { pattern: "b", count: 1 },
      ],
      cancelled_workflows: 1,
    };
    expect(await analyzer().analyzeWorkflows()).toMatchObject({
      ...expected,
      running_workflows: 2,
      abandoned_workflows: 1,
    });
    expect(await analyzer({ abandoned_after_seconds: 6 * 86_400 }).analyzeWorkflows()).toMatchObject({
      ...expected,
      running_workflows: 3,
      abandoned_workflows: 0,
    });
  });

  it("does not know what was logged after the time that counts as now", async () => {
    const { run, workflow, analyzer } = setup();
    run("a", 3, "success");
    run("a", 1, "failure", 1);
    workflow(4, true, ["a"]);
    workflow(2, false, ["a"]);
    // Started before, ended ten seconds after.
    run("a", 2 + 5 / 86_400, "failure");
    const then = analyzer({ as_of: daysAgo(2) });
    expect(await then.analyzeWorkflows()).toMatchObject({ total_workflows: 1, success_rate: 1, running_workflows: 1 });
    const { a } = (await then.generateStatistics()).agents;
    expect(a).toMatchObject({ invocation_count: 2, success_rate: 1, running_count: 1, rated_count: 0 });
  });

  it("takes the last judgement of an invocation", async () => {
    const { logger, run, analyzer } = setup();
    const invocation_id = run("a", 1, "success", 1);
    logger.logSuccessMetric({ invocation_id, success: true, quality_rating: 4, timestamp: daysAgo(0.5) });
    run("a", 2, "failure", 2);
    const { a } = (await analyzer().generateStatistics()).agents;
    expect(a).toMatchObject({ average_quality: 3, rated_count: 2, success_rate: 0.5 });
  });

  it("takes the mean of the tokens that runs recorded", async () => {
    const { logger, run, analyzer } = setup();
    const recorded: Record<string, unknown>[] = [
      { input_tokens: 1000, output_tokens: 30 },
      { input_tokens: 2000, output_tokens: 0 },
      { output_tokens: "60" },
      { input_tokens: "many", output_tokens: null, model: "m" },
      {},
    ];
    for (const metadata of recorded)
      logger.updateInvocation({ invocation_id: run("a", 1, "success"), metadata, timestamp: daysAgo(0.5) });
    run("b", 1, "success");
    const reader = analyzer();
    const { a, b } = (await reader.generateStatistics()).agents;
    expect(a).toMatchObject({ average_input_tokens: 1500, average_output_tokens: 30, metered_count: 3 });
    expect(b).toMatchObject({ average_input_tokens: null, average_output_tokens: null, metered_count: 0 });
    const [first] = await reader.getAgentRanking();
    expect(first).toMatchObject({ agent_name: "a", average_input_tokens: 1500 });
    expect((await reader.getAgentProfile("a"))!.statistics).toEqual(a);
  });

  it("lists failures as specified, and counts them", async () => {
    const { logger, run, analyzer } = setup();
    for (const [i, error_message] of ["x", "y", "x", "x", "y", "z"].entries())
      logger.updateInvocation({ invocation_id: run("a", 6 - i / 10, "failure"), error_message, timestamp: daysAgo(1) });
    const { a } = (await analyzer().generateStatistics()).agents;
    expect(a!.common_failures).toEqual(["x", "y", "x", "x", "y"]);
    expect(a!.failure_reasons).toEqual([
      { error_message: "x", count: 3 },
      { error_message: "y", count: 2 },
      { error_message: "z", count: 1 },
    ]);
  });

  it("sees what was recorded since the last call", async () => {
    const { logger, run, analyzer } = setup();
    run("a", 1, "success");
    const reader = analyzer();
    expect((await reader.generateStatistics()).total_invocations).toBe(1);
    run("a", 1, "success");
    logger.close();
    expect((await reader.generateStatistics()).total_invocations).toBe(2);
    reader.close();
    expect((await reader.generateStatistics()).total_invocations).toBe(2);
    reader.close();
  });

  it("tells how far it has read", async () => {
    const { run, analyzer } = setup();
    run("a", 1, "success", 4);
    const progress: [number, number][] = [];
    const reader = analyzer({ onProgress: (done, total) => progress.push([done, total]) });
    await reader.generateStatistics();
    reader.close();
    const total = progress[0]![1];
    expect(progress).toHaveLength(2);
    expect(progress[0]![0]).toBeLessThan(total);
    expect(progress[1]).toEqual([total, total]);
  });

  it("answers several questions at once", async () => {
    const { run, workflow, analyzer } = setup();
    run("a", 1, "success");
    workflow(1, true, ["a"]);
    const reader = analyzer();
    const [statistics, workflows, ranking] = await Promise.all([
      reader.generateStatistics(),
      reader.analyzeWorkflows(),
      reader.getAgentRanking(),
    ]);
    expect([statistics.total_invocations, workflows.total_workflows, ranking.length]).toEqual([1, 1, 1]);
    reader.close();
  });

  it("compares two periods", async () => {
    const { run, workflow, analyzer } = setup();
    for (let i = 0; i < 10; i++) {
      run("a", 10 + i / 100, i < 5 ? "success" : "failure", 3);
      run("a", 2 + i / 100, i < 9 ? "success" : "failure", 4);
    }
    run("b", 2, "success");
    workflow(10.5, false, ["a"]);
    workflow(2.5, true, ["a"]);
    const before = { start: daysAgo(14), end: daysAgo(7) };
    const after = { start: daysAgo(7), end: daysAgo(0) };
    const comparison = await analyzer().comparePeriods(before, after);
    expect(comparison.periods.before.start).toBe("2026-10-18T12:00:00.000Z");
    expect(comparison.agents["a"]).toMatchObject({
      before: { invocation_count: 10, success_rate: 0.5, average_quality: 3, average_duration_seconds: 10 },
      after: { invocation_count: 10, success_rate: 0.9, average_quality: 4 },
      change: { success_rate: 0.4, average_quality: 1, average_duration_seconds: 0 },
    });
    expect(comparison.agents["b"]).toMatchObject({
      before: { invocation_count: 0, success_rate: null },
      change: { success_rate: null, success_rate_interval: null },
    });
    expect(comparison.invocations.after.invocation_count).toBe(11);
    expect(comparison.workflows).toMatchObject({
      before: { total_workflows: 1, success_rate: 0, overhead: { status: "insufficient_data" } },
      after: { total_workflows: 1, success_rate: 1 },
      change: { success_rate: 1, idle_share: null },
    });
    await expect(analyzer().comparePeriods(after, { ...before, start: daysAgo(0) })).rejects.toThrow(/ends before/);
  });
});
