import { describe, expect, it } from "vitest";

import { ownHistory } from "../../backtest/own-history.js";
import type { Hindsight } from "../../backtest/prequential.js";
import type { MethodScores, ReplayResult } from "../../backtest/replays.js";
import { backtestText } from "./backtest.js";
import { fits } from "./fit.js";
import { reliabilitySvg } from "./reliability-svg.js";
import { replayText } from "./replay.js";

const SAID: readonly Hindsight[] = Array.from({ length: 400 }, (_, i) => ({
  agent_name: i % 2 === 0 ? "x" : "y",
  outcome: i % 4 === 0 ? 0 : 1,
  stated: i % 4 === 0 ? 0.4 : 0.8,
  baseline: 0.75,
  advised: i % 10 === 0 ? null : i % 3 === 0 ? "x" : "y",
  advised_stated: i % 10 === 0 ? null : 0.8,
  propensity: i % 5 === 0 ? 1 / 2 : null,
}));

const SCORES: MethodScores = {
  value: 0.8261,
  value_se: 0.0123,
  brier: 0.142,
  brier_se: 0.01,
  ece: 0.043,
  ece_se: 0.004,
  log_loss: 0.45,
  log_loss_se: 0.02,
  gain_over_keyword: 0.018,
  gain_over_keyword_se: null,
  gain_over_global: -0.008,
  gain_over_global_se: 0.01,
  on_the_way: null,
  coverage_of_picks: 0.85,
  coverage_of_all: 0.75,
};

const RESULT: ReplayResult = {
  mode: "specialist",
  pool: 8,
  specialists: true,
  history: 1000,
  domain: false,
  tasks: 1700,
  agents: 71,
  trials: 1,
  seeds: 20,
  first_seed: 100,
  methods: { keyword: SCORES, oak: SCORES },
  reference: { random: 0.6, best_single: 0.7, oracle: 0.95 },
  reference_se: { random: 0.01, best_single: 0.01, oracle: 0.01 },
  reliability: [],
};

describe("the view of a backtest", () => {
  it("says what was stated, advised and estimated, on terminals of any usual width", () => {
    const report = ownHistory(SAID, 401);
    const text = backtestText(report, 100);
    expect(text).toContain(
      "Backtest: 400 runs in order of time; the first is left out, because nothing was known before",
    );
    expect(text).toContain("40–50%   100  40.0%      0.0%     0–4");
    expect(text).toContain("oak states better probabilities");
    expect(text).toMatch(/Estimated from \d+ runs whose agent was left to\s+chance/);
    for (const available of [60, 80, 120]) expect(fits(backtestText(report, available), available)).toBe(true);
  });

  it("of an outcome table names what was replayed, and gives way on narrow terminals", () => {
    const text = replayText(RESULT, 120);
    expect(text).toContain("Replay of 1,700 tasks, 71 agents");
    expect(text).toContain("8 agents that complement each other, 1,000 runs of history, domains not known");
    expect(text).toContain("seeds 100 to 119");
    expect(text).toContain("82.6%  1.2        +1.8  –");
    for (const available of [70, 80, 120]) expect(fits(replayText(RESULT, available), available)).toBe(true);
  });
});

describe("a reliability diagram", () => {
  it("is SVG that says in words what it shows, whatever its title", () => {
    const svg = reliabilitySvg(ownHistory(SAID, 400).reliability, 'a <b> & "c"');
    expect(svg).toContain('<title>a &lt;b&gt; &amp; "c"</title>');
    expect(svg).toContain("<title>stated 40.0%, observed 0.0% of 100</title>");
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it("of nothing is empty, and still a diagram", () => {
    expect(reliabilitySvg([], "t")).toContain("observed success");
  });
});
