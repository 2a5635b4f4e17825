import { readdirSync, readFileSync } from "node:fs";

import { beforeAll, describe, expect, it } from "vitest";

import type { CoordinationOverhead, WorkflowDetail } from "../src/index.js";
import { analyzing } from "./support/analysis.js";
import { sharedData } from "./support/data.js";
import { jaegerTrace, type JaegerExport } from "./support/event-log.js";

/*
 * The traces that CRISP is tested with, from the file to the analyzer. CRISP reads times as microseconds since 1970, so
 * that these workflows last some 100 µs and start when clocks do.
 */

const crisp = sharedData("crisp");

type Times = Readonly<Record<string, number>>;

/** What CRISP gives: exclusive time on the critical path by operation, µs, alone or beside its analysis of errors. */
interface TestedTrace extends JaegerExport {
  readonly testing: readonly Times[] | { readonly opTimeExclusive: Times };
}

function isList(testing: TestedTrace["testing"]): testing is readonly Times[] {
  return Array.isArray(testing);
}

describe.skipIf(crisp.absent)("the traces published with CRISP", () => {
  const files = crisp.absent ? [] : readdirSync(crisp.path).filter((name) => name.endsWith(".json"));
  const micro = (seconds: number) => Math.round(seconds * 1e6);
  let details: ReadonlyMap<string, WorkflowDetail>;
  let overhead: CoordinationOverhead;

  /** All traces have the same id: the name of the file stands for it. */
  function read(name: string): TestedTrace {
    const named = (key: string, value: unknown) => (key === "traceID" ? name : value);
    return JSON.parse(readFileSync(`${crisp.path}/${name}`, "utf8"), named) as TestedTrace;
  }

  const expectedTimes = ({ testing }: TestedTrace) => (isList(testing) ? testing[0]! : testing.opTimeExclusive);

  beforeAll(async () => {
    // One log, in which spans of different traces have the same ids.
    const traces = jaegerTrace({ data: files.flatMap((name) => read(name).data) });
    await analyzing(traces, async (analyzer) => {
      const list = await Promise.all(files.map(async (name) => [name, (await analyzer.getWorkflow(name))!] as const));
      details = new Map(list);
      overhead = await analyzer.calculateCoordinationOverhead();
    });
  });

  it("are 15", () => {
    expect(files).toHaveLength(15);
  });

  it.each(files)("%s has the same exclusive time on the critical path for every operation", (name) => {
    const { runs, critical_path } = details.get(name)!;
    expect(runs).toHaveLength(read(name).data[0]!.spans.length);
    // CRISP leaves out operations that are not on the path, or lists them with 0.
    const operations = runs.map(({ agent_name }) => [agent_name, 0] as const);
    const times = { ...Object.fromEntries(operations), ...expectedTimes(read(name)) };

    const agentOf = new Map(runs.map((run) => [run.invocation_id, run.agent_name]));
    const bySegment = new Map<string, number>(operations);
    for (const { invocation_id, start_offset, end_offset } of critical_path) {
      const agent = agentOf.get(invocation_id ?? "")!;
      bySegment.set(agent, bySegment.get(agent)! + micro(end_offset - start_offset));
    }
    expect(Object.fromEntries(bySegment)).toEqual(times);

    const byRun = new Map<string, number>(operations);
    for (const { agent_name, critical_path_seconds } of runs)
      byRun.set(agent_name, byRun.get(agent_name)! + micro(critical_path_seconds!));
    expect(Object.fromEntries(byRun)).toEqual(times);
  });

  it("have the same share for every operation when they are put together", () => {
    const wall = files.reduce((sum, name) => sum + micro(details.get(name)!.duration_seconds!), 0);
    const expected: Record<string, number> = {};
    for (const name of files) {
      for (const { agent_name } of details.get(name)!.runs) expected[agent_name] ??= 0;
      for (const [operation, time] of Object.entries(expectedTimes(read(name)))) expected[operation]! += time;
    }
    const { agents, waiting_share } = overhead.critical_path!;
    expect(waiting_share).toBeCloseTo(0, 12);
    expect(Object.fromEntries(agents.map(({ agent_name, share }) => [agent_name, Math.round(share * wall)]))).toEqual(
      expected,
    );
  });

  it("start at 0, which is a time like any other", () => {
    for (const { started_at, runs } of details.values()) {
      expect(started_at).toBe("1970-01-01T00:00:00.000Z");
      expect(runs[0]).toMatchObject({ agent_name: "[S1] O1", start_offset: 0, parent_invocation_id: null });
    }
  });
});
