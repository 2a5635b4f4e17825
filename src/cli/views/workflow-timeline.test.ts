import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { anyDetail, detailOf } from "../../../test/support/workflow-detail.js";
import { cellsOf, lanesOf } from "./timeline-lanes.js";
import { workflowText } from "./workflow-facts.js";
import { timeline } from "./workflow-timeline.js";

describe("the drawing of a workflow", () => {
  it("shows who worked when, what decided how long it took, who waited, and how it ended", () => {
    const detail = detailOf(
      [
        { agent: "architect", from: 60, to: 600 },
        { agent: "frontend", from: 720, to: 1200, status: "partial" },
        { agent: "backend", from: 900, to: 2400 },
        { agent: "qa", from: 2700, to: 3300, status: "failure" },
      ],
      3600,
      {},
      [{ from: "backend", to: "qa", at: 2400 }],
    );
    expect(timeline(detail, 60)).toEqual([
      "          0 s         20 min      40 min",
      "          ┬───────────┬───────────┬────────────",
      "architect ███████✓                                     9 min",
      "frontend        ·███▒▒▒◐                               8 min",
      "backend         ···████████████████✓                  25 min",
      "qa                                ···███████✗         10 min",
      "█ critical path  ▒ beside it  · waiting  ✓ success",
      "✗ failure  ◐ partial",
    ]);
  });

  it("explains only the bars that it draws", () => {
    expect(timeline(detailOf([{ agent: "architect", from: 0, to: 600 }], 600), 60).at(-1)).toBe(
      "█ critical path  ✓ success",
    );
  });

  it("puts runs below the run that started them, and overlapping ones of an agent on lines of their own", () => {
    const detail = detailOf(
      [
        { agent: "lead", id: "lead", from: 0, to: 100 },
        { agent: "reader", from: 10, to: 50, parent: "lead" },
        { agent: "reader", from: 30, to: 90, parent: "lead" },
        { agent: "indexer", from: 20, to: 100, parent: "lead", detached: true },
      ],
      100,
    );
    expect(timeline(detail, 60)).toEqual([
      "             0 s                 1 min",
      "             ┬───────────────────┬─────────────",
      "lead         ███████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒████✓  1 min 40 s",
      "└ reader        ▒▒▒▒▒▒▒▒▒▒▒▒▒▒✓                         40 s",
      "└ reader               █████████████████████✓          1 min",
      "└ ~indexer         ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒✓  1 min 20 s",
      "█ critical path  ▒ beside it  ✓ success",
      "└ started by the one above  ~ nobody waits for it",
    ]);
  });

  it("leaves what is running open until now, and knows no critical path yet", () => {
    const detail = detailOf(
      [
        { agent: "architect", from: 0, to: 1800 },
        { agent: "qa", from: 1900 },
      ],
      null,
    );
    const lines = timeline(detail, 60);
    expect(lines[2]).toMatch(/^architect █+✓ +30 min$/);
    expect(lines[3]).toMatch(/^qa +█+▶ 28 min 20 s$/);
    expect(lines[4]).toBe("✓ success  ▶ running");
  });

  it("draws at least a cell of what took no time", () => {
    expect(timeline(detailOf([{ agent: "solo", from: 0, to: 0 }], 0), 60)[2]).toMatch(/^solo █✓ +0 s$/);
    const short = detailOf(
      [
        { agent: "a", from: 0, to: 0 },
        { agent: "b", from: 500, to: 500.001 },
      ],
      1000,
    );
    for (const line of timeline(short, 60).slice(2, 4)) expect(line).toMatch(/[█▒]✓/);
  });

  it("keeps what runs, failed or mattered when there is too much, and says how much is not shown", () => {
    const runs = Array.from({ length: 60 }, (_, i) => ({ agent: `agent-${i}`, from: i, to: 60 + ((i * 37) % 50) }));
    const detail = detailOf([...runs, { agent: "failing", from: 70, to: 71, status: "failure" as const }], 120);
    const lines = timeline(detail, 80);
    expect(lines).toHaveLength(2 + 40 + 2);
    expect(lines.join("\n")).toContain("21 runs are not shown; --json has all");
    expect(lines.join("\n")).toMatch(/failing +[█▒]+✗/);
  });

  it("shows every run or counts it, each in cells of its own, and is never wider than the terminal", () => {
    fc.assert(
      fc.property(
        anyDetail,
        fc.integer({ min: 20, max: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (detail, columns, most) => {
          for (const line of timeline(detail, columns)) {
            expect(stringWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/[\u0000-\u001f]/);
          }
          const scale = { from: -100, to: 8000, cells: columns };
          const { lanes, hidden } = lanesOf(detail.runs, scale, most);
          const shown = lanes.flatMap((lane) => lane.runs.map(({ run }) => run.invocation_id));
          expect(new Set(shown).size).toBe(shown.length);
          expect(shown.length + hidden).toBe(detail.runs.length);
          expect(lanes.length).toBeLessThanOrEqual(most);
          for (const { runs } of lanes) {
            runs.forEach(({ cells }, i) => {
              expect(cells.last).toBeGreaterThanOrEqual(cells.first);
              expect(cells.first).toBeGreaterThan(runs[i - 1]?.cells.last ?? -1);
              expect(cells.last).toBeLessThan(columns);
            });
          }
        },
      ),
    );
  });
});

describe("lanesOf", () => {
  const scale = { from: -100, to: 8000, cells: 80 };

  it("puts each run on the first line of its agent that has space", () => {
    fc.assert(
      fc.property(anyDetail, ({ runs }) => {
        const { lanes } = lanesOf(
          runs.map((run) => ({ ...run, parent_invocation_id: null })),
          scale,
          Infinity,
        );
        const isOfSame = (a: (typeof lanes)[number], b: (typeof lanes)[number]) =>
          a.agent_name === b.agent_name && a.detached === b.detached;
        const skipped = lanes.flatMap((lane, i) => {
          const above = lanes.slice(0, i).filter((other) => isOfSame(other, lane));
          return lane.runs.flatMap(({ run }) => {
            const { first } = cellsOf(scale, run.start_offset, run.end_offset ?? scale.to);
            const isInTheWay = (other: (typeof lane.runs)[number]) =>
              other.run.start_offset <= run.start_offset && other.cells.last >= first;
            return above.filter((other) => !other.runs.some(isInTheWay));
          });
        });
        expect(skipped).toEqual([]);
      }),
    );
  });

  it("has time for very many runs at once, one inside the other, or of an agent each", () => {
    const MANY = 150_000;
    const [run] = detailOf([{ agent: "reader", from: 0, to: 1 }], 10).runs;
    const runs = Array.from({ length: MANY }, (_, i) => ({ ...run!, invocation_id: `run-${i}` }));
    const later = runs.map((each) => ({ ...each, invocation_id: `later-${each.invocation_id}`, start_offset: 5000 }));
    const nested = runs.map((each, i) => ({ ...each, parent_invocation_id: i === 0 ? null : `run-${i - 1}` }));
    for (const many of [
      runs,
      [...runs, ...later],
      nested,
      nested.toReversed(),
      runs.map((each, i) => ({ ...each, agent_name: `reader-${i}` })),
    ]) {
      const { lanes, hidden } = lanesOf(many, scale, 40);
      expect(lanes.reduce((sum, lane) => sum + lane.runs.length, hidden)).toBe(many.length);
    }
  });
});

describe("cellsOf", () => {
  it("covers what a stretch of time touches", () => {
    const scale = { from: 0, to: 100, cells: 10 };
    expect(cellsOf(scale, 0, 100)).toEqual({ first: 0, last: 9 });
    expect(cellsOf(scale, 10, 20)).toEqual({ first: 1, last: 1 });
    expect(cellsOf(scale, 10, 21)).toEqual({ first: 1, last: 2 });
    expect(cellsOf(scale, 100, 100)).toEqual({ first: 9, last: 9 });
    expect(cellsOf({ ...scale, to: 0 }, 0, 0)).toEqual({ first: 0, last: 0 });
  });
});

describe("the text on a workflow", () => {
  it("says where the time went, whether it kept to its plan, and what failed", () => {
    const detail = detailOf(
      [
        { agent: "architect", from: 60, to: 600 },
        { agent: "qa", from: 900, to: 1200, status: "failure", error: "tests failed" },
        { agent: "qa", from: 1200, to: 1500 },
      ],
      1600,
      { estimated_duration: 1280, agent_plan: ["architect", "backend", "qa"] },
      [{ from: "architect", to: "qa", at: 610, artifacts: ["docs/api.md"] }],
    );
    const text = workflowText(detail, 80);
    for (const part of [
      "completed  Shop\nwf-0001\ntook 26 min 40 s, estimated 21 min 20 s (+25%)",
      "10 min 10 s  5 min  architect → qa: docs/api.md",
      "✗ qa at 20 min: tests failed",
      "waiting           28.7%  1 min before the first run, 5 min between runs, 1 min",
      "duration − work   28.7%",
      "qa            2  10 min  37.5%  10 min",
      "Plan: kept to 67%; missing: backend; not planned: qa.",
      "Rework: 1 after a failure.",
    ])
      expect(text).toContain(part);
  });

  it("is there of very many runs at once", () => {
    const runs = Array.from({ length: 150_000 }, () => ({ agent: "reader", from: 0, to: 60 }));
    expect(workflowText(detailOf(runs, 60), 80)).toContain("149,960 runs are not shown");
  });

  it("fits any terminal that has space for a table", () => {
    fc.assert(
      fc.property(anyDetail, fc.integer({ min: 60, max: 200 }), (detail, columns) => {
        for (const line of workflowText(detail, columns).split("\n"))
          expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
