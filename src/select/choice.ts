import type { Prediction } from "./prediction.js";
import { probabilityOfHighest, type Draw } from "./propensity.js";

/** An agent that may be chosen. */
export interface Candidate extends Prediction {
  /** Its similar runs, each counted once. */
  readonly total_tasks: number;
  /** How lucky who explores takes it to be with this task: drawn from the standard normal distribution. */
  readonly luck: number;
}

/** How one agent of several is chosen. */
export interface ChoiceOptions {
  /** The least expected outcome, 0..1. */
  readonly min_confidence: number;
  /** The choice will be carried out, and is to teach something too: agents that are less known get a chance. */
  readonly explore?: boolean;
  /** `speed`: faster agents get a bonus. */
  readonly balance?: Balance;
}

/** What is weighed against success. */
export type Balance = "success" | "speed";

/** Fewer similar runs than this are no evidence. */
export const ENOUGH_SIMILAR_RUNS = 3;

/** How many standard deviations good or bad luck is worth to someone who explores. */
export const EXPLORATION = 0.35;

/** What half the time is worth to someone who cares for speed. */
const SPEED = 0.05;

/** To this a propensity is known: who was chosen is not said to have been likelier to be left out. */
const LEAST_PROPENSITY = 1e-6;

/** What came of the choice: one of the candidates, or why there is none. */
export type Choice =
  | {
      readonly chosen: Candidate;
      /** How probable it was that luck would have this one chosen, in (0, 1]: 1 unless exploring. */
      readonly propensity: number;
    }
  | { readonly chosen: undefined; readonly reason: "no_suitable_agent" | "not_enough_evidence" };

/**
 * Chooses an agent by what is expected of each: the one with the highest mean, among those that have done similar tasks
 * ({@link ENOUGH_SIMILAR_RUNS} or more). In a real history the security auditor audits; that all its audits went well says
 * little of how it would do at building pages. Who explores considers the others too, each as good as it may well be: by
 * mean + 0.35 sd · luck, so the less is known of an agent, the likelier it is chosen though others are expected to be better.
 *
 * Source: W. R. Thompson, On the likelihood that one unknown probability exceeds another, Biometrika 25 (1933), with a
 * part of the standard deviation: more teaches hardly more, and costs more on the way.
 *
 * @param candidates ties go to more similar runs, then to the earlier one
 */
export function choose(candidates: readonly Candidate[], options: ChoiceOptions): Choice {
  const { explore = false, min_confidence } = options;
  const known = explore ? candidates : candidates.filter(isTested);
  if (known.length === 0) return { chosen: undefined, reason: "not_enough_evidence" };
  // Bad luck makes nobody unsuitable.
  const good = known.filter(({ mean, sd }) => (explore ? mean + EXPLORATION * sd : mean) >= min_confidence);
  const ordered = inOrder(good, options);
  const [chosen] = ordered;
  if (!chosen) return { chosen, reason: "no_suitable_agent" };
  const probability = probabilityOfHighest(ordered.map(scoring(ordered, options)), 0);
  return { chosen, propensity: Math.max(LEAST_PROPENSITY, probability) };
}

/** Whether an agent has done similar tasks often enough to be recommended for them. */
export function isTested({ total_tasks }: Candidate): boolean {
  return total_tasks >= ENOUGH_SIMILAR_RUNS;
}

/** Candidates in the order in which they would be chosen, whatever the evidence. */
export function inOrder(candidates: readonly Candidate[], options: Omit<ChoiceOptions, "min_confidence">): Candidate[] {
  const drawOf = scoring(candidates, options);
  const score = (candidate: Candidate) => {
    const { mean, sd } = drawOf(candidate);
    return mean + sd * candidate.luck;
  };
  return candidates.toSorted((a, b) => score(b) - score(a) || b.total_tasks - a.total_tasks);
}

/** What each of some candidates is chosen by: a score that luck decides for who explores, and that is certain for others. */
function scoring(
  candidates: readonly Candidate[],
  { explore = false, balance = "success" }: Omit<ChoiceOptions, "min_confidence">,
): (candidate: Candidate) => Draw {
  const typical = median(
    candidates.flatMap(({ expected_duration_seconds: seconds }) => (seconds !== null && seconds > 0 ? [seconds] : [])),
  );
  return ({ mean, sd, expected_duration_seconds: seconds }) => ({
    mean: mean - (balance === "speed" && seconds !== null && seconds > 0 ? SPEED * Math.log2(seconds / typical) : 0),
    sd: explore ? EXPLORATION * sd : 0,
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
