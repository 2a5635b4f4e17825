import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RunRecord } from "../select/outcome.js";
import { hindsights, type HistoricRun } from "./prequential.js";

function record(fields: Partial<RunRecord>): RunRecord {
  return {
    invocation_id: "i",
    agent_name: "x",
    agent_type: null,
    task_type: null,
    project_name: null,
    task_description: "draw a page",
    status: "success",
    tests_passed: null,
    build_succeeded: null,
    judged_success: null,
    quality_rating: null,
    at: 0,
    duration_seconds: null,
    definition_hash: null,
    ...fields,
  };
}

interface Told {
  readonly start: number;
  readonly lasts: number;
  readonly agent: string;
  readonly status: "success" | "failure" | "partial" | "unknown";
  /** So long after the end. */
  readonly judgedAfter: number | null;
  readonly judgement: boolean;
}

function historic(told: Told, i: number): HistoricRun {
  const { start, lasts, agent, status, judgedAfter, judgement } = told;
  const at_end = record({
    invocation_id: `i${i}`,
    agent_name: agent,
    at: start,
    status,
    task_description: `task ${i % 3}`,
  });
  const judged = judgedAfter !== null || status === "unknown";
  return {
    query: { task_description: at_end.task_description!, domains: [] },
    started_at: start,
    ended_at: start + lasts,
    at_end: status === "unknown" ? null : at_end,
    judged_at: judged ? start + lasts + (judgedAfter ?? 0) : null,
    finally: judged ? { ...at_end, judged_success: judgement } : at_end,
    explored: false,
    propensity: null,
  };
}

const anyTold: fc.Arbitrary<Told> = fc.record({
  start: fc.nat(50),
  lasts: fc.nat(20),
  agent: fc.constantFrom("x", "y", "z"),
  status: fc.constantFrom("success", "failure", "partial", "unknown"),
  judgedAfter: fc.option(fc.nat(20)),
  judgement: fc.boolean(),
});

describe("hindsights", () => {
  it("never see the future", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyTold, { maxLength: 25 }), fc.nat(70), async (told, now) => {
        const runs = told.map(historic);
        // What had come by then stays; of all else the opposite comes.
        const changed = runs.map((run): HistoricRun => {
          const turned = (each: RunRecord): RunRecord => ({
            ...each,
            status: each.status === "success" ? "failure" : "success",
            judged_success: each.judged_success === null ? null : !each.judged_success,
          });
          const known = run.judged_at === null ? run.ended_at <= now : run.judged_at <= now;
          return {
            ...run,
            at_end: run.at_end && run.ended_at > now ? turned(run.at_end) : run.at_end,
            finally: known ? run.finally : turned(run.finally),
          };
        });
        const count = runs.filter(({ started_at }) => started_at <= now).length;
        const said = async (history: readonly HistoricRun[]) =>
          (await hindsights(history, history.length)).map((each) => ({ ...each, outcome: null }));
        const [once, again] = [await said(runs), await said(changed)];
        const skipped = runs.length - once.length;
        expect(again.slice(0, Math.max(0, count - skipped))).toEqual(once.slice(0, Math.max(0, count - skipped)));
      }),
      { numRuns: 60 },
    );
  });

  it("know a run from its end, and its judgement from when it was given", async () => {
    const at = (start: number, more: Partial<Told> = {}): Told => ({
      start,
      lasts: 10,
      agent: "x",
      status: "success",
      judgedAfter: null,
      judgement: false,
      ...more,
    });
    const told = [at(0, { judgedAfter: 100 }), at(5), at(20), at(200)];
    const said = await hindsights(told.map(historic), 10);
    // Nothing was known before the third; then two successes; at last the first was judged a failure.
    expect(said.map(({ baseline }) => baseline)).toEqual([3 / 4, 3 / 5]);
  });

  it("look at the latest runs only, and learn from those before", async () => {
    const told = Array.from({ length: 30 }, (_, i) => ({
      start: i * 10,
      lasts: 1,
      agent: "x",
      status: "success" as const,
      judgedAfter: null,
      judgement: true,
    }));
    const said = await hindsights(told.map(historic), 5);
    expect(said).toHaveLength(5);
    expect(said[0]!.baseline).toBeCloseTo(26 / 27);
    expect(said[0]!.stated).toBeGreaterThan(0.8);
  });

  it("hold the propensity that was recorded; else, of who was chosen to learn, that of any agent known", async () => {
    const told = ["x", "y", "x", "z", "y"].map((agent, i): Told => {
      return { start: i * 10, lasts: 1, agent, status: "success", judgedAfter: null, judgement: true };
    });
    const runs = told.map(historic);
    const propensities = async (more: Partial<HistoricRun>) =>
      (
        await hindsights(
          runs.map((run) => ({ ...run, ...more })),
          10,
        )
      ).map(({ propensity }) => propensity);
    expect(await propensities({})).toEqual([null, null, null, null]);
    // y was not known when it was sent, nor z.
    expect(await propensities({ explored: true })).toEqual([null, 1 / 2, null, 1 / 3]);
    expect(await propensities({ explored: true, propensity: 0.7 })).toEqual([0.7, 0.7, 0.7, 0.7]);
    expect(await propensities({ propensity: 1 })).toEqual([1, 1, 1, 1]);
  });

  it("of nothing are nothing", async () => {
    expect(await hindsights([], 10)).toEqual([]);
  });
});
