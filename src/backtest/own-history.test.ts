import { describe, expect, it } from "vitest";

import { choose, type Candidate } from "../select/choice.js";
import { luckOf } from "../select/luck.js";
import { ownHistory } from "./own-history.js";
import type { Hindsight } from "./prequential.js";
import { below, randomOf } from "./random.js";

function said(fields: Partial<Hindsight> = {}): Hindsight {
  return {
    agent_name: "x",
    outcome: 1,
    stated: 0.8,
    baseline: 0.5,
    advised: "x",
    advised_stated: 0.8,
    propensity: null,
    ...fields,
  };
}

const AGENTS = ["x", "y", "z", "w"];

/** Chance chooses one of four agents, of whom the advised one succeeds more often. */
function explored(runs: number, advisedRate: number, otherRate: number): Hindsight[] {
  const random = randomOf(3, 0);
  return Array.from({ length: runs }, () => {
    const advised = AGENTS[below(4, random)]!;
    const agent_name = AGENTS[below(4, random)]!;
    const outcome = random() < (advised === agent_name ? advisedRate : otherRate) ? 1 : 0;
    return said({ agent_name, advised, outcome, propensity: 1 / 4 });
  });
}

describe("a history in hindsight", () => {
  it("tells better probabilities from worse, and from too few to tell", () => {
    const good = Array.from({ length: 200 }, (_, i) => said({ outcome: i % 5 === 0 ? 0 : 1 }));
    expect(ownHistory(good, 200)).toMatchObject({ verdict: "better" });
    expect(ownHistory(good, 200).brier_difference).toBeCloseTo(0.16 - 0.25);
    const bad = good.map((each) => ({ ...each, stated: each.baseline, baseline: each.stated }));
    expect(ownHistory(bad, 200).verdict).toBe("worse");
    expect(ownHistory(good.slice(0, 10), 10)).toMatchObject({ verdict: "undecided", brier_difference_interval: null });
  });

  it("counts where the advice was followed, where it differed, and where there was none", () => {
    const { advice, first_runs } = ownHistory(
      [said(), said({ advised: "y", outcome: 0, advised_stated: 0.9 }), said({ advised: null, advised_stated: null })],
      5,
    );
    expect(first_runs).toBe(2);
    expect(advice.same).toMatchObject({ runs: 1, success_rate: 1 });
    expect(advice.different).toMatchObject({ runs: 1, success_rate: 0, stated_of_sent: 0.8, stated_of_advised: 0.9 });
    expect(advice.none).toMatchObject({ runs: 1, success_rate: 1 });
  });

  it("does not pretend to know what advice would have achieved where people chose", () => {
    const people = explored(500, 0.9, 0.5).map((each) => ({ ...each, propensity: null }));
    expect(ownHistory(people, 500).advice_value).toMatchObject({ status: "unknown", explored: 0 });
    expect(ownHistory(explored(20, 0.9, 0.5), 20).advice_value.status).toBe("unknown");
  });

  it("estimates it where chance chose", () => {
    const value = ownHistory(explored(4000, 0.9, 0.5), 4000).advice_value;
    if (value.status !== "estimated") throw new Error(value.reason);
    expect(value.success_rate).toBeCloseTo(0.9, 1);
    expect(value.random_success_rate).toBeCloseTo(0.25 * 0.9 + 0.75 * 0.5, 1);
    expect(value.gain_interval[0]).toBeLessThan(0.3);
    expect(value.gain_interval[1]).toBeGreaterThan(0.3);
    expect(value.gain_interval[0]).toBeGreaterThan(0.2);
  });

  it("weighs by how improbable the advised choice was", () => {
    // Of many agents chance meets the advised one seldom: these runs stand for more.
    const many = explored(2000, 1, 0.5);
    const few = explored(4000, 0, 0.5)
      .filter(({ agent_name, advised }) => AGENTS.indexOf(agent_name) % 2 === AGENTS.indexOf(advised!) % 2)
      .map((each) => ({ ...each, propensity: 1 / 2 }));
    const value = ownHistory([...many, ...few], 4000).advice_value;
    if (value.status !== "estimated") throw new Error(value.reason);
    expect(value.success_rate).toBeCloseTo(many.length / (many.length + few.length), 1);
    expect(value.mean_weight).toBeCloseTo(1, 1);
    expect(value.effective_runs).toBeLessThan(value.matched);
  });

  it("takes what certainly was to be sent for no chance", () => {
    const certain = explored(500, 0.9, 0.5).map((each) => ({ ...each, propensity: 1 }));
    expect(ownHistory(certain, 500).advice_value).toMatchObject({ status: "unknown", explored: 0, mean_weight: null });
  });

  it("says when propensities cannot be right, and when a few runs outweigh all others", () => {
    const reasonOf = (runs: readonly Hindsight[]) => {
      const value = ownHistory(runs, runs.length).advice_value;
      return value.status === "unknown" ? value.reason : undefined;
    };
    // Somebody sent others than were drawn, and recorded the propensity of those.
    const overruled = explored(500, 0.9, 0.5).map((each) => ({ ...each, propensity: 0.6 }));
    expect(reasonOf(overruled)).toMatch(/average 0\.\d\d in place of 1/);
    const rare = Array.from({ length: 100 }, (_, i) =>
      i < 2 ? said({ propensity: 0.02 }) : said({ propensity: 0.98 }),
    );
    expect(
      reasonOf([...rare.slice(0, 51), ...rare.slice(0, 49).map((each) => ({ ...each, agent_name: "y" }))]),
    ).toMatch(/outweigh all others: the \d+ runs as advised are worth \d\.\d/);
  });

  it("does not take for wrong what chance had hardly a reason to choose yet", () => {
    // At 40 of 200 tasks the advised agent has a chance of 3 %: as a rule it was chosen at one of them, or none.
    const usual = Array.from({ length: 160 }, (_, i) =>
      said({ propensity: i < 144 ? 0.9 : 0.1, agent_name: i < 144 ? "x" : "y" }),
    );
    const hardly = Array.from({ length: 40 }, () => said({ propensity: 0.97, agent_name: "y" }));
    expect(ownHistory([...usual, ...hardly], 200).advice_value).toMatchObject({
      status: "estimated",
      mean_weight: expect.closeTo(0.8, 10),
    });
  });

  it("is right on average of a history that exploring made", () => {
    const random = randomOf(11, 0);
    const total = { estimated: 0, unweighted: 0, truth: 0 };
    const errors: number[] = [];
    const histories = 50;
    for (let h = 0; h < histories; h++) {
      let truth = 0;
      const runs = Array.from({ length: 200 }, (_, i): Hindsight => {
        // What is well known of a task is what is easy: chance tries others where they fail.
        const easy = random() < 0.5;
        const candidates = AGENTS.map((agent_name): Candidate => {
          const mean = (easy ? 0.7 : 0.55) + 0.15 * random();
          const sd = easy ? 0.05 : 0.3;
          const luck = luckOf(agent_name, `task ${h} ${i}`, "0");
          const known = { similar_runs: 5, total_tasks: 5, expected_duration_seconds: null };
          return { agent_name, mean, sd, low: mean - sd, high: mean + sd, luck, ...known };
        });
        const sent = choose(candidates, { min_confidence: 0, explore: true });
        const advised = choose(candidates, { min_confidence: 0 });
        if (sent.chosen === undefined || advised.chosen === undefined) throw new Error("nobody");
        const rate = ({ agent_name }: Candidate) => (easy ? 0.9 : 0.2) + (agent_name === "x" ? 0.05 : 0);
        truth += rate(advised.chosen) / 200;
        return said({
          agent_name: sent.chosen.agent_name,
          advised: advised.chosen.agent_name,
          propensity: sent.propensity,
          outcome: random() < rate(sent.chosen) ? 1 : 0,
        });
      });
      const { advice_value, advice } = ownHistory(runs, runs.length);
      if (advice_value.status !== "estimated") throw new Error(advice_value.reason);
      errors.push(advice_value.success_rate - truth);
      total.estimated += advice_value.success_rate / histories;
      total.unweighted += advice.same.success_rate! / histories;
      total.truth += truth / histories;
    }
    const mean = total.estimated - total.truth;
    const error = Math.sqrt(errors.reduce((sum, each) => sum + (each - mean) ** 2, 0)) / histories;
    expect(Math.abs(mean)).toBeLessThan(3 * error);
    expect(error).toBeLessThan(0.015);
    // Without weights it would be far off.
    expect(total.unweighted - total.truth).toBeGreaterThan(10 * error);
  });

  it("of nothing says nothing", () => {
    expect(ownHistory([], 0)).toMatchObject({ runs: 0, brier_difference: null, verdict: "undecided", reliability: [] });
  });
});
