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

/** What an estimate of what the advice would have achieved rests on. */
export interface AdviceEvidence {
  /** Runs whose agent was left to chance, and those of them where chance chose the agent that would have been advised. */
  readonly explored: number;
  readonly matched: number;
  /** How many runs of equal weight those are worth: (Σw)² / Σw² (L. Kish, Survey Sampling, 1965). */
  readonly effective_runs: number;
  /** Their weights, over all that were left to chance: about 1 if the propensities are right; `null` without any. */
  readonly mean_weight: number | null;
}

/** What the advice would have achieved. */
export type AdviceValue =
  | (AdviceEvidence & {
      readonly status: "estimated";
      /** Estimated success rate of the advice, by self-normalised inverse propensity weighting. */
      readonly success_rate: number;
      /** Success rate of what chance chose. */
      readonly random_success_rate: number;
      readonly gain: number;
      /** 95 %, bootstrap over runs. */
      readonly gain_interval: Interval;
    })
  | (AdviceEvidence & { readonly status: "unknown"; readonly reason: string });

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

/** Further from what is expected than so many standard errors is no accident. */
const UNLIKELY = 4;

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
 * What the advice would have achieved, from the runs whose agent was left to chance: the outcomes of those where chance
 * chose as advised, each weighted with one over its propensity, so that they stand for all (self-normalised inverse
 * propensity weighting). Whatever people chose is no evidence for this: they had reasons that nobody recorded.
 *
 * Source: A. Swaminathan and T. Joachims, The self-normalized estimator for counterfactual learning, NIPS 2015; that the
 * weights average 1 if the propensities are right, there too.
 */
function adviceValue(said: readonly Hindsight[]): AdviceValue {
  const random = said.filter(({ propensity, advised }) => propensity !== null && propensity < 1 && advised !== null);
  const weights = random.map(weightOf).filter((weight) => weight > 0);
  const [total, squares] = [sum(weights), sum(weights.map((weight) => weight ** 2))];
  const evidence: AdviceEvidence = {
    explored: random.length,
    matched: weights.length,
    effective_runs: total > 0 ? total ** 2 / squares : 0,
    mean_weight: random.length > 0 ? total / random.length : null,
  };
  const variance = Math.max(squares - total, sum(random.map(leastVariance)));
  const reason = whyUnknown(evidence, Math.sqrt(variance) / random.length);
  if (reason !== undefined) return { status: "unknown", ...evidence, reason };
  const gain = (runs: readonly Hindsight[]) => weightedRate(runs) - mean(runs.map(({ outcome }) => outcome));
  return {
    status: "estimated",
    ...evidence,
    success_rate: weightedRate(random),
    random_success_rate: mean(random.map(({ outcome }) => outcome)),
    gain: gain(random),
    gain_interval: bootstrapInterval(random, gain),
  };
}

/**
 * What forbids an estimate, if anything does.
 *
 * @param error standard error of the mean weight
 */
function whyUnknown({ explored, matched, effective_runs, mean_weight }: AdviceEvidence, error: number) {
  if (mean_weight === null)
    return "no run is marked as exploration, or has a propensity below 1: which agents were sent was not left to chance";
  if (explored < ENOUGH || matched < ENOUGH_MATCHED)
    return `${ENOUGH} runs whose agent was left to chance are needed, ${ENOUGH_MATCHED} of them as advised`;
  if (Math.abs(mean_weight - 1) > UNLIKELY * error)
    return `over all runs whose agent was left to chance the weights of those as advised average ${mean_weight.toFixed(2)} in place of 1: recorded propensities are wrong, or the advised agents had hardly a chance`;
  if (effective_runs < ENOUGH_MATCHED)
    return `few improbable choices outweigh all others: the ${matched} runs as advised are worth ${effective_runs.toFixed(1)} of equal weight, and ${ENOUGH_MATCHED} are needed`;
  return undefined;
}

/** For how many runs one stands that was left to chance: for none where chance chose another agent than the advice. */
function weightOf({ advised, agent_name, propensity }: Hindsight): number {
  return advised === agent_name ? 1 / propensity! : 0;
}

/**
 * How much at least the weight of a run varies. Where the advised agent is chosen with probability p it is 1/p or 0, so its
 * variance is 1/p − 1; where another was chosen, p is at most what that left. Over runs, w² − w of those chosen as advised
 * estimates the same without bias, but sees nothing of what chance has not chosen yet.
 */
function leastVariance({ advised, agent_name, propensity }: Hindsight): number {
  return 1 / (advised === agent_name ? propensity! : 1 - propensity!) - 1;
}

function weightedRate(runs: readonly Hindsight[]): number {
  let total = 0;
  let successes = 0;
  for (const run of runs) {
    const weight = weightOf(run);
    total += weight;
    successes += weight * run.outcome;
  }
  return successes / total;
}

function rateOf(runs: readonly Hindsight[]): OutcomeRate {
  const successes = sum(runs.map(({ outcome }) => outcome));
  return {
    runs: runs.length,
    success_rate: runs.length > 0 ? successes / runs.length : null,
    interval: wilsonInterval(successes, runs.length),
  };
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length > 0 ? mean(values) : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
