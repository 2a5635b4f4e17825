import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyText } from "../../../test/support/events.js";
import { compareRuns, type PeriodComparison, type RunTotals } from "../../analyze/periods.js";
import { comparisonText, emptyText, isEmpty } from "./compare.js";
import { fits } from "./fit.js";

function totals(successes: number, total: number, seconds: number | null, quality: number | null): RunTotals {
  return { invocations: total, successes, total, mean_duration_seconds: seconds, mean_quality: quality };
}

const NOTHING = totals(0, 0, null, null);
const BETTER = compareRuns(totals(50, 100, 60, 3), totals(90, 100, 87, 3.25));
const WORSE = compareRuns(totals(90, 100, 600, 3), totals(50, 100, 300, null));
const CHANCE = compareRuns(totals(9, 10, 60, 3), totals(8, 10, 60, 3));
const NEW = compareRuns(NOTHING, totals(1, 1, 60, null));

/** Of the overhead only the share of waiting is compared. */
function workflows(total_workflows: number, success_rate: number | null, idle_share: number | null) {
  const overhead = { idle_share } as PeriodComparison["workflows"]["before"]["overhead"];
  return { total_workflows, success_rate, success_rate_interval: null, overhead };
}

const COMPARISON: PeriodComparison = {
  periods: {
    before: { start: "2026-09-01T00:00:00.000Z", end: "2026-10-01T00:00:00.000Z" },
    after: { start: "2026-10-01T00:00:00.000Z", end: "2026-11-01T12:30:00.000Z" },
  },
  invocations: CHANCE,
  agents: { architect: BETTER, developer: WORSE, newcomer: NEW },
  workflows: {
    before: workflows(93, 0.88, 0.209),
    after: workflows(1, 0.81, 0.206),
    change: { success_rate: -0.07, success_rate_interval: [-0.17, 0.03], idle_share: -0.003 },
  },
};

describe("comparisonText", () => {
  it("shows the periods, the agents and the workflows", () => {
    expect(comparisonText(COMPARISON, 80).split("\n")).toEqual([
      "Less success than before: developer (90% → 50%).",
      "More success than before: architect (50% → 90%).",
      "Chance alone may explain the other changes.",
      "",
      "Before: 2026-09-01 to 2026-10-01, 10 invocations, 93 completed workflows",
      "After: 2026-10-01 to 2026-11-01 12:30, 10 invocations, 1 completed workflow",
      "",
      "AGENT         RUNS  SUCCESS  CHANGE         95%           ΔTIME  ΔQUALITY",
      "architect  100→100  50%→90%   +40.0  +28 to +51  better   +27 s     +0.25",
      "developer  100→100  90%→50%   -40.0  -51 to -28  worse   -5 min         –",
      "newcomer       0→1   –→100%       –           –  –            –         –",
      "all          10→10  90%→80%   -10.0  -42 to +24  chance     0 s      0.00",
      "",
      "WORKFLOWS  BEFORE  AFTER  CHANGE        95%",
      "success     88.0%  81.0%    -7.0  -17 to +3  chance",
      "waiting     20.9%  20.6%    -0.3",
      "",
      "change in points; chance: its 95% interval contains 0 (of 20 that are chance,",
      "one looks real); Δ: change of the mean per run; times are UTC",
    ]);
  });

  it("says first who has changed, and of how many that may be chance", () => {
    const first = (changes: Partial<PeriodComparison>) =>
      comparisonText({ ...COMPARISON, ...changes }, 200)
        .split("\n\n", 1)[0]!
        .split("\n");
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`agent-${i}`, WORSE]));
    expect(first({ agents: { architect: CHANCE, developer: WORSE, tester: CHANCE, newcomer: NEW } })).toEqual([
      "Less success than before: developer (90% → 50%).",
      "Chance alone may explain the changes of 2 other agents.",
    ]);
    expect(first({ agents: many })[0]).toBe(
      `Less success than before: ${[0, 1, 2, 3, 4, 5].map((i) => `agent-${i} (90% → 50%)`).join(", ")} and 2 more.`,
    );
    expect(first({ agents: { tester: CHANCE } })).toEqual([
      "No change of success is certain. Chance alone may explain the change of 1 agent.",
    ]);
    expect(first({ agents: {}, invocations: WORSE })[0]).toBe(
      "Less success than before: all runs together (90% → 50%).",
    );
    const nothing = {
      ...COMPARISON.workflows,
      change: { success_rate: null, success_rate_interval: null, idle_share: null },
    };
    const invocations = { ...NEW, before: { ...NEW.before, invocation_count: 1 } };
    expect(first({ agents: { newcomer: NEW }, invocations, workflows: nothing })).toEqual([
      "Nothing to compare: no agent has known outcomes in both periods.",
    ]);
  });

  it("says nothing of changes where one period is empty", () => {
    const none = { ...COMPARISON.workflows, before: { ...COMPARISON.workflows.before, total_workflows: 0 } };
    expect(comparisonText({ ...COMPARISON, invocations: NEW, workflows: none }, 80)).toMatch(/^Before:/);
  });

  it("says when a period is empty, when they overlap, and what everything before is", () => {
    const before = { start: "1970-01-01T00:00:00.000Z", end: "2026-10-15T00:00:00.000Z" };
    const comparison = {
      ...COMPARISON,
      periods: { ...COMPARISON.periods, before },
      invocations: NEW,
      workflows: { ...COMPARISON.workflows, before: workflows(0, null, null), after: workflows(0, null, null) },
    };
    const text = comparisonText(comparison, 80);
    expect(isEmpty(comparison, "before")).toBe(true);
    expect(isEmpty(comparison, "after")).toBe(false);
    expect(text).toContain("Before: everything before 2026-10-15, 0 invocations");
    expect(text).toContain("No invocation in everything before 2026-10-15.");
    expect(text).toContain("The periods overlap: some runs are in both.");
    expect(text).not.toContain("WORKFLOWS");
  });

  it("leaves out on a narrow terminal what matters least", () => {
    expect(comparisonText(COMPARISON, 60)).toContain("AGENT      SUCCESS  CHANGE         95%           ΔTIME\n");
  });

  it("fits any terminal, whatever the agents are called", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 4 }), fc.integer({ min: 50, max: 140 }), (names, available) => {
        const agents = Object.fromEntries(names.map((name) => [name, BETTER]));
        expect(fits(comparisonText({ ...COMPARISON, agents }, available), available)).toBe(true);
      }),
    );
  });
});

it("says that both periods are empty", () => {
  expect(emptyText(COMPARISON, 80)).toBe(
    "No invocation in 2026-09-01 to 2026-10-01.\nNo invocation in 2026-10-01 to 2026-11-01 12:30.\noak stats says from when to when there are some: --as-of, --split, or --before\nand --after look there.",
  );
});
