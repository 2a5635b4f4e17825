import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import type { CoordinationOverhead, WorkflowDetail, WorkflowSummary } from "../src/index.js";
import { Tables } from "../src/tables/tables.js";
import { analyzing } from "./support/analysis.js";
import { eventsOf, ORIGIN, type Scenario, type ScenarioRun } from "./support/scenario.js";

/** Workflows are at most so many seconds long: few, so that runs touch, nest and overlap in every way. */
const LONGEST = 40;

interface Shape {
  readonly start: number;
  readonly length: number;
  readonly open: boolean;
  readonly detached: boolean;
  readonly parent: number | null;
  readonly agent: string;
}

const anyShape: fc.Arbitrary<Shape> = fc.record({
  start: fc.nat(LONGEST + 4),
  length: fc.oneof(fc.nat(4), fc.nat(LONGEST)),
  open: fc.nat(9).map((die) => die === 0),
  detached: fc.nat(4).map((die) => die === 0),
  parent: fc.option(fc.nat(7)),
  agent: fc.constantFrom("planner", "coder", "tester"),
});

/** Runs whose children lie within their parents and all of which lie within the workflow, or anywhere. */
const anyScenario: fc.Arbitrary<Scenario> = fc
  .tuple(fc.integer({ min: 1, max: LONGEST }), fc.array(anyShape, { maxLength: 8 }), fc.boolean())
  .map(([end, shapes, tidy]) => {
    const runs: Record<string, ScenarioRun> = {};
    const spans: (readonly [number, number])[] = [];
    shapes.forEach(({ start, length, open, detached, parent, agent }, i) => {
      const parentPlace = parent !== null && parent < i ? parent : null;
      const [earliest, latest] = (parentPlace === null ? undefined : spans[parentPlace]) ?? [0, end];
      const from = tidy ? Math.min(Math.max(start, earliest), latest) : start;
      const to = tidy ? Math.min(from + length, latest) : from + length;
      spans.push([from, to]);
      runs[String(i)] = {
        at: [from, open && !tidy ? null : to],
        agent,
        ...(parentPlace === null ? {} : { parent: String(parentPlace) }),
        ...(detached ? { detached: true } : {}),
      };
    });
    return { end, runs };
  });

interface Run {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly parent: Run | undefined;
}

/** The runs that ended, with the parents that wait for them. */
function endedRuns({ runs = {} }: Scenario): Run[] {
  const ended = new Map<string, Run>();
  for (const [id, { at, parent, detached = false }] of Object.entries(runs)) {
    const [start, end] = at;
    if (start === null || end === null) continue;
    ended.set(id, { id, start, end, parent: detached || parent === undefined ? undefined : ended.get(parent) });
  }
  return [...ended.values()];
}

/** Where the time of a workflow went, second by second: as naive as can be. */
function naive(scenario: Scenario) {
  const runs = endedRuns(scenario);
  const wall = scenario.end!;
  const at = (second: number) => runs.filter(({ start, end }) => start <= second && second < end);
  let [busy, inside, exclusive, waiting] = [0, 0, 0, 0];
  let [first, last] = [wall, 0];
  for (let second = 0; second < wall; second++) {
    const active = at(second);
    inside += active.length;
    exclusive += active.filter((run) => !active.some(({ parent }) => parent === run)).length;
    // What decides how long it took is waited for where nobody is at work whom nobody else waits for.
    if (!active.some(({ parent }) => parent === undefined)) waiting++;
    if (active.length === 0) continue;
    busy++;
    first = Math.min(first, second);
    last = second + 1;
  }
  const work = runs.reduce((sum, { start, end }) => sum + end - start, 0);
  // A run of no length takes no time, but it is where a wait ends and another begins.
  for (const { start, end } of runs.filter((run) => run.start === run.end && run.start >= 0 && run.end <= wall)) {
    first = Math.min(first, start);
    last = Math.max(last, end);
  }
  const idle = wall - busy;
  const lead_in = first > last ? idle : first;
  const tail = first > last ? 0 : wall - last;
  return { wall, work, busy, inside, exclusive, idle, lead_in, tail, gaps: idle - lead_in - tail, waiting };
}

type NaiveTime = ReturnType<typeof naive>;

/** The same events in another order, some of them twice. */
function scrambled<T>(events: readonly T[]): T[] {
  const step = 7919;
  const order = events.map((_, i) => (i * step) % events.length);
  const left = new Set(events.keys());
  for (const i of order) left.delete(i);
  return [...order, ...left, ...order.slice(0, 100)].map((i) => events[i]!);
}

describe("the time of random workflows goes where counting it second by second says", () => {
  const scenarios = fc.sample(anyScenario, 500).map((scenario, i) => ({ id: `w${i}`, scenario }));
  const measured = scenarios.flatMap(({ id, scenario }) =>
    endedRuns(scenario).length === 0 ? [] : [{ id, scenario, time: naive(scenario) }],
  );
  let overhead: CoordinationOverhead;
  let listed: ReadonlyMap<string, WorkflowSummary>;
  /** Of some: each takes a few queries. */
  let details: readonly { readonly scenario: Scenario; readonly time: NaiveTime; readonly detail: WorkflowDetail }[];
  /** What is known of each, under the names of {@link naive}. */
  let tabled: ReadonlyMap<unknown, object>;

  beforeAll(async () => {
    const events = scenarios.flatMap(({ id, scenario }, i) => eventsOf(id, scenario, ORIGIN + i * 3_600_000));
    await analyzing(scrambled(events), async (analyzer, directory) => {
      overhead = await analyzer.calculateCoordinationOverhead();
      const { workflows } = await analyzer.listWorkflows({}, { limit: scenarios.length });
      listed = new Map(workflows.map((each) => [each.workflow_id, each]));
      details = await Promise.all(
        measured.slice(0, 50).map(async (each) => ({ ...each, detail: (await analyzer.getWorkflow(each.id))! })),
      );
      const tables = await Tables.open(directory);
      const rows = await tables.rows(`
        SELECT workflow_id, wall_us / 1e6 AS wall, work_us / 1e6 AS work, busy_us / 1e6 AS busy,
          inside_us / 1e6 AS inside, exclusive_us / 1e6 AS exclusive, (wall_us - busy_us) / 1e6 AS idle,
          lead_in_us / 1e6 AS lead_in, tail_us / 1e6 AS tail, handoff_gaps_us / 1e6 AS gaps,
          (wall_us - path_us) / 1e6 AS waiting
        FROM workflow_metrics
          JOIN (SELECT workflow_id, sum(path_us) AS path_us FROM workflow_runs GROUP BY workflow_id) USING (workflow_id)`);
      tables.close();
      tabled = new Map(rows.map(({ workflow_id, ...row }) => [workflow_id, row]));
    });
  });

  it("in each", () => {
    for (const { id, scenario, time } of measured) {
      expect({ scenario, ...tabled.get(id) }).toEqual({ scenario, ...time });
      expect({ scenario, idle: listed.get(id)!.idle_share }).toEqual({ scenario, idle: time.idle / time.wall });
    }
  });

  it("in all of them, and specified = idle − overlap − nested − outside", () => {
    const sum = (key: keyof NaiveTime) => measured.reduce((total, { time }) => total + time[key], 0);
    const share = (key: keyof NaiveTime) => sum(key) / sum("wall");
    const near = (value: number) => expect.closeTo(value, 9) as number;
    expect(overhead).toMatchObject({
      status: "ok",
      workflows_analyzed: measured.length,
      workflows_left_out: scenarios.length - measured.length,
      coordination_overhead_pct: near(100 * (1 - share("work"))),
      idle_share: near(share("idle")),
      overlap_share: near(share("exclusive") - share("busy")),
      nested_share: near(share("inside") - share("exclusive")),
      outside_share: near(share("work") - share("inside")),
      idle_split: {
        lead_in_share: near(share("lead_in")),
        handoff_gaps_share: near(share("gaps")),
        tail_share: near(share("tail")),
      },
      critical_path: { waiting_share: near(share("waiting")) },
      speedup: near(share("exclusive")),
    });
    const { coordination_overhead_pct, idle_share, overlap_share, nested_share, outside_share } = overhead;
    expect(coordination_overhead_pct! / 100).toBeCloseTo(
      idle_share! - overlap_share! - nested_share! - outside_share!,
      12,
    );
  });

  it("on the critical path: its stretches add up to all of it, those of a run lie within the run", () => {
    for (const { scenario, time, detail } of details) {
      const { critical_path, runs } = detail;
      const starts = critical_path.map(({ start_offset }) => start_offset);
      const ends = critical_path.map(({ end_offset }) => end_offset);
      expect({ scenario, starts: [...starts, time.wall] }).toEqual({ scenario, starts: [0, ...ends] });
      expect(timeOn(critical_path, null)).toBe(time.waiting);
      for (const { invocation_id, start_offset, end_offset, critical_path_seconds, drag_seconds } of runs) {
        const own = critical_path.filter((each) => each.invocation_id === invocation_id);
        for (const segment of own) {
          expect(segment.start_offset).toBeGreaterThanOrEqual(start_offset);
          expect(segment.end_offset).toBeLessThanOrEqual(end_offset!);
        }
        expect(critical_path_seconds ?? 0).toBe(timeOn(critical_path, invocation_id));
        expect(drag_seconds ?? 0).toBeLessThanOrEqual(critical_path_seconds ?? 0);
      }
    }
  });

  it("on the critical path: it waits while nobody works, where children lie within their parents", () => {
    const within = measured.filter(({ scenario }) =>
      endedRuns(scenario).every(({ start, end, parent }) => !parent || (parent.start <= start && end <= parent.end)),
    );
    expect(within.length).toBeGreaterThan(50);
    for (const { id, scenario, time } of within)
      expect({ scenario, ...tabled.get(id) }).toMatchObject({ scenario, waiting: time.idle });
  });
});

function timeOn(path: WorkflowDetail["critical_path"], id: string | null): number {
  return path.reduce(
    (sum, { invocation_id, start_offset, end_offset }) => sum + (invocation_id === id ? end_offset - start_offset : 0),
    0,
  );
}
