import { beforeAll, describe, expect, it } from "vitest";

import type {
  CoordinationOverhead,
  HandoffAnalysis,
  PatternAnalysis,
  PeriodComparison,
  Statistics,
  WorkflowDetail,
  WorkflowSummary,
} from "../src/index.js";
import { Tables } from "../src/tables/tables.js";
import { analyzing } from "./support/analysis.js";
import { sharedData } from "./support/data.js";
import { eventLog } from "./support/event-log.js";
import { INTERVAL_EVENT_LOG, PATIENTS, readEventLog, RUNNING_EXAMPLE } from "./support/published-logs.js";

/*
 * Logs that others published, from the file to the results of the analyzer, with values that others computed: PM4Py for
 * the first two, bupaR for the third, an independent program for what neither gives.
 */

const processMining = sharedData("process-mining");
const file = (name: string) => `${processMining.path}/${name}`;
const DAY = 24 * 60 * 60;

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
}

const durations = (workflows: readonly WorkflowSummary[]) => workflows.map((each) => each.duration_seconds!);

describe.skipIf(processMining.absent)("running-example.csv, the agents being people", () => {
  let workflows: readonly WorkflowSummary[];
  let patterns: PatternAnalysis;
  let handoffs: HandoffAnalysis;
  let overhead: CoordinationOverhead;
  let statistics: Statistics;

  beforeAll(async () => {
    const rows = readEventLog(file("running-example.csv"), RUNNING_EXAMPLE);
    await analyzing(eventLog(rows, { agent: "resource" }), async (analyzer) => {
      ({ workflows } = await analyzer.listWorkflows());
      patterns = await analyzer.analyzePatterns("task_type");
      handoffs = await analyzer.analyzeHandoffs();
      overhead = await analyzer.calculateCoordinationOverhead();
      statistics = await analyzer.generateStatistics();
    });
  });

  it("has 6 cases and 42 events, and they take as long", () => {
    expect(workflows).toHaveLength(6);
    expect(statistics.total_invocations).toBe(42);
    expect(sum(durations(workflows)) / 6).toBe(966_890);
    expect(median(durations(workflows))).toBe(815_940);
  });

  it("has 6 variants, and 16 arcs with 36 pairs between activities", () => {
    expect(patterns.variants.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(patterns.arcs).toHaveLength(16);
    expect(sum(patterns.arcs.map(({ count }) => count))).toBe(36);
    expect(patterns.arcs).toContainEqual(expect.objectContaining({ from: "check ticket", to: "decide", count: 6 }));
    expect(patterns.arcs).toContainEqual(
      expect.objectContaining({ from: "examine casually", to: "check ticket", count: 4 }),
    );
  });

  it("hands work over between the same people, and back and forth", () => {
    expect(handoffs.matrix).toHaveLength(20);
    expect(handoffs.total_handovers).toBe(36);
    expect(handoffs.matrix[0]).toEqual({ from_agent: "Sara", to_agent: "Ellen", count: 4, share: 4 / 36 });
    expect(handoffs.self_share).toBe(4 / 36);
    expect(handoffs.ping_pong).toEqual([
      { from_agent: "Mike", to_agent: "Ellen", count: 1 },
      { from_agent: "Mike", to_agent: "Sara", count: 1 },
    ]);
  });

  it("has rework in as many cases", () => {
    // The analyzer counts by kind of rework; by activity it is told from the sequences.
    const cases: Record<string, number> = {};
    let again = 0;
    for (const { sequence, count } of patterns.variants) {
      again += count * (sequence.length - new Set(sequence).size);
      for (const activity of new Set(sequence.filter((name, i) => sequence.indexOf(name) < i)))
        cases[activity] = (cases[activity] ?? 0) + count;
    }
    expect(cases).toEqual({ "check ticket": 2, decide: 2, "examine casually": 1, "reinitiate request": 1 });
    const { self_loops, repeats, redos, retries } = overhead.rework!;
    expect(self_loops + repeats + redos + retries).toBe(again);
  });
});

describe.skipIf(processMining.absent)("interval_event_log.csv, the agents being activities", () => {
  let workflows: readonly WorkflowSummary[];
  let patterns: PatternAnalysis;
  let overhead: CoordinationOverhead;
  let statistics: Statistics;
  let periods: PeriodComparison;
  let byCompletion: readonly number[];
  let overlapping: number;

  beforeAll(async () => {
    const rows = readEventLog(file("interval_event_log.csv"), INTERVAL_EVENT_LOG);
    const agent_plan = ["place order", "send invoice", "pay", "prepare delivery", "make delivery", "confirm payment"];
    await analyzing(eventLog(rows, { agent: "activity", agent_plan }), async (analyzer, directory) => {
      ({ workflows } = await analyzer.listWorkflows({}, { limit: 2000 }));
      patterns = await analyzer.analyzePatterns();
      overhead = await analyzer.calculateCoordinationOverhead();
      statistics = await analyzer.generateStatistics();
      periods = await analyzer.comparePeriods(
        { start: "2014-01-01", end: "2015-01-01" },
        { start: "2015-01-01", end: "2016-01-01" },
      );
      // Neither is a result of its own, and asking for 1,266 workflows one by one takes a minute.
      const tables = await Tables.open(directory);
      const variants = await tables.rows(`
        SELECT count(*) AS count FROM (
          SELECT list(agent_name ORDER BY end_us, position) AS sequence FROM workflow_runs GROUP BY workflow_id
        ) GROUP BY sequence ORDER BY count DESC`);
      byCompletion = variants.map(({ count }) => Number(count));
      const [row] = await tables.rows("SELECT count(*) AS n FROM workflow_metrics WHERE exclusive_us > busy_us");
      overlapping = Number(row!["n"]);
      tables.close();
    });
  });

  it("has 1,266 cases with 8,109 runs", () => {
    expect(workflows).toHaveLength(1266);
    expect(overhead).toMatchObject({ workflows_analyzed: 1266, workflows_left_out: 0, open_invocations: 0 });
    expect(statistics.total_invocations).toBe(8109);
  });

  it("has 9 variants by start, and 10 by completion", () => {
    expect(patterns.variants.map(({ count }) => count)).toEqual([503, 247, 141, 139, 135, 57, 36, 6, 2]);
    expect(byCompletion).toHaveLength(10);
    expect(sum(byCompletion)).toBe(1266);
  });

  it("has the same wall, work, busy and idle time", () => {
    const wall = sum(durations(workflows));
    expect(wall).toBe(2_664_945_738);
    expect(wall - overhead.avg_coordination_minutes! * 60 * 1266).toBeCloseTo(11_612_139, 3);
    expect(overhead.coordination_overhead_pct).toBeCloseTo((100 * (wall - 11_612_139)) / wall, 10);
    expect(overhead.idle_share! * wall).toBeCloseTo(2_653_364_657, 3);
    expect((1 - overhead.idle_share!) * wall).toBeCloseTo(11_581_081, 3);
    expect(overhead.overlap_share! * wall).toBeCloseTo(11_612_139 - 11_581_081, 3);
    // Case by case too.
    expect(sum(workflows.map((each) => each.duration_seconds! * each.idle_share!))).toBeCloseTo(2_653_364_657, 3);
  });

  it("has 58 cases in which runs overlap", () => {
    expect(overlapping).toBe(58);
  });

  it("has the same mean service times", () => {
    // The specified statistics have 2 decimals.
    expect(statistics.agents["place order"]!.average_duration_seconds).toBe(2521.85);
    expect(statistics.agents["make delivery"]!.average_duration_seconds).toBe(2111.22);
    const seconds = (agent: string) => periods.agents[agent]!.after.average_duration_seconds;
    expect(seconds("place order")).toBeCloseTo(2521.849, 3);
    expect(seconds("make delivery")).toBeCloseTo(2111.221, 3);
  });

  it("keeps to its most frequent sequence as the plan as far", () => {
    expect(patterns.variants[0]!.sequence).toEqual(workflows[0]!.agent_plan);
    expect(overhead.plan_adherence).toBeCloseTo(0.860829, 6);
  });
});

describe.skipIf(processMining.absent)("patients.csv, the agents being resources", () => {
  let workflows: readonly WorkflowSummary[];
  let patterns: PatternAnalysis;
  let handoffs: HandoffAnalysis;
  let overhead: CoordinationOverhead;
  let resources: Readonly<Record<string, WorkflowDetail>>;

  beforeAll(async () => {
    const rows = readEventLog(file("patients.csv"), PATIENTS);
    await analyzing(eventLog(rows, { agent: "resource" }), async (analyzer) => {
      ({ workflows } = await analyzer.listWorkflows({}, { limit: 1000 }));
      patterns = await analyzer.analyzePatterns("task_type");
      handoffs = await analyzer.analyzeHandoffs();
      overhead = await analyzer.calculateCoordinationOverhead();
    });
    // A resource's idle time over its own span: as if it were a workflow.
    const byResource = rows.map((row) => ({ ...row, case: row.resource }));
    await analyzing(eventLog(byResource, { agent: "activity" }), async (analyzer) => {
      const list = await analyzer.listWorkflows({}, { limit: 10 });
      const details = await Promise.all(list.workflows.map((each) => analyzer.getWorkflow(each.workflow_id)));
      resources = Object.fromEntries(details.map((detail) => [detail!.workflow_id, detail!]));
    });
  });

  it("has 500 cases with 2,721 instances of 7 resources, each of 2 events", () => {
    expect(workflows).toHaveLength(500);
    expect(sum(patterns.variants.map(({ sequence, count }) => count * sequence.length))).toBe(5442 / 2);
    expect(overhead.open_invocations).toBe(0);
    expect(Object.keys(resources).toSorted()).toEqual(["r1", "r2", "r3", "r4", "r5", "r6", "r7"]);
  });

  it("has 7 variants", () => {
    expect(patterns.variants.map(({ count }) => count)).toEqual([258, 234, 2, 2, 2, 1, 1]);
  });

  it.each([
    ["r1", 450.2124],
    ["r2", 214.7436],
    ["r3", 429.1064],
    ["r4", 442.626],
    ["r5", 430.1764],
    ["r6", 425.5362],
    ["r7", 464.4199],
  ])("%s is idle for %d days", (resource, days) => {
    const { idle_share, metrics } = resources[resource]!;
    expect((idle_share! * metrics!.wall_seconds) / DAY).toBeCloseTo(days, 4);
    expect((metrics!.wall_seconds - metrics!.busy_seconds) / DAY).toBeCloseTo(days, 4);
    // Two of them do several things at once: adding up their runs would not do.
    expect(metrics!.overlap_share > 0).toBe(["r1", "r7"].includes(resource));
  });

  it("takes as long from end to end, and in work", () => {
    const throughput = sum(durations(workflows)) / 500;
    expect(throughput / DAY).toBeCloseTo(6.676308, 6);
    expect((throughput - overhead.avg_coordination_minutes! * 60) / DAY).toBeCloseTo(1.156228, 6);
  });

  it("hands work over as often, and r2 starts as long after r1", () => {
    const count = (from: string, to: string) =>
      handoffs.matrix.find(({ from_agent, to_agent }) => from_agent === from && to_agent === to)?.count;
    expect([count("r1", "r2"), count("r6", "r7")]).toEqual([500, 492]);
    const pair = handoffs.pairs.find(({ from_agent, to_agent }) => from_agent === "r1" && to_agent === "r2")!;
    expect(pair).toMatchObject({ count: 500, declared: 0 });
    expect(pair.mean_seconds / 3600).toBeCloseTo(12.9198, 4);
    expect(pair.p50_seconds / 3600).toBeCloseTo(11.3269, 4);
  });
});
