import type { PastRun } from "./past-run.js";

/** What the model expects of one agent on one task. */
export interface Prediction {
  readonly agent_name: string;
  /** Expected outcome: the probability of success, in [0.02, 0.98]. */
  readonly mean: number;
  /** Standard deviation of the agent's rate on tasks like this one, given the runs; of this one, if it did it before. */
  readonly sd: number;
  /** `mean` ± 1.28 `sd`, in [0, 1]: meant to hold that rate in 80 % of cases. */
  readonly low: number;
  readonly high: number;
  /**
   * Effective number of the agent's runs that are like this task. A run of the same task counts its weight; others
   * count the more, the more they tell of this one: their evidence times the square of the texts' cosine similarity,
   * or, where that is more, a fifth of it in the same domain. Evidence fades with age, and repeats of one other task
   * count two and a half runs at most.
   */
  readonly similar_runs: number;
  /** How long the agent's runs typically take, in seconds; `null` when no run has a duration. */
  readonly expected_duration_seconds: number | null;
}

/** What one past run adds to a prediction. */
export interface Contribution {
  readonly run: PastRun;
  /** Cosine similarity of the two tasks' texts, in [0, 1]. */
  readonly similarity: number;
  /** What it adds to `unclipped_mean`: `prior` and all contributions sum to it. */
  readonly contribution: number;
}

/** Where a prediction comes from: `prior` and all shares sum to `unclipped_mean`. */
export interface Explanation {
  readonly prediction: Prediction;
  readonly unclipped_mean: number;
  /** Mean outcome of all runs, the same for all agents and tasks. */
  readonly prior: number;
  readonly shares: {
    /** How good the agent is, whatever the task. */
    readonly agent: number;
    /** How hard tasks of this domain are, whoever does them. */
    readonly domain: number;
    /** How good the agent is in this domain. */
    readonly agent_domain: number;
    /** How hard tasks with such words are, whoever does them. */
    readonly text: number;
    /** How good the agent is at tasks with such words. */
    readonly agent_text: number;
    /** What its earlier runs of the very same task say beyond all that. */
    readonly same_task: number;
  };
}
