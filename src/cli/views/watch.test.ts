import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { anyDetail, detailOf, WORKFLOW_START } from "../../../test/support/workflow-detail.js";
import { stepsOf } from "../changes.js";
import { changeLine, watchLines } from "./watch.js";

const START = Date.parse(WORKFLOW_START);
const DIRECTORY = "telemetry";

const running = detailOf(
  [
    { agent: "architect", from: 0, to: 600 },
    { agent: "backend", from: 700 },
    { agent: "frontend", from: 720, to: 800, status: "failure", error: "no" },
  ],
  null,
  { estimated_duration: 1800, agent_plan: ["architect", "backend", "qa"] },
  [{ from: "architect", to: "backend", at: 600, artifacts: ["docs/api.md"] }],
);
const ended = detailOf([], 90, { workflow_id: "wf-0000", estimated_duration: 60, project_name: "Portal" });

describe("what is watched", () => {
  it("shows how far each workflow is: time, plan, who is at work, who is to come, and what ended", () => {
    const state = { at: START, running: 1, workflows: [running], ended: [ended] };
    const layout = { directory: DIRECTORY, now: START + 900_000, columns: 80 };
    expect(watchLines(state, layout)).toEqual([
      "1 workflow running  10:15:00 UTC",
      "",
      "Shop  wf-0001  ██████████░░░░░░░░░░ 15 min of 30 min",
      "  ✓ architect  ✗ frontend  ▶ backend 3 min 20 s  ○ qa",
      "",
      "Ended last",
      "10:01:30  completed in 1 min 30 s (+50%)  Portal  wf-0000",
    ]);
    // Time goes on without the log being read.
    expect(watchLines(state, { ...layout, now: START + 3600_000 })[2]).toBe(
      "Shop  wf-0001  ████████████████████ 1 h of 30 min, over its estimate",
    );
  });

  it("says what to do where nothing is running, and what is wrong", () => {
    const layout = { directory: DIRECTORY, named: "there", now: START, columns: 80, hint: "q quits" };
    const text = watchLines(
      { at: START, running: 0, workflows: [], ended: [] },
      { ...layout, trouble: "no permission" },
    );
    expect(text.slice(0, 2)).toEqual(["0 workflows running  10:00:00 UTC  q quits", "no permission"]);
    expect(text.join("\n")).toContain("oak log workflow-start --project-name Test --dir there");
  });

  it("counts what there is no space for", () => {
    const workflows = Array.from({ length: 9 }, (_, i) => ({ ...running, workflow_id: `wf-${i}` }));
    const layout = { directory: DIRECTORY, now: START, columns: 80, rows: 12 };
    const lines = watchLines({ at: START, running: 20, workflows, ended: [ended] }, layout);
    expect(lines).toHaveLength(12);
    expect(lines.filter((line) => line.startsWith("Shop"))).toHaveLength(3);
    expect(lines[11]).toBe("and 17 more: oak workflows --list --status running");
  });

  it("fits any terminal", () => {
    fc.assert(
      fc.property(
        fc.array(anyDetail, { maxLength: 5 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 3, max: 60 }),
        (details, columns, rows) => {
          const workflows = details.map((detail, i) => ({ ...detail, workflow_id: `wf-${i}` }));
          const over = workflows.filter(({ ended_at }) => ended_at !== null);
          const state = { at: START, running: workflows.length, workflows, ended: over };
          const lines = watchLines(state, { directory: DIRECTORY, now: START + 60_000, columns, rows });
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) {
            expect(stringWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/[\u0000-\u001f]/);
          }
        },
      ),
    );
  });
});

describe("a change in a line", () => {
  it("says when, where and what", () => {
    const over = { ...running, ...ended, runs: running.runs, handoffs: running.handoffs, cancel_reason: null };
    expect(stepsOf(over, START).map(({ change }) => changeLine(change))).toEqual([
      "2026-11-01T10:00:00Z  Portal  started, estimated 1 min  (wf-0000)",
      "2026-11-01T10:00:00Z  Portal  ▶ architect  (wf-0000)",
      "2026-11-01T10:01:30Z  Portal  completed in 1 min 30 s, estimated 1 min (+50%)  (wf-0000)",
      "2026-11-01T10:10:00Z  Portal  ✓ architect success after 10 min  (wf-0000)",
      "2026-11-01T10:10:00Z  Portal  architect → backend: docs/api.md  (wf-0000)",
      "2026-11-01T10:11:40Z  Portal  ▶ backend  (wf-0000)",
      "2026-11-01T10:12:00Z  Portal  ▶ frontend  (wf-0000)",
      "2026-11-01T10:13:20Z  Portal  ✗ frontend failure after 1 min 20 s: no  (wf-0000)",
    ]);
  });

  it("is one line, whatever was recorded", () => {
    fc.assert(
      fc.property(anyDetail, (detail) => {
        for (const { change } of stepsOf(detail, START)) expect(changeLine(change)).not.toMatch(/[\u0000-\u001f]/);
      }),
    );
  });
});
