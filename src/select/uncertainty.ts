import type { Kernel } from "./kernel.js";
import type { SparseVector } from "./tf-idf.js";

/** Observations that an uncertainty is computed from. */
const NEAREST = 64;

/** How alike a query and each of the past tasks are. */
export interface Likeness {
  /** Cosine similarity of the texts, by task. */
  readonly cosine: Float64Array;
  /** Share of the query's domains that is the task's, by task. */
  readonly domain: Float64Array;
}

/** An observation, its covariance with the query, and how much of the query's variance it alone would explain. */
interface Neighbour {
  readonly observation: number;
  readonly covariance: number;
  readonly gain: number;
}

/** What is left uncertain of a query when the past is known. */
export class Uncertainty {
  readonly #kernel: Kernel;
  readonly #diagonal: Float64Array;
  /** The tasks that have feature f, and its value there: from `#starts[f]` to the next feature's. Terms only. */
  readonly #starts: Int32Array;
  readonly #tasks: Int32Array;
  readonly #values: Float64Array;
  /** Observations of agent a: from `#agentStarts[a]` to the next agent's. */
  readonly #agentStarts: Int32Array;
  /** All 0 between calls. */
  readonly #scratch: Float64Array;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#diagonal = kernel.diagonal();
    const features = kernel.sharedVariance.length;
    this.#starts = new Int32Array(features + 1);
    for (const { ids } of kernel.tasks) for (const id of ids) if (id >= kernel.firstTerm) this.#starts[id + 1]!++;
    for (let f = 0; f < features; f++) this.#starts[f + 1]! += this.#starts[f]!;
    this.#tasks = new Int32Array(this.#starts[features]!);
    this.#values = new Float64Array(this.#starts[features]!);
    const next = this.#starts.slice(0, features);
    for (const [task, { ids, values }] of kernel.tasks.entries())
      for (let j = 0; j < ids.length; j++) {
        if (ids[j]! < kernel.firstTerm) continue;
        const place = next[ids[j]!]!++;
        this.#tasks[place] = task;
        this.#values[place] = values[j]!;
      }
    const { agents, observations } = kernel.evidence;
    this.#agentStarts = new Int32Array(agents.length + 1);
    for (const { agent } of observations) this.#agentStarts[agent + 1]!++;
    for (let a = 0; a < agents.length; a++) this.#agentStarts[a + 1]! += this.#agentStarts[a]!;
    this.#scratch = new Float64Array(features);
  }

  /** How alike the query and the past tasks are. */
  likeness({ ids, values }: SparseVector): Likeness {
    const { tasks, domains } = this.#kernel.evidence;
    const cosine = new Float64Array(tasks.length);
    const shares = new Float64Array(domains.length);
    for (let j = 0; j < ids.length; j++) {
      const feature = ids[j]!;
      if (feature > 0 && feature < this.#kernel.firstTerm) shares[feature - 1] = values[j]!;
      const end = this.#starts[feature + 1]!;
      for (let at = this.#starts[feature]!; at < end; at++) cosine[this.#tasks[at]!]! += values[j]! * this.#values[at]!;
    }
    return { cosine, domain: Float64Array.from(tasks, ({ domain }) => (domain < 0 ? 0 : shares[domain]!)) };
  }

  /** Places of the observations of an agent: from the first to before the second. */
  range(agent: number): readonly [start: number, end: number] {
    return agent < 0 ? [0, 0] : [this.#agentStarts[agent]!, this.#agentStarts[agent + 1]!];
  }

  /** The observations of all agents that tell most of the query, whoever does it. */
  nearest({ cosine, domain }: Likeness): readonly Neighbour[] {
    const { variances, evidence } = this.#kernel;
    const nearest: Neighbour[] = [];
    for (let i = 0; i < evidence.observations.length; i++) {
      const { task } = evidence.observations[i]!;
      this.#offer(nearest, i, variances.domain * domain[task]! + variances.text * cosine[task]!);
    }
    return nearest;
  }

  /**
   * Variance of what the model expects of an agent, given the 64 observations that tell most of it, of its own and of
   * others: k(x, x) − kᵀ(K + noise)⁻¹k. More of them would make it smaller, so it errs on the careful side.
   *
   * @param prior the variance before anything was seen, k(x, x)
   * @param repeat the agent's observation of the very same task, −1 when there is none
   */
  variance(
    agent: number,
    prior: number,
    { cosine, domain }: Likeness,
    repeat: number,
    shared: readonly Neighbour[],
  ): number {
    const { variances: v, evidence } = this.#kernel;
    const [start, end] = this.range(agent);
    const nearest: Neighbour[] = [];
    for (let i = start; i < end; i++) {
      const { task } = evidence.observations[i]!;
      const covariance =
        v.agent +
        (v.domain + v.agent_domain) * domain[task]! +
        (v.text + v.agent_text) * cosine[task]! +
        (i === repeat ? v.agent_task : 0);
      this.#offer(nearest, i, covariance);
    }
    for (const { observation, covariance } of shared)
      if (observation < start || observation >= end) this.#offer(nearest, observation, covariance);
    return this.#remaining(prior, nearest);
  }

  /** Takes an observation among the nearest, when it is one of them; they are sorted, the most telling first. */
  #offer(nearest: Neighbour[], observation: number, covariance: number): void {
    const gain = (covariance * covariance) / this.#diagonal[observation]!;
    if (gain === 0) return;
    if (nearest.length === NEAREST) {
      if (gain <= nearest[NEAREST - 1]!.gain) return;
      nearest.pop();
    }
    let place = nearest.length;
    while (place > 0 && nearest[place - 1]!.gain < gain) place--;
    nearest.splice(place, 0, { observation, covariance, gain });
  }

  /** prior − kᵀ(K + noise)⁻¹k, by Cholesky's method. */
  #remaining(prior: number, nearest: readonly Neighbour[]): number {
    const { evidence, tasks, sharedVariance, ownVariance } = this.#kernel;
    const n = nearest.length;
    const factor = new Float64Array(n * n);
    const solved = new Float64Array(n);
    let variance = prior;
    for (let i = 0; i < n; i++) {
      const { observation, covariance } = nearest[i]!;
      const { agent, task } = evidence.observations[observation]!;
      const { ids, values } = tasks[task]!;
      for (let f = 0; f < ids.length; f++) this.#scratch[ids[f]!] = values[f]!;
      let rest = covariance;
      for (let j = 0; j <= i; j++) {
        const other = evidence.observations[nearest[j]!.observation]!;
        const { ids: otherIds, values: otherValues } = tasks[other.task]!;
        const own = other.agent === agent ? 1 : 0;
        let sum = i === j ? this.#kernel.noise[observation]! : 0;
        for (let f = 0; f < otherIds.length; f++) {
          const id = otherIds[f]!;
          sum += this.#scratch[id]! * otherValues[f]! * (sharedVariance[id]! + own * ownVariance[id]!);
        }
        for (let k = 0; k < j; k++) sum -= factor[i * n + k]! * factor[j * n + k]!;
        factor[i * n + j] = i === j ? Math.sqrt(sum) : sum / factor[j * n + j]!;
        if (j < i) rest -= factor[i * n + j]! * solved[j]!;
      }
      solved[i] = rest / factor[i * n + i]!;
      variance -= solved[i]! ** 2;
      for (const id of ids) this.#scratch[id] = 0;
    }
    return Math.max(0, variance);
  }
}
