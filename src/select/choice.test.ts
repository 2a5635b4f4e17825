import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { choose, inOrder, type Candidate, type ChoiceOptions } from "./choice.js";
import { luckOf } from "./luck.js";

const agent = (agent_name: string, mean: number, total_tasks: number, more: Partial<Candidate> = {}): Candidate => ({
  agent_name,
  mean,
  sd: 0.1,
  low: mean - 0.1,
  high: mean + 0.1,
  similar_runs: total_tasks / 2,
  total_tasks,
  luck: 0,
  expected_duration_seconds: null,
  ...more,
});
const chosen = (predictions: readonly Candidate[], options: Partial<Parameters<typeof choose>[1]> = {}) => {
  const choice = choose(predictions, { min_confidence: 0.5, ...options });
  return choice.chosen === undefined ? choice.reason : choice.chosen.agent_name;
};

describe("choose", () => {
  it("takes the agent that is likeliest to succeed", () => {
    expect(chosen([agent("a", 0.7, 5), agent("b", 0.8, 5)])).toBe("b");
  });

  it("leaves out who never did such a thing, however good it is at others", () => {
    expect(chosen([agent("tester", 0.7, 9), agent("auditor", 0.95, 1)])).toBe("tester");
  });

  it("tells that nobody is good enough from that nobody is known", () => {
    expect(chosen([agent("a", 0.45, 5), agent("b", 0.9, 1)])).toBe("no_suitable_agent");
    expect(chosen([agent("a", 0.9, 2), agent("b", 0.9, 1)])).toBe("not_enough_evidence");
    expect(chosen([])).toBe("not_enough_evidence");
  });

  it("holds to the confidence asked for", () => {
    expect(chosen([agent("a", 0.45, 5)], { min_confidence: 0.4 })).toBe("a");
    expect(chosen([agent("a", 0.45, 5)], { min_confidence: 0 })).toBe("a");
    expect(chosen([agent("a", 0.95, 5)], { min_confidence: 1 })).toBe("no_suitable_agent");
  });

  it("explores who is less known, where luck would have it", () => {
    const two = (luck: number) => [agent("known", 0.8, 50, { sd: 0.05 }), agent("new", 0.7, 0, { sd: 0.4, luck })];
    expect(chosen(two(1))).toBe("known");
    expect(chosen(two(1), { explore: true })).toBe("new");
    expect(chosen(two(0.4), { explore: true })).toBe("known");
    expect(chosen(two(-1), { explore: true })).toBe("known");
    // Bad luck makes nobody unsuitable.
    expect(chosen([agent("only", 0.55, 1, { luck: -3 })], { explore: true })).toBe("only");
  });

  it("weighs time where it is asked to: half the time against 5 points", () => {
    const fast = agent("fast", 0.76, 9, { expected_duration_seconds: 100 });
    const slow = agent("slow", 0.8, 9, { expected_duration_seconds: 200 });
    expect(chosen([slow, fast])).toBe("slow");
    expect(chosen([slow, fast], { balance: "speed" })).toBe("fast");
    expect(chosen([slow, { ...fast, mean: 0.74 }], { balance: "speed" })).toBe("slow");
    // Nobody is chosen for speed who is not good enough.
    expect(chosen([slow, { ...fast, mean: 0.78 }], { balance: "speed", min_confidence: 0.79 })).toBe("slow");
  });

  it("breaks ties by similar runs, then by the order given", () => {
    expect(chosen([agent("a", 0.8, 5), agent("b", 0.8, 6)])).toBe("b");
    expect(chosen([agent("b", 0.8, 5), agent("a", 0.8, 5)])).toBe("b");
  });

  it("orders agents whose time is not known as if it were usual", () => {
    const order = inOrder([agent("x", 0.8, 5), agent("y", 0.8, 5, { expected_duration_seconds: 10 })], {
      balance: "speed",
    });
    expect(order.map(({ agent_name }) => agent_name)).toEqual(["x", "y"]);
  });
});

describe("a propensity", () => {
  const anyCandidate = fc.record({
    mean: fc.double({ min: 0.3, max: 0.9, noNaN: true }),
    sd: fc.double({ min: 0.02, max: 0.4, noNaN: true }),
    total_tasks: fc.nat(9),
    seconds: fc.option(fc.constantFrom(30, 100, 200)),
  });
  const anyCandidates = fc
    .array(anyCandidate, { minLength: 1, maxLength: 6 })
    .map((list) =>
      list.map(({ mean, sd, total_tasks, seconds }, i) =>
        agent(`agent-${i}`, mean, total_tasks, { sd, expected_duration_seconds: seconds }),
      ),
    );
  const anyOptions: fc.Arbitrary<ChoiceOptions> = fc.record({
    min_confidence: fc.constantFrom(0, 0.5, 0.6),
    explore: fc.constant(true),
    balance: fc.constantFrom("success", "speed"),
  });

  it("is how often an agent is chosen for tasks that differ in nothing but luck", () => {
    fc.assert(
      fc.property(anyCandidates, anyOptions, fc.string(), (candidates, options, words) => {
        const times = 1500;
        const told = new Map<string, { count: number; propensity: number }>();
        for (let i = 0; i < times; i++) {
          const choice = choose(
            candidates.map((each) => ({ ...each, luck: luckOf(each.agent_name, `${words} ${i}`, "100") })),
            options,
          );
          if (choice.chosen === undefined) continue;
          const { count } = told.get(choice.chosen.agent_name) ?? { count: 0 };
          told.set(choice.chosen.agent_name, { count: count + 1, propensity: choice.propensity });
        }
        for (const { count, propensity } of told.values())
          expect(Math.abs(count / times - propensity)).toBeLessThan(
            5 * Math.sqrt((propensity * (1 - propensity)) / times) + 3 / times,
          );
        const sum = [...told.values()].reduce((total, { propensity }) => total + propensity, 0);
        // Those that were never chosen are hardly ever; of none at all nothing is told.
        expect(Math.abs(sum - Math.sign(told.size))).toBeLessThan(candidates.length * 0.005);
      }),
      { numRuns: 10, seed: 20_261_122 },
    );
  });

  it("is 1 where nothing is left to chance, and never 0", () => {
    const two = [agent("a", 0.9, 5), agent("b", 0.6, 5)];
    expect(choose(two, { min_confidence: 0.5 })).toMatchObject({ propensity: 1 });
    expect(choose(two, { min_confidence: 0.95, explore: true })).not.toHaveProperty("propensity");
    // Who is not good enough has no chance.
    expect(choose([two[0]!, agent("c", 0.4, 0, { luck: 9 })], { min_confidence: 0.5, explore: true })).toMatchObject({
      chosen: { agent_name: "a" },
      propensity: 1,
    });
    const lucky = [agent("a", 0.9, 5, { sd: 0.01 }), agent("b", 0.6, 5, { sd: 0.01, luck: 99 })];
    expect(choose(lucky, { min_confidence: 0.5, explore: true })).toMatchObject({
      chosen: { agent_name: "b" },
      propensity: 1e-6,
    });
  });
});
