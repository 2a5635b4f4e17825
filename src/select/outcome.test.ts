import { describe, expect, it } from "vitest";

import { claimWeight, pastRun, type RunRecord } from "./outcome.js";

const record = (more: Partial<RunRecord> = {}): RunRecord => ({
  invocation_id: "i",
  agent_name: "agent",
  agent_type: null,
  task_type: null,
  project_name: null,
  task_description: "task",
  status: "success",
  tests_passed: null,
  build_succeeded: null,
  judged_success: null,
  quality_rating: null,
  at: 5,
  duration_seconds: 60,
  definition_hash: null,
  ...more,
});

describe("pastRun", () => {
  it("takes success for 1 and failure for 0", () => {
    expect(pastRun(record()).outcome).toBe(1);
    expect(pastRun(record({ status: "failure" })).outcome).toBe(0);
  });

  it("lets a judgement overrule what the agent says of itself", () => {
    expect(pastRun(record({ judged_success: false, quality_rating: 5 })).outcome).toBe(0);
    expect(pastRun(record({ status: "failure", judged_success: true })).outcome).toBe(1);
    expect(pastRun(record({ status: "unknown", judged_success: true })).outcome).toBe(1);
  });

  it("takes what is partial for its rating, else for a half", () => {
    const partial = (quality_rating: number | null) =>
      pastRun(record({ status: "partial", judged_success: false, quality_rating })).outcome;
    expect([1, 2, 3, 4, 5, null, 17, 0].map(partial)).toEqual([0, 0.25, 0.5, 0.75, 1, 0.5, 0.5, 0.5]);
  });

  it("labels a run by its kind of task, else by its agent", () => {
    expect(pastRun(record({ task_type: "audit" })).domain).toBe("audit");
    expect(pastRun(record({ task_type: "" })).domain).toBe("agent");
    expect(pastRun(record()).domain).toBe("agent");
  });

  it("reads a task that nobody described as an empty text", () => {
    expect(pastRun(record({ task_description: null })).task_description).toBe("");
  });
});

describe("the weight of a claim", () => {
  const judged = record({ judged_success: true });

  it("is 1 where nobody judges, and a half where judging is usual", () => {
    const of = (claimed: number, others: number) =>
      claimWeight([
        ...Array.from({ length: claimed }, () => record()),
        ...Array.from({ length: others }, () => judged),
      ]);
    expect(of(0, 0)).toBe(1);
    expect(of(10, 0)).toBe(1);
    expect(of(90, 10)).toBe(0.75);
    expect(of(80, 20)).toBe(0.5);
    expect(of(1, 99)).toBe(0.5);
  });

  it("is that of every run which neither feedback nor tests nor a build confirms, whatever it says", () => {
    expect(pastRun(record(), 0.6).weight).toBe(0.6);
    expect(pastRun(record({ status: "failure" }), 0.6).weight).toBe(0.6);
    expect(pastRun(judged, 0.6).weight).toBe(1);
    expect(pastRun(record({ tests_passed: true }), 0.6).weight).toBe(1);
    expect(pastRun(record({ build_succeeded: false }), 0.6).weight).toBe(1);
  });
});
