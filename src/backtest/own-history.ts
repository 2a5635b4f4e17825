import { wilsonInterval, type Interval } from "../analyze/proportion.js";
import { bootstrapInterval } from "./bootstrap.js";
import type { Hindsight } from "./prequential.js";
import { mean, reliability, scores, scoreSums, type ReliabilityBin, type Scores } from "./scores.js";

/** What came of some runs. */
export interface OutcomeRate {
  readonly runs: number;
  /** Mean outcome; `null` without runs. */
  readonly success_rate: number | null;
  /** 95 % (Wilson). */
  readonly interval: Interval | null;
}

/** How often the advice was what was done, and what came of it. Nobody knows what would have come of the rest. */
export interface AdviceComparison {
  /** The agent that was sent would have been advised. */
  readonly same: OutcomeRate;
  /** Another would have been advised. */
  readonly different: OutcomeRate & {
    /** Mean probability that was stated of the agents that were sent, and of those advised instead. */
    readonly stated_of_sent: number | null;
    readonly stated_of_advised: number | null;
  };
  /** No agent would have been advised. */
  readonly none: OutcomeRate;
}

/** What the advice would have achieved. */
export type AdviceValue =
  | {
      readonly status: "estimated";
      /** Runs whose agent was chosen at random, and those of them where chance chose the agent that would have been advised. */
      readonly explored: number;
      readonly matched: number;
      /** Estimated success rate of the advice, by inverse propensity weighting. */
      readonly success_rate: number;
      /** Success rate of the random choice. */
      readonly random_success_rate: number;
      readonly gain: number;
      /** 95 %, bootstrap over runs. */
      readonly gain_interval: Interval;
    }
  | { readonly status: "unknown"; readonly reason: string; readonly explored: number; readonly matched: number };

/** What {@link ownHistory} gives. */
export interface OwnHistory {
  /** Runs with a known outcome that were looked at, and those of them before which nothing was known. */
  readonly runs: number;
  readonly first_runs: number;
  /** Of the probability stated of the agent that was sent. */
  readonly scores: Scores;
  /** Of the agent's own success rate until then, whatever the task. */
  readonly baseline: Scores;
  /** Brier score less that of the baseline, negative: better. 95 % bootstrap interval over runs. */
  readonly brier_difference: number | null;
  readonly brier_difference_interval: Interval | null;
  readonly verdict: "better" | "worse" | "undecided";
  readonly reliability: readonly ReliabilityBin[];
  readonly advice: AdviceComparison;
  readonly advice_value: AdviceValue;
}

/** Fewer runs than this do not tell anything. */
const ENOUGH = 30;
const ENOUGH_MATCHED = 10;

/**
 * Sums up what would have been said in the course of a history.
 *
 * @param runs how many were looked at
 */
export function ownHistory(said: readonly Hindsight[], runs: number): OwnHistory {
  const outcomes = said.map(({ outcome }) => outcome);
  const sums = scoreSums(
    said.map(({ stated }) => stated),
    outcomes,
  );
  const baseline = scoreSums(
    said.map((each) => each.baseline),
    outcomes,
  );
  const differences = said.map(
    ({ stated, baseline: rate, outcome }) => (stated - outcome) ** 2 - (rate - outcome) ** 2,
  );
  const interval = said.length < ENOUGH ? null : bootstrapInterval(differences, mean);
  return {
    runs,
    first_runs: runs - said.length,
    scores: scores([sums]),
    baseline: scores([baseline]),
    brier_difference: said.length > 0 ? mean(differences) : null,
    brier_difference_interval: interval,
    verdict: interval === null ? "undecided" : interval[1] < 0 ? "better" : interval[0] > 0 ? "worse" : "undecided",
    reliability: reliability([sums]),
    advice: compareAdvice(said),
    advice_value: adviceValue(said),
  };
}

function compareAdvice(said: readonly Hindsight[]): AdviceComparison {
  const different = said.filter(({ advised, agent_name }) => advised !== null && advised !== agent_name);
  return {
    same: rateOf(said.filter(({ advised, agent_name }) => advised === agent_name)),
    different: {
      ...rateOf(different),
      stated_of_sent: meanOrNull(different.map(({ stated }) => stated)),
      stated_of_advised: meanOrNull(different.map(({ advised_stated }) => advised_stated!)),
    },
    none: rateOf(said.filter(({ advised }) => advised === null)),
  };
}

/**
 * What the advice would have achieved, from the runs whose agent was chosen at random among those known: the outcomes of
 * those where chance chose as advised, each weighted with the number of agents to choose from (self-normalised inverse
 * propensity weighting). Whatever people chose is no evidence for this: they had reasons that nobody recorded.
 *
 * Source: A. Swaminathan and T. Joachims, The self-normalized estimator for counterfactual learning, NIPS 2015.
 */
function adviceValue(said: readonly Hindsight[]): AdviceValue {
  const random = said.filter(
    ({ explored, advised, candidates, agent_name }) =>
      explored && advised !== null && candidates.length > 1 && candidates.includes(agent_name),
  );
  const matched = random.filter(({ advised, agent_name }) => advised === agent_name).length;
  const base = { explored: random.length, matched };
  if (random.length === 0)
    return {
      status: "unknown",
      ...base,
      reason: "no run is marked as exploration: which agents were sent was not left to chance",
    };
  if (random.length < ENOUGH || matched < ENOUGH_MATCHED) {
    const reason = `${ENOUGH} runs chosen at random are needed, ${ENOUGH_MATCHED} of them as advised`;
    return { status: "unknown", ...base, reason };
  }
  const gain = (runs: readonly Hindsight[]) => weightedRate(runs) - mean(runs.map(({ outcome }) => outcome));
  const gain_interval = bootstrapInterval(random, gain);
  return {
    status: "estimated",
    ...base,
    success_rate: weightedRate(random),
    random_success_rate: mean(random.map(({ outcome }) => outcome)),
    gain: gain(random),
    gain_interval,
  };
}

function weightedRate(runs: readonly Hindsight[]): number {
  let weight = 0;
  let sum = 0;
  for (const { advised, agent_name, candidates, outcome } of runs) {
    if (advised !== agent_name) continue;
    weight += candidates.length;
    sum += candidates.length * outcome;
  }
  return sum / weight;
}

function rateOf(runs: readonly Hindsight[]): OutcomeRate {
  const sum = runs.reduce((all, { outcome }) => all + outcome, 0);
  return {
    runs: runs.length,
    success_rate: runs.length > 0 ? sum / runs.length : null,
    interval: wilsonInterval(sum, runs.length),
  };
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length > 0 ? mean(values) : null;
}
