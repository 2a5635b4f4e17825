import { beforeAll, describe, expect, it } from "vitest";

import type { CoordinationOverhead, HandoffAnalysis, RunDetail, WorkflowDetail } from "../src/index.js";
import { analyzing } from "./support/analysis.js";
import { sharedData } from "./support/data.js";
import { eventLog } from "./support/event-log.js";
import { HANDOFF_LOG, readEventLog, readExpectedWaits, type ExpectedWaits } from "./support/published-logs.js";

/*
 * The logs that waiting-time-analysis is tested with, and what it gives for them. It splits the waiting in which a
 * resource was not busy by its calendar, into unavailability and extraneous; ours knows no calendar: they are one.
 */

const waitingTime = sharedData("waiting-time");

/** What is expected of runs: by kind of handoff, or of all of them. */
type Waits = Pick<ExpectedWaits, "frequency" | "total" | "contention" | "prioritization" | "other">;

const NONE: Waits = { frequency: 0, total: 0, contention: 0, prioritization: 0, other: 0 };

function add(a: Waits, b: Waits): Waits {
  return {
    frequency: a.frequency + b.frequency,
    total: a.total + b.total,
    contention: a.contention + b.contention,
    prioritization: a.prioritization + b.prioritization,
    other: a.other + b.other,
  };
}

/** Adds up what has the same name. */
function totals<T>(items: readonly T[], nameOf: (item: T) => string, valueOf: (item: T) => Waits) {
  const sums: Record<string, Waits> = {};
  for (const item of items) sums[nameOf(item)] = add(sums[nameOf(item)] ?? NONE, valueOf(item));
  return sums;
}

const kindOf = (waits: ExpectedWaits) =>
  `${waits.source_activity} ${waits.source_resource} → ${waits.target_activity} ${waits.target_resource}`;

/** The run that another waited for: a run names its agent, and the wait tells when it ended. */
function predecessor({ runs }: WorkflowDetail, run: RunDetail): RunDetail {
  return runs.find(
    ({ agent_name, end_offset }) =>
      agent_name === run.after_agent && end_offset === run.start_offset - run.wait_seconds!,
  )!;
}

function waitsOf({ wait_seconds, contention_seconds, prioritization_seconds }: RunDetail): Waits {
  // The split of no wait is not known.
  const [total, contention, prioritization] = [wait_seconds!, contention_seconds ?? 0, prioritization_seconds ?? 0];
  return { frequency: 1, total, contention, prioritization, other: total - contention - prioritization };
}

const sumOf = (rows: readonly ExpectedWaits[]) => rows.reduce<Waits>(add, NONE);
const expectedRows = (name: string) => readExpectedWaits(`${waitingTime.path}/${name}_expected.csv`);

describe.skipIf(waitingTime.absent).each(["manual_log_1", "manual_log_2"])("%s", (name) => {
  let details: readonly WorkflowDetail[];
  let handoffs: HandoffAnalysis;
  let overhead: CoordinationOverhead;
  let expected: readonly ExpectedWaits[];

  beforeAll(async () => {
    expected = expectedRows(name);
    const rows = readEventLog(`${waitingTime.path}/${name}.csv`, HANDOFF_LOG);
    await analyzing(eventLog(rows, { agent: "resource" }), async (analyzer) => {
      const { workflows } = await analyzer.listWorkflows();
      details = await Promise.all(workflows.map(async (each) => (await analyzer.getWorkflow(each.workflow_id))!));
      handoffs = await analyzer.analyzeHandoffs();
      overhead = await analyzer.calculateCoordinationOverhead();
    });
  });

  it("has the same 8 kinds of handoff, as often, with the same waits split the same way", () => {
    expect(expected).toHaveLength(8);
    const waited = details.flatMap((workflow) =>
      workflow.runs
        .filter(({ after_agent }) => after_agent !== null)
        .map((run) => ({ run, from: predecessor(workflow, run) })),
    );
    expect(
      totals(
        waited,
        ({ run, from }) => `${from.task_type} ${from.agent_name} → ${run.task_type} ${run.agent_name}`,
        ({ run }) => waitsOf(run),
      ),
    ).toEqual(totals(expected, kindOf, (waits) => waits));
  });

  it("has the same waits between every two agents", () => {
    const actual = totals(
      handoffs.pairs,
      ({ from_agent, to_agent }) => `${from_agent} → ${to_agent}`,
      ({ count, total_seconds, contention_seconds, prioritization_seconds }) => ({
        frequency: count,
        total: total_seconds,
        contention: contention_seconds,
        prioritization: prioritization_seconds,
        other: total_seconds - contention_seconds - prioritization_seconds,
      }),
    );
    const pairOf = (waits: ExpectedWaits) => `${waits.source_resource} → ${waits.target_resource}`;
    expect(actual).toEqual(totals(expected, pairOf, (waits) => waits));
  });

  it("has the same shares of all waiting", () => {
    const { frequency, total, contention, prioritization, other } = sumOf(expected);
    expect(overhead.handoff_waits).toMatchObject({
      count: frequency,
      mean_seconds: total / frequency,
      contention_share: contention / total,
      prioritization_share: prioritization / total,
      other_share: other / total,
    });
    // Processing in processing and waiting, and without one cause of it.
    const processing = details.reduce((sum, { metrics }) => sum + metrics!.work_seconds, 0);
    expect(overhead.cycle_time_efficiency).toEqual({
      value: processing / (processing + total),
      without_contention: processing / (processing + total - contention),
      without_prioritization: processing / (processing + total - prioritization),
      without_other: processing / (processing + total - other),
    });
  });
});

it.skipIf(waitingTime.absent)("manual_log_1 waits for 18,900 s in all", () => {
  expect(sumOf(expectedRows("manual_log_1"))).toEqual({
    frequency: 8,
    total: 18_900,
    prioritization: 5400,
    contention: 8100,
    // 1,800 unavailability and 3,600 extraneous.
    other: 5400,
  });
});
