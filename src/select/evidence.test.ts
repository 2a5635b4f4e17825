import { describe, expect, it } from "vitest";

import { RUNS_READ, weigh } from "./evidence.js";
import type { PastRun } from "./past-run.js";

const run = (i: number, fields: Partial<PastRun> = {}): PastRun => ({
  invocation_id: `i${String(i).padStart(8, "0")}`,
  agent_name: "a",
  task_description: `task ${i}`,
  domain: null,
  outcome: 1,
  weight: 1,
  at: i,
  duration_seconds: null,
  definition_hash: null,
  ...fields,
});

describe("evidence", () => {
  it("halves with forty later runs of the same agent, others' do not matter", () => {
    const runs = Array.from({ length: 41 }, (_, i) => run(i));
    const { observations, texts } = weigh([...runs, run(50, { agent_name: "b" })]);
    const weightOf = (text: string) => observations.find(({ runs: [first] }) => first!.run.task_description === text)!;
    expect(texts.length).toBe(42);
    expect(weightOf("task 0").weight).toBeCloseTo(0.5, 14);
    expect(weightOf("task 40").weight).toBe(1);
    expect(weightOf("task 50").weight).toBe(1);
  });

  it("is put together where agent, text and domain are the same", () => {
    const same = { task_description: "same" };
    const { observations, agents, domains } = weigh([
      run(0, { ...same, outcome: 0, weight: 0.5 }),
      run(1, same),
      run(2, { ...same, domain: "api" }),
      run(3, { ...same, agent_name: "b" }),
    ]);
    expect({ agents, domains }).toEqual({ agents: ["a", "b"], domains: ["api"] });
    expect(observations.map(({ runs }) => runs.length)).toEqual([2, 1, 1]);
    expect(observations[0]!.outcome).toBeGreaterThan(0.6);
  });

  it("is weaker where the agent had another definition; by default the last one recorded is the present one", () => {
    const runs = [run(0, { definition_hash: "old" }), run(1, { definition_hash: "new" }), run(2)];
    const weights = (definitions?: ReadonlyMap<string, string>) =>
      weigh(runs, definitions).observations.map(({ weight }) => Math.round(weight * 10) / 10);
    expect(weights()).toEqual([0.1, 1, 1]);
    expect(weights(new Map([["a", "old"]]))).toEqual([1, 0.1, 1]);
  });

  it("is of the last runs of a long history, whatever its order", () => {
    const runs = Array.from({ length: RUNS_READ + 1000 }, (_, i) =>
      run(i, { agent_name: `agent-${i % 1000}`, task_description: "same", at: Math.floor(i / 10) }),
    );
    const kept = (of: readonly PastRun[]) => weigh(of).observations.reduce((sum, each) => sum + each.runs.length, 0);
    expect(kept(runs)).toBe(RUNS_READ);
    expect(kept(runs.toReversed())).toBe(RUNS_READ);
    const first = weigh(runs).observations.map(({ runs: [earliest] }) => earliest!.run.invocation_id);
    expect(first).toContain("i00001000");
    expect(first).not.toContain("i00000999");
  });
});
