import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RunStatus } from "./run.js";
import { measureRecord, type TimedRun, type WorkflowRecord } from "./workflow-metrics.js";

const run = (id: string, start: number, end: number | null, more: Partial<TimedRun> = {}): TimedRun => ({
  id,
  agent: id,
  task_type: null,
  parent_id: null,
  detached: false,
  start,
  end,
  duration: end === null ? null : end - start,
  status: end === null ? "running" : "success",
  ...more,
});

const WALL = 60;

/** Runs mostly one after the other, as they are in most workflows: some overlap, some are children, some never end. */
const someRuns: fc.Arbitrary<TimedRun[]> = fc
  .array(
    fc.record({
      agent: fc.constantFrom("a", "b", "c"),
      gap: fc.oneof({ weight: 4, arbitrary: fc.nat(4) }, fc.integer({ min: -5, max: -1 })),
      length: fc.nat(12),
      never: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
      parent: fc.option(fc.nat(7), { freq: 1 }),
      status: fc.constantFrom<RunStatus>("success", "failure"),
    }),
    { maxLength: 8 },
  )
  .chain((list) => fc.boolean().map((flat) => (flat ? list.map((one) => ({ ...one, parent: null })) : list)))
  .map((list) => {
    let at = 0;
    const runs = list.map(({ agent, gap, length, never, parent, status }, i) => {
      const start = Math.max(0, at + gap);
      at = Math.max(at, start + length);
      const parent_id = parent === null ? null : String(parent);
      const end = never ? null : start + length;
      return run(String(i), start, end, { agent, parent_id, status: never ? "running" : status });
    });
    return runs.toSorted((a, b) => a.start - b.start || (a.end ?? 1e9) - (b.end ?? 1e9));
  });
const agent = fc.constantFrom("a", "b", "c", "nobody");
const someRecord: fc.Arbitrary<WorkflowRecord> = fc.record({
  window: fc.constant({ start: 0, end: WALL }),
  wall: fc.constant(WALL),
  plan: fc.array(agent, { maxLength: 8 }),
  runs: someRuns,
  handoffs: fc.array(fc.record({ from_agent: agent, to_agent: agent, at: fc.nat(40) }), { maxLength: 5 }),
});

describe("measureRecord", () => {
  it("says of every run what it had to do with the time", () => {
    const runs = [
      run("plan", 5, 15),
      run("code", 20, 40, { duration: 21 }),
      run("test", 22, 30, { parent_id: "code" }),
      run("lint", 35, 45),
      run("deploy", 50, null),
    ];
    const handoffs = [{ from_agent: "plan", to_agent: "code", at: 16 }];
    const plan = ["plan", "code", "test", "deploy"];
    const measured = measureRecord({ window: { start: 0, end: WALL }, wall: WALL, plan, runs, handoffs });
    expect(measured.metrics).toEqual({
      wall: 60,
      work: 49,
      busy: 35,
      inside: 48,
      exclusive: 40,
      lead_in: 5,
      handoff_gaps: 5,
      tail: 15,
      self_loops: 0,
      repeats: 0,
      redos: 0,
      retries: 0,
      agents: 5,
      ended_invocations: 4,
      open_invocations: 1,
      outside_parent: 0,
      adherence: 8 / 9,
    });
    const none = { ready: null, from_id: null, from_agent: null, declared: false, latency: null };
    const fromPlan = { ready: 15, from_id: "plan", from_agent: "plan", declared: false };
    expect(measured.runs).toEqual([
      { run: runs[0], exclusive: 10, path: 10, drag: 10, ...none },
      { run: runs[1], exclusive: 12, path: 7, drag: 7, ...fromPlan, declared: true, latency: 5 },
      { run: runs[2], exclusive: 8, path: 8, drag: 8, ...none },
      { run: runs[3], exclusive: 10, path: 10, drag: 10, ...fromPlan, latency: 20 },
      {
        run: runs[4],
        exclusive: null,
        path: 0,
        drag: null,
        ...none,
        ready: 45,
        from_id: "lint",
        from_agent: "lint",
        latency: 5,
      },
    ]);
  });

  it("is the same beside runs that change nothing, but for which no short cut may be taken", () => {
    fc.assert(
      fc.property(someRecord, (record) => {
        // Far away, without length: out of order, overlapping in the list, one the other's child, an agent of its own.
        const far = { agent: "far", task_type: "far" };
        const away = [run("far child", 901, 901, { ...far, parent_id: "far" }), run("far", 900, 901, far)];
        const alone = measureRecord(record);
        const beside = measureRecord({ ...record, runs: [...record.runs, ...away] });
        expect(beside.runs.slice(0, -2)).toEqual(alone.runs);
        expect(beside.path.segments).toEqual(alone.path.segments);
        const { agents, ended_invocations, adherence: _, work, self_loops, ...metrics } = alone.metrics;
        expect(beside.metrics).toMatchObject({
          ...metrics,
          work: work + 1,
          agents: agents + 1,
          ended_invocations: ended_invocations + 2,
          self_loops: self_loops + 1,
        });
      }),
      { numRuns: 1000 },
    );
  });

  it("adds up", () => {
    fc.assert(
      fc.property(someRecord, (record) => {
        const { metrics, runs, path } = measureRecord(record);
        const sum = (numbers: readonly (number | null)[]) =>
          numbers.reduce<number>((total, one) => total + (one ?? 0), 0);
        expect(sum(runs.map(({ exclusive }) => exclusive))).toBe(metrics.exclusive);
        expect(metrics.lead_in + metrics.handoff_gaps + metrics.tail).toBe(metrics.wall - metrics.busy);
        const waiting = path.segments.filter(({ id }) => id === null).map(({ start, end }) => end - start);
        expect(sum(runs.map((one) => one.path)) + sum(waiting)).toBe(WALL);
        expect(runs.map((one) => one.exclusive === null)).toEqual(record.runs.map(({ end }) => end === null));
        expect(runs.map((one) => one.drag === null)).toEqual(runs.map((one) => one.path === 0));
      }),
    );
  });
});
