import type { PastRun, TaskQuery } from "./past-run.js";
import { terms } from "./text.js";

/** What the model expects of one agent on one task. */
export interface Prediction {
  readonly agent_name: string;
  /** Expected outcome (probability of success), in [0.02, 0.98]. */
  readonly mean: number;
  /** Standard deviation of the expected outcome. */
  readonly sd: number;
  /** 80 % interval of the expected outcome, in [0, 1]. */
  readonly low: number;
  readonly high: number;
  /** How many runs of this very task the agent's similar runs are worth as experience. */
  readonly similar_runs: number;
  /** Typical duration of the agent's runs, in seconds; `null` when no run has one. */
  readonly expected_duration_seconds: number | null;
}

/** What one past run adds to a prediction. */
export interface Contribution {
  readonly run: PastRun;
  /** Cosine similarity of the task's text to the query's, in [0, 1]. */
  readonly similarity: number;
  /** Added to the expected outcome. */
  readonly contribution: number;
}

/** How a prediction comes about: `prior` and the shares sum to `unclipped_mean`, so do `prior` and the contributions. */
export interface Explanation {
  readonly prediction: Prediction;
  readonly unclipped_mean: number;
  readonly prior: number;
  readonly shares: {
    /** What the agent is like, whatever the task. */
    readonly agent: number;
    /** How hard tasks of this domain are, whoever does them. */
    readonly domain: number;
    readonly agent_domain: number;
    /** How hard tasks with such words are, whoever does them. */
    readonly text: number;
    readonly agent_text: number;
    /** This agent's earlier runs of the very same task, beyond what its words say. */
    readonly same_task: number;
  };
  /** Strongest first. */
  readonly contributions: readonly Contribution[];
}

export interface FitOptions {
  /** Hash of each agent's present definition; evidence of an older definition counts a tenth. */
  readonly definitions?: ReadonlyMap<string, string>;
  /** A model of an earlier state of the same history: the fit starts from it. */
  readonly previous?: SelectionModel;
}

const V = { a: 0.015, d: 0.01, ad: 0.015, x: 0.06, ax: 0.04 };
const NOISE = 0.1;

interface Row {
  readonly run: PastRun;
  readonly vector: Map<string, number>;
}

export class SelectionModel {
  readonly agents: readonly string[];
  readonly #rows: readonly Row[];
  readonly #alpha: readonly number[];
  readonly #inverse: (k: readonly number[]) => number[];
  readonly #prior: number;
  readonly #vector: (text: string) => Map<string, number>;

  /** Fits the model to the runs, in any order. */
  static fit(runs: readonly PastRun[], options: FitOptions = {}): SelectionModel {
    return new SelectionModel(runs, options);
  }

  private constructor(runs: readonly PastRun[], options: FitOptions) {
    const sorted = runs.toSorted((p, q) => p.at - q.at || (p.invocation_id < q.invocation_id ? -1 : 1)).slice(-1500);
    this.agents = [...new Set(sorted.map((run) => run.agent_name))].toSorted();
    const count = new Map<string, number>();
    for (const run of sorted)
      for (const term of new Set(terms(run.task_description))) count.set(term, (count.get(term) ?? 0) + 1);
    this.#vector = (text) => {
      const tf = new Map<string, number>();
      for (const term of terms(text)) tf.set(term, (tf.get(term) ?? 0) + 1);
      for (const [term, n] of tf)
        tf.set(term, (1 + Math.log(n)) * (Math.log((1 + sorted.length) / (1 + (count.get(term) ?? 0))) + 1));
      const length = Math.hypot(...tf.values());
      for (const [term, value] of tf) tf.set(term, value / length);
      return tf;
    };
    this.#rows = sorted.map((run) => ({ run, vector: this.#vector(run.task_description) }));
    const later = new Map<string, number>();
    const weights = sorted
      .toReversed()
      .map((run) => {
        const n = later.get(run.agent_name) ?? 0;
        later.set(run.agent_name, n + 1);
        const now = options.definitions?.get(run.agent_name);
        const changed = now !== undefined && run.definition_hash !== null && run.definition_hash !== now;
        return run.weight * 2 ** (-n / 40) * (changed ? 0.1 : 1);
      })
      .toReversed();
    const total = weights.reduce((sum, w) => sum + w, 0);
    this.#prior = (sorted.reduce((sum, run, i) => sum + weights[i]! * run.outcome, 0) + 2) / (total + 4);
    const n = sorted.length;
    const factor = Array.from({ length: n }, () => new Float64Array(n));
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const { run, vector } = this.#rows[j]!;
        let sum = this.#kernel(this.#rows[i]!, run.agent_name, run.domain === null ? [] : [run.domain], vector);
        if (i === j) sum += NOISE / weights[i]!;
        for (let k = 0; k < j; k++) sum -= factor[i]![k]! * factor[j]![k]!;
        factor[i]![j] = i === j ? Math.sqrt(sum) : sum / factor[j]![j]!;
      }
    this.#inverse = (k) => {
      const x = [...k];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) x[i]! -= factor[i]![j]! * x[j]!;
        x[i]! /= factor[i]![i]!;
      }
      for (let i = n - 1; i >= 0; i--) {
        for (let j = i + 1; j < n; j++) x[i]! -= factor[j]![i]! * x[j]!;
        x[i]! /= factor[i]![i]!;
      }
      return x;
    };
    this.#alpha = this.#inverse(sorted.map((run) => run.outcome - this.#prior));
  }

  #kernel({ run, vector }: Row, agent: string, domains: readonly string[], query: Map<string, number>): number {
    const sameAgent = run.agent_name === agent;
    const sameDomain = run.domain !== null && domains.includes(run.domain);
    let cosine = 0;
    for (const [term, value] of query) cosine += value * (vector.get(term) ?? 0);
    return (
      (sameAgent ? V.a : 0) + (sameDomain ? V.d + (sameAgent ? V.ad : 0) : 0) + cosine * (V.x + (sameAgent ? V.ax : 0))
    );
  }

  /** Predictions for the agents in the given order, without it for all that have runs. */
  predict(query: TaskQuery, agents: readonly string[] = this.agents): Prediction[] {
    const vector = this.#vector(query.task_description);
    return agents.map((agent_name) => {
      const k = this.#rows.map((row) => this.#kernel(row, agent_name, query.domains, vector));
      const solved = this.#inverse(k);
      const self = V.a + (query.domains.length > 0 ? V.d + V.ad : 0) + V.x + V.ax;
      const sd = Math.sqrt(
        Math.max(
          0,
          k.reduce((rest, value, i) => rest - value * solved[i]!, self),
        ),
      );
      const mean = Math.min(
        0.98,
        Math.max(
          0.02,
          k.reduce((sum, value, i) => sum + value * this.#alpha[i]!, this.#prior),
        ),
      );
      const similar = this.#rows.reduce(
        (sum, row, i) => sum + (row.run.agent_name === agent_name ? k[i]! / self : 0),
        0,
      );
      const logs = this.#rows.flatMap(({ run }) =>
        run.agent_name === agent_name && run.duration_seconds ? [Math.log(run.duration_seconds)] : [],
      );
      return {
        agent_name,
        mean,
        sd,
        low: Math.max(0, mean - 1.28 * sd),
        high: Math.min(1, mean + 1.28 * sd),
        similar_runs: similar,
        expected_duration_seconds: logs.length > 0 ? Math.exp(logs.reduce((p, q) => p + q) / logs.length) : null,
      };
    });
  }

  /** Why the model expects what it expects of an agent. */
  explain(query: TaskQuery, agent: string): Explanation {
    const vector = this.#vector(query.task_description);
    const [prediction] = this.predict(query, [agent]);
    const shares = { agent: 0, domain: 0, agent_domain: 0, text: 0, agent_text: 0, same_task: 0 };
    const contributions = this.#rows.map((row, i): Contribution => {
      const alpha = this.#alpha[i]!;
      const own = row.run.agent_name === agent ? 1 : 0;
      const domain = row.run.domain !== null && query.domains.includes(row.run.domain) ? 1 : 0;
      let similarity = 0;
      for (const [term, value] of vector) similarity += value * (row.vector.get(term) ?? 0);
      shares.agent += alpha * V.a * own;
      shares.domain += alpha * V.d * domain;
      shares.agent_domain += alpha * V.ad * own * domain;
      shares.text += alpha * V.x * similarity;
      shares.agent_text += alpha * V.ax * own * similarity;
      return { run: row.run, similarity, contribution: alpha * this.#kernel(row, agent, query.domains, vector) };
    });
    return {
      prediction: prediction!,
      unclipped_mean: contributions.reduce((sum, { contribution }) => sum + contribution, this.#prior),
      prior: this.#prior,
      shares,
      contributions: contributions.toSorted((p, q) => Math.abs(q.contribution) - Math.abs(p.contribution)),
    };
  }
}
