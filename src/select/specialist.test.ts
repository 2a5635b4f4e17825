import { describe, expect, it } from "vitest";

import type { Contribution } from "./prediction.js";
import { outlineSpecialist } from "./specialist.js";

const run = (task_description: string, outcome: number, similarity: number): Contribution => ({
  run: {
    invocation_id: task_description,
    agent_name: outcome < 0.5 ? "loser" : "winner",
    task_description,
    domain: null,
    outcome,
    weight: 1,
    at: 0,
    duration_seconds: null,
    definition_hash: null,
  },
  similarity,
  contribution: 0,
});

describe("outlineSpecialist", () => {
  const near = [
    run("Tune the Postgres index of orders", 0, 0.6),
    run("Tune the Postgres index of orders", 0, 0.6),
    run("Tune the Postgres index of orders", 1, 0.6),
    run("Vacuum the Postgres tables", 0, 0.3),
    run("Vacuum the Postgres tables of invoices", 0.25, 0.1),
  ];
  const all = [...near, ...Array.from({ length: 20 }, (_, i) => run(`Write page ${i} of the shop`, i % 2, 0))].map(
    (each) => each.run,
  );

  it("names words of the task and of what failed like it, not those of all tasks", () => {
    const { covers } = outlineSpecialist("Speed up a slow Postgres query", near, all);
    expect(covers[0]).toBe("postgres");
    expect(covers).toEqual(expect.arrayContaining(["slow", "query", "index", "tune"]));
    for (const word of ["page", "shop", "the", "a"]) expect(covers).not.toContain(word);
  });

  it("lists the tasks that failed, the most alike first, with who failed how often", () => {
    const { failed_tasks } = outlineSpecialist("Speed up a slow Postgres query", near, all);
    expect(failed_tasks).toEqual([
      { task_description: "Tune the Postgres index of orders", agent_names: ["loser"], failures: 2, successes: 1 },
      { task_description: "Vacuum the Postgres tables", agent_names: ["loser"], failures: 1, successes: 0 },
      { task_description: "Vacuum the Postgres tables of invoices", agent_names: ["loser"], failures: 1, successes: 0 },
    ]);
  });

  it("goes by the task alone where nothing like it failed", () => {
    expect(outlineSpecialist("Bake a cake 2000", [], [])).toEqual({ covers: ["bake", "cake"], failed_tasks: [] });
    expect(outlineSpecialist("", [], [])).toEqual({ covers: [], failed_tasks: [] });
  });
});
