import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { METHODS } from "./methods.js";
import { OutcomeTable, type TrialOutcome } from "./outcome-table.js";
import { completePool } from "./pool.js";
import { randomOf } from "./random.js";
import type { Replay } from "./replay.js";
import { replaySeeds } from "./replays.js";

const DOMAINS = ["web", "data", "cloud"];
const WORDS: Readonly<Record<string, string>> = {
  web: "page button form style",
  data: "table query schema index",
  cloud: "cluster deploy network disk",
};

/** Each agent is good at one domain, and poor at the others; two trials of each task. */
function specialists(tasks = 150, trials = 2): OutcomeTable {
  const random = randomOf(7, 0);
  const list = Array.from({ length: tasks }, (_, i) => {
    const domain = DOMAINS[i % DOMAINS.length]!;
    const words = WORDS[domain]!.split(" ");
    return { task_id: `t${i}`, domain, text: `${words[i % 4]} ${words[Math.floor(random() * 4)]} number${i}` };
  });
  const outcomes = list.flatMap(({ task_id, domain }) =>
    DOMAINS.flatMap((good) =>
      Array.from({ length: trials }, (_, trial): TrialOutcome => ({
        task_id,
        agent_name: `${good}-agent`,
        trial: String(trial),
        success: random() < (good === domain ? 0.9 : 0.2) ? 1 : 0,
        duration_seconds: 60,
      })),
    ),
  );
  return new OutcomeTable(list, outcomes);
}

const REPLAY: Replay = { mode: "standard", pool: 3, specialists: false, history: 100, domain: true };
const FEW = { first_seed: 0, seeds: 3 };

describe("a replay", () => {
  const table = specialists();

  it("finds the specialists, by their domain or by words alone, where what ignores the task cannot", async () => {
    for (const domain of [true, false]) {
      const { methods, reference } = await replaySeeds(table, { ...REPLAY, domain }, FEW);
      expect(methods["oak"]!.value).toBeGreaterThan(methods["global"]!.value + 0.2);
      expect(methods["oak"]!.value).toBeGreaterThan(0.75);
      expect(methods["oak"]!.brier).toBeLessThan(methods["global"]!.brier);
      expect(Math.abs(methods["random"]!.value - reference.random)).toBeLessThan(0.15);
    }
  });

  it("learns nothing of domains that it is not told", async () => {
    const { methods } = await replaySeeds(table, { ...REPLAY, domain: false }, FEW);
    expect(methods["domain"]!.value).toBe(methods["global"]!.value);
  });

  it("names what chance, the best single agent and the best of each task achieve", async () => {
    const { reference } = await replaySeeds(table, REPLAY, FEW);
    expect(reference.random).toBeCloseTo((0.9 + 0.2 + 0.2) / 3, 1);
    expect(reference.best_single).toBeGreaterThanOrEqual(reference.random);
    expect(reference.oracle).toBeGreaterThan(reference.best_single + 0.2);
  });

  it("is the same again with the same seeds, and another with others", async () => {
    const once = await replaySeeds(table, REPLAY, FEW);
    expect(await replaySeeds(table, REPLAY, FEW)).toEqual(once);
    expect((await replaySeeds(table, REPLAY, { ...FEW, first_seed: 9 })).methods).not.toEqual(once.methods);
  });

  it("compares with the specified formula in pairs", async () => {
    const result = await replaySeeds(table, REPLAY, FEW);
    for (const scores of Object.values(result.methods))
      expect(scores.gain_over_keyword).toBeCloseTo(scores.value - result.methods["keyword"]!.value, 12);
    expect(result.methods["keyword"]!.gain_over_keyword_se).toBe(0);
  });

  it("lets methods make their own history, which better methods use better", async () => {
    const { methods } = await replaySeeds(table, { ...REPLAY, mode: "closed-loop" }, FEW);
    expect(methods["oak"]!.value).toBeGreaterThan(0.75);
    expect(methods["oak"]!.on_the_way).toBeGreaterThan(methods["random"]!.on_the_way! + 0.2);
    expect((await replaySeeds(table, REPLAY, FEW)).methods["oak"]!.on_the_way).toBeNull();
  });

  it("lets tasks recur, and scores their last trial", async () => {
    const tasks = [0, 1, 2, 3].map((i) => ({ task_id: `t${i}`, domain: null, text: `task${i}` }));
    const outcome = (task_id: string, agent_name: string, trial: string, success: number) => ({
      task_id,
      agent_name,
      trial,
      success,
      duration_seconds: null,
    });
    // Everybody fails at first, and succeeds in the last trial.
    const outcomes = tasks.flatMap(({ task_id }) =>
      ["x", "y"].flatMap((agent) =>
        ["0", "1", "2"].map((trial) => outcome(task_id, agent, trial, trial === "2" ? 1 : 0)),
      ),
    );
    const recurring = new OutcomeTable(tasks, outcomes);
    const { methods } = await replaySeeds(recurring, { ...REPLAY, mode: "recur", pool: 2, history: 20 }, FEW);
    expect(methods["oak"]!.value).toBe(1);
    expect(methods["global"]!.brier).toBeGreaterThan(0.5);
  });

  it("sends nobody to a task that they have no outcome for", async () => {
    const tasks = Array.from({ length: 20 }, (_, i) => ({ task_id: `t${i}`, domain: null, text: `task ${i}` }));
    const only = tasks.map(({ task_id }, i) => ({
      task_id,
      agent_name: i % 2 === 0 ? "even" : "odd",
      trial: "0",
      success: i % 2,
      duration_seconds: null,
    }));
    const { methods, reference } = await replaySeeds(new OutcomeTable(tasks, only), { ...REPLAY, pool: 2 }, FEW);
    for (const { value } of Object.values(methods)) expect(value).toBeCloseTo(reference.oracle);
  });

  it("says what a table is too small for", async () => {
    await expect(replaySeeds(table, { ...REPLAY, pool: 4 }, FEW)).rejects.toThrow(
      "a pool of 4 is more than the 3 agents",
    );
    await expect(replaySeeds(table, { ...REPLAY, history: 100_001 }, FEW)).rejects.toThrow(
      "a history of 100001 runs is more than the 100000",
    );
    await expect(replaySeeds(specialists(30, 1), { ...REPLAY, mode: "recur" }, FEW)).rejects.toThrow("two trials");
    await expect(replaySeeds(specialists(1), REPLAY, FEW)).rejects.toThrow("more tasks are needed than 1");
  });

  it("checks intervals of the methods that state some", async () => {
    const { methods } = await replaySeeds(table, REPLAY, FEW);
    expect(methods["oak"]!.coverage_of_all).toBeGreaterThan(0.5);
    expect(methods["oak"]!.coverage_of_picks).toBeLessThanOrEqual(1);
    expect(methods["global"]!.coverage_of_all).toBeNull();
  });
});

describe("every method", () => {
  it.each(METHODS)("$name states probabilities of anything", (method) => {
    const anyRun = fc.record({
      invocation_id: fc.uuid(),
      agent_name: fc.constantFrom("x", "y"),
      task_description: fc.string({ unit: "grapheme", maxLength: 20 }),
      domain: fc.constantFrom(null, "a", "b"),
      outcome: fc.constantFrom(0, 0.5, 1),
      weight: fc.constant(1),
      at: fc.nat(100),
      duration_seconds: fc.constantFrom(null, 60),
      definition_hash: fc.constant(null),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyRun, { maxLength: 20, selector: ({ invocation_id }) => invocation_id }),
        fc.string({ maxLength: 20 }),
        (runs, task_description) => {
          const fitted = method.fit(runs, randomOf(1, 1));
          const statements = fitted.state({ task_description, domains: ["a"] }, ["x", "y", "nobody"]);
          expect(statements).toHaveLength(3);
          for (const { probability, advice, exploring } of statements) {
            expect(probability).toBeGreaterThanOrEqual(0);
            expect(probability).toBeLessThanOrEqual(1);
            expect(Number.isFinite(advice) && Number.isFinite(exploring)).toBe(true);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("agents that complement each other", () => {
  it("are chosen, whoever is first", () => {
    const tasks = Array.from({ length: 40 }, (_, i) => ({ task_id: `t${i}`, domain: null, text: "" }));
    const good: Readonly<Record<string, (i: number) => boolean>> = {
      first: (i) => i % 2 === 0,
      second: (i) => i % 2 === 1,
      copy: (i) => i % 2 === 0,
      all: () => true,
      none: () => false,
    };
    const outcomes = tasks.flatMap(({ task_id }, i) =>
      Object.entries(good).map(([agent_name, can]) => ({
        task_id,
        agent_name,
        trial: "0",
        success: can(i) ? 1 : 0,
        duration_seconds: null,
      })),
    );
    const table = new OutcomeTable(tasks, outcomes);
    const pools = Array.from({ length: 40 }, (_, seed) =>
      completePool(table, 2, randomOf(seed, 0))
        .map((agent) => table.agents[agent]!)
        .toSorted()
        .join(" and "),
    );
    // Who can do all, or nothing, is complemented by nobody: then it is the first of the others.
    expect([...new Set(pools)].toSorted()).toEqual([
      "all and copy",
      "all and none",
      "copy and second",
      "first and second",
    ]);
  });
});
