import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyDetail, detailOf, WORKFLOW_START } from "../../test/support/workflow-detail.js";
import { stepsOf } from "./changes.js";

const NOW = Date.parse(WORKFLOW_START) + 3600_000;

const kinds = (steps: ReturnType<typeof stepsOf>) =>
  steps.map(({ change }) => ("agent_name" in change ? `${change.change} ${change.agent_name}` : change.change));

describe("stepsOf", () => {
  it("tells what has happened in order, ends before what follows them at the same time", () => {
    const detail = detailOf(
      [
        { agent: "architect", from: 0, to: 60 },
        { agent: "nothing", from: 60, to: 60 },
        { agent: "qa", from: 60, to: 90, status: "failure", error: "tests failed" },
      ],
      90,
      { estimated_duration: 60 },
      [{ from: "architect", to: "qa", at: 60, artifacts: ["a.md"] }],
    );
    const steps = stepsOf(detail, NOW);
    expect(kinds(steps)).toEqual([
      "workflow_started",
      "run_began architect",
      "run_ended architect",
      "handoff",
      "run_began nothing",
      "run_began qa",
      "run_ended nothing",
      "run_ended qa",
      "workflow_ended",
    ]);
    expect(steps.map(({ change }) => change)[7]).toEqual({
      time: "2026-11-01T10:01:30.000Z",
      workflow_id: "wf-0001",
      project_name: "Shop",
      change: "run_ended",
      invocation_id: "run-2",
      agent_name: "qa",
      status: "failure",
      duration_seconds: 30,
      error_message: "tests failed",
    });
    expect(steps.at(-1)!.change).toMatchObject({ status: "completed", duration_seconds: 90, estimate_error: 0.5 });
  });

  it("lets a workflow end after its last run, though durations are rounded", () => {
    const detail = detailOf([{ agent: "solo", from: 0, to: 60.4 }], 60);
    expect(kinds(stepsOf(detail, NOW))).toEqual([
      "workflow_started",
      "run_began solo",
      "run_ended solo",
      "workflow_ended",
    ]);
  });

  it("gives a workflow that is taken for abandoned the time of now", () => {
    const detail = detailOf([{ agent: "solo", from: 0 }], null, { status: "abandoned" });
    expect(stepsOf(detail, NOW).at(-1)).toMatchObject({
      key: "abandoned",
      change: { change: "workflow_ended", status: "abandoned", time: new Date(NOW).toISOString() },
    });
  });

  it("tells every step apart, and a step by the same key when more has become known", () => {
    fc.assert(
      fc.property(anyDetail, (detail) => {
        const steps = stepsOf(detail, NOW);
        expect(new Set(steps.map(({ key }) => key)).size).toBe(steps.length);
        const ended = detail.runs.filter(({ end_offset }) => end_offset !== null).length;
        const rest = 1 + detail.handoffs.length + (detail.status === "running" ? 0 : 1);
        expect(steps).toHaveLength(detail.runs.length + ended + rest);
        const before = { ...detail, runs: detail.runs.slice(0, -1), handoffs: detail.handoffs.slice(0, -1) };
        const keys = new Set(steps.map(({ key }) => key));
        for (const { key } of stepsOf(before, NOW)) expect(keys).toContain(key);
      }),
    );
  });
});
