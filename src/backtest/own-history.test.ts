import { describe, expect, it } from "vitest";

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
    candidates: ["x", "y"],
    explored: false,
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
    return said({ agent_name, advised, outcome, candidates: AGENTS, explored: true });
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
    const people = explored(500, 0.9, 0.5).map((each) => ({ ...each, explored: false }));
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
    const few = explored(2000, 0, 0.5).map((each) => ({
      ...each,
      candidates: ["x", "y"],
      agent_name: each.agent_name === each.advised ? each.advised : "y",
    }));
    const matched = (runs: readonly Hindsight[]) =>
      runs.filter(({ advised, agent_name }) => advised === agent_name).length;
    const value = ownHistory([...many, ...few], 4000).advice_value;
    if (value.status !== "estimated") throw new Error(value.reason);
    const successes =
      4 * matched(many) + 2 * few.filter((each) => each.advised === each.agent_name && each.outcome === 1).length;
    const eligible = few.filter(({ agent_name, candidates }) => candidates.includes(agent_name));
    expect(value.success_rate).toBeCloseTo(successes / (4 * matched(many) + 2 * matched(eligible)), 1);
  });

  it("of nothing says nothing", () => {
    expect(ownHistory([], 0)).toMatchObject({ runs: 0, brier_difference: null, verdict: "undecided", reliability: [] });
  });
});
