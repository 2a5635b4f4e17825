import { product, whiten } from "./cholesky.js";
import { starts, type Kernel } from "./kernel.js";
import type { SparseVector } from "./tf-idf.js";

/** Observations that an uncertainty is computed from. With more it would be smaller, and take longer to compute. */
const NEAREST = 16;

/**
 * Whatever is said of a task holds of tasks like it: in the mean, their texts share so much of its text's vector. It is
 * chosen so that intervals hold the agent's rate on the most similar tasks about as often as they should.
 */
const SHARED_BY_LIKE = 0.35;

/** How alike a query and each of the past tasks are. */
export interface Likeness {
  /** Cosine similarity of the texts, by task. */
  readonly cosine: Float64Array;
  /** How much of the query's domains is like the task's, by task. */
  readonly domain: Float64Array;
}

/** The observations that tell most of a query: those that alone would explain most of its variance come first. */
class Nearest {
  size = 0;
  readonly observations = new Int32Array(NEAREST);
  readonly covariances = new Float64Array(NEAREST);
  readonly #gains = new Float64Array(NEAREST);

  /** The least gain that counts by now. */
  #least = 0;

  clear(): void {
    this.size = 0;
    this.#least = 0;
  }

  /** @param variance the observation's own, more than 0 */
  offer(observation: number, covariance: number, variance: number): void {
    const square = covariance * covariance;
    if (square <= this.#least * variance) return;
    const gain = square / variance;
    if (this.size < NEAREST) this.size++;
    let place = this.size - 1;
    for (; place > 0 && this.#gains[place - 1]! < gain; place--) {
      this.observations[place] = this.observations[place - 1]!;
      this.covariances[place] = this.covariances[place - 1]!;
      this.#gains[place] = this.#gains[place - 1]!;
    }
    this.observations[place] = observation;
    this.covariances[place] = covariance;
    this.#gains[place] = gain;
    if (this.size === NEAREST) this.#least = this.#gains[NEAREST - 1]!;
  }
}

/** What is left uncertain of a query when the past is known. */
export class Uncertainty {
  readonly #kernel: Kernel;
  readonly #diagonal: Float64Array;
  /** The tasks that have a feature, and its value there: from `#featureStarts[feature]` to the next one's. */
  readonly #featureStarts: Int32Array;
  readonly #featureTasks: Int32Array;
  readonly #featureValues: Float64Array;
  /** Observations of agent a: from `#agentStarts[a]` to the next agent's. */
  readonly #agentStarts: Int32Array;
  readonly #agentOf: Int32Array;
  /** Last entry of each feature while a matrix is made; −1 between calls. */
  readonly #lastEntry: Int32Array;
  /** Room to compute in: to make arrays for each agent and query takes longer than to fill them. */
  readonly #likeness: Likeness;
  readonly #shared = new Nearest();
  readonly #nearest = new Nearest();
  readonly #matrix = new Float64Array((NEAREST + 1) * NEAREST);
  readonly #domains = new Float64Array(NEAREST * NEAREST);
  #row = new Int32Array(0);
  #before = new Int32Array(0);
  #value = new Float64Array(0);

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#diagonal = kernel.diagonal();
    const { agents, observations, tasks } = kernel.evidence;
    const { taskStarts, taskIds, taskValues } = kernel;
    const counts = new Int32Array(kernel.features);
    for (const id of taskIds) counts[id]!++;
    this.#featureStarts = starts(counts);
    this.#featureTasks = new Int32Array(taskIds.length);
    this.#featureValues = new Float64Array(taskIds.length);
    const next = this.#featureStarts.slice();
    for (let task = 0; task < tasks.length; task++)
      for (let j = taskStarts[task]!; j < taskStarts[task + 1]!; j++) {
        const place = next[taskIds[j]!]!++;
        this.#featureTasks[place] = task;
        this.#featureValues[place] = taskValues[j]!;
      }
    const byAgent = new Int32Array(agents.length);
    for (const { agent } of observations) byAgent[agent]!++;
    this.#agentStarts = starts(byAgent);
    this.#likeness = { cosine: new Float64Array(tasks.length), domain: new Float64Array(tasks.length) };
    this.#agentOf = Int32Array.from(observations, ({ agent }) => agent);
    this.#lastEntry = new Int32Array(kernel.features).fill(-1);
  }

  /** How alike a task, given by its features, and the past tasks are; until it is called again. */
  likeness({ ids, values }: SparseVector): Likeness {
    const { firstTerm } = this.#kernel;
    const { cosine, domain } = this.#likeness;
    cosine.fill(0);
    domain.fill(0);
    for (let j = 0; j < ids.length; j++) {
      const [feature, value] = [ids[j]!, values[j]!];
      if (feature === 0) continue;
      const sums = feature < firstTerm ? domain : cosine;
      const end = this.#featureStarts[feature + 1]!;
      for (let at = this.#featureStarts[feature]!; at < end; at++)
        sums[this.#featureTasks[at]!]! += value * this.#featureValues[at]!;
    }
    return this.#likeness;
  }

  /** Places of the observations of an agent: from the first to before the second. */
  range(agent: number): readonly [start: number, end: number] {
    return agent < 0 ? [0, 0] : [this.#agentStarts[agent]!, this.#agentStarts[agent + 1]!];
  }

  /** The observations of all agents that tell most of the query, whoever does it; until it is called again. */
  nearest({ cosine, domain }: Likeness): Nearest {
    const { variances: v, taskOf } = this.#kernel;
    const nearest = this.#shared;
    nearest.clear();
    for (let i = taskOf.length - 1; i >= 0; i--) {
      const covariance = v.domain * domain[taskOf[i]!]! + SHARED_BY_LIKE * v.text * cosine[taskOf[i]!]!;
      nearest.offer(i, covariance, this.#diagonal[i]!);
    }
    return nearest;
  }

  /**
   * Variance of an agent's expected outcome: of its rate on tasks like the query or, where it has done this very task
   * before, on this one. It is k(x, x) − kᵀ(K + noise)⁻¹k for the observations that tell most of it, the agent's and
   * others'. More of them would make it smaller, so it errs on the careful side.
   *
   * @param repeat the agent's observation of the very same task, −1 when there is none
   * @param shared what `nearest` gave for the query
   */
  variance(agent: number, { cosine, domain }: Likeness, repeat: number, shared: Nearest): number {
    const { variances: v, taskOf, evidence } = this.#kernel;
    const [start, end] = this.range(agent);
    const [text, task] = repeat < 0 ? [SHARED_BY_LIKE, 0] : [1, v.agent_task];
    // Without domains there are no effects of them, and nothing to be unsure of.
    const ofDomain = evidence.domains.length > 0 ? v.domain + v.agent_domain : 0;
    const prior = v.agent + ofDomain + text ** 2 * (v.text + v.agent_text) + task;
    const nearest = this.#nearest;
    nearest.clear();
    const [ofDomains, ofText] = [v.domain + v.agent_domain, text * (v.text + v.agent_text)];
    // The latest first: they weigh most, so that few of the others have to be put in order.
    for (let i = end - 1; i >= start; i--) {
      const covariance =
        v.agent + ofDomains * domain[taskOf[i]!]! + ofText * cosine[taskOf[i]!]! + (i === repeat ? task : 0);
      nearest.offer(i, covariance, this.#diagonal[i]!);
    }
    for (let j = 0; j < shared.size; j++) {
      const i = shared.observations[j]!;
      if (i >= start && i < end) continue;
      const covariance = v.domain * domain[taskOf[i]!]! + text * v.text * cosine[taskOf[i]!]!;
      nearest.offer(i, covariance, this.#diagonal[i]!);
    }
    const { size, observations, covariances } = nearest;
    const matrix = this.#covariances(observations.subarray(0, size));
    const last = size * size;
    matrix.set(covariances.subarray(0, size), last);
    whiten(matrix.subarray(0, last + size), size);
    return Math.max(0, prior - product(matrix, last, last, size));
  }

  /** Lower half of K + noise for some observations: most have few features in common, so each is followed up. */
  #covariances(observations: Int32Array): Float64Array {
    const { variances: v, noise, taskOf, taskStarts, taskIds, taskValues, firstTerm } = this.#kernel;
    const [agentOf, lastEntry, matrix, domains] = [this.#agentOf, this.#lastEntry, this.#matrix, this.#domains];
    const n = observations.length;
    matrix.fill(0, 0, n * n);
    domains.fill(0, 0, n * n);
    let length = 0;
    for (let i = 0; i < n; i++) {
      const task = taskOf[observations[i]!]!;
      length += taskStarts[task + 1]! - taskStarts[task]!;
    }
    this.#makeRoom(length);
    // Entries so far, each with the one before it of the same feature.
    const [row, before, value] = [this.#row, this.#before, this.#value];
    let entry = 0;
    for (let i = 0; i < n; i++) {
      const task = taskOf[observations[i]!]!;
      const agent = agentOf[observations[i]!]!;
      for (let at = taskStarts[task]!; at < taskStarts[task + 1]!; at++) {
        const id = taskIds[at]!;
        if (id === 0) continue;
        const sums = id < firstTerm ? domains : matrix;
        row[entry] = i;
        value[entry] = taskValues[at]!;
        before[entry] = lastEntry[id]!;
        lastEntry[id] = entry;
        for (let e = entry; e >= 0; e = before[e]!) sums[i * n + row[e]!]! += taskValues[at]! * value[e]!;
        entry++;
      }
      for (let j = 0; j <= i; j++) {
        const own = agentOf[observations[j]!] === agent ? 1 : 0;
        const place = i * n + j;
        matrix[place] =
          matrix[place]! * (v.text + own * v.agent_text) +
          domains[place]! * (v.domain + own * v.agent_domain) +
          own * v.agent;
      }
      matrix[i * n + i]! += noise[observations[i]!]!;
    }
    for (let i = 0; i < n; i++) {
      const task = taskOf[observations[i]!]!;
      for (let at = taskStarts[task]!; at < taskStarts[task + 1]!; at++) lastEntry[taskIds[at]!] = -1;
    }
    return matrix;
  }

  #makeRoom(length: number): void {
    if (this.#row.length >= length) return;
    this.#row = new Int32Array(2 * length);
    this.#before = new Int32Array(2 * length);
    this.#value = new Float64Array(2 * length);
  }
}
