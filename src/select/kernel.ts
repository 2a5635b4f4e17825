import type { Evidence } from "./evidence.js";
import type { SparseVector } from "./tf-idf.js";
import type { Variances } from "./variances.js";

/** Sums over observations, ready to be applied to a task. */
export interface Effects {
  /** Of each feature, of all agents. */
  readonly shared: Float64Array;
  /** Of each feature that an agent met, of that agent alone; by slot. */
  readonly own: Float64Array;
}

/**
 * Covariance of the observations' outcomes before any of them is seen, and products with it that take time and memory
 * in proportion to the words of the history, not to the square of its length.
 *
 * A task is a vector of features: a constant 1, its domain, and its text's vector. Each feature has an effect on the
 * outcome, shared by all agents, and one of each agent's own; all are independent, so that
 *
 *     cov(i, j) = v_a[a=a'] + v_d[d=d'] + v_ad[a=a', d=d'] + cos(x, x')·(v_x + v_ax[a=a'])
 *
 * Repeats of one task by one agent also share `agent_task`, which no number of repeats averages out: so they say a lot
 * of this task, and together little more of others than one run. Tasks without words are nobody's repeats.
 *
 * A feature and an agent that met it make a slot. Those of an agent lie together, as its observations do.
 */
export class Kernel {
  readonly evidence: Evidence;
  readonly variances: Variances;
  /** How many features there are. */
  readonly features: number;
  /** Place of the first term among the features: after the constant and the domains. */
  readonly firstTerm: number;
  /** Features of each task: from `taskStarts[t]` to the next task's. */
  readonly taskStarts: Int32Array;
  readonly taskIds: Int32Array;
  readonly taskValues: Float64Array;
  /** Task of each observation. */
  readonly taskOf: Int32Array;
  /** Variance of each observation's outcome around what its features say. */
  readonly noise: Float64Array;
  /** Feature and agent of each slot. */
  readonly #slotFeature: number[] = [];
  readonly #slotAgent: number[] = [];
  /** Slots and values of the features of each observation, from `#starts[i]` to the next one's: one stream to read. */
  readonly #starts: Int32Array;
  readonly #slots: Int32Array;
  readonly #values: Float64Array;
  /** Slots of feature f: from `#featureStarts[f]` to the next feature's. */
  readonly #featureStarts: Int32Array;
  readonly #featureSlots: Int32Array;

  /**
   * @param vectors of the evidence's texts
   * @param terms how many terms there are
   */
  constructor(evidence: Evidence, vectors: readonly SparseVector[], terms: number, variances: Variances) {
    this.evidence = evidence;
    this.variances = variances;
    this.firstTerm = 1 + evidence.domains.length;
    this.features = this.firstTerm + terms;
    const tasks = evidence.tasks.map(({ text, domain }) => this.task(vectors[text]!, domain < 0 ? [] : [[domain, 1]]));
    this.taskStarts = starts(tasks.map(({ ids }) => ids.length));
    this.taskIds = new Int32Array(this.taskStarts[tasks.length]!);
    this.taskValues = new Float64Array(this.taskIds.length);
    for (const [t, { ids, values }] of tasks.entries()) {
      this.taskIds.set(ids, this.taskStarts[t]);
      this.taskValues.set(values, this.taskStarts[t]);
    }
    this.taskOf = Int32Array.from(evidence.observations, ({ task }) => task);
    this.noise = Float64Array.from(evidence.observations, ({ task, weight }) =>
      this.hasWords(task)
        ? variances.agent_task + variances.noise / weight
        : (variances.agent_task + variances.noise) / weight,
    );
    this.#starts = starts(evidence.observations.map(({ task }) => tasks[task]!.ids.length));
    this.#slots = new Int32Array(this.#starts[this.taskOf.length]!);
    this.#values = new Float64Array(this.#slots.length);
    const slotOf = new Int32Array(this.features).fill(-1);
    for (const [i, { agent, task }] of evidence.observations.entries()) {
      this.#values.set(tasks[task]!.values, this.#starts[i]);
      for (const [j, feature] of tasks[task]!.ids.entries()) {
        const slot = slotOf[feature]!;
        if (slot < 0 || this.#slotAgent[slot] !== agent) {
          slotOf[feature] = this.#slotAgent.push(agent) - 1;
          this.#slotFeature.push(feature);
        }
        this.#slots[this.#starts[i]! + j] = slotOf[feature]!;
      }
    }
    const counts = new Int32Array(this.features);
    for (const feature of this.#slotFeature) counts[feature]!++;
    this.#featureStarts = starts(counts);
    this.#featureSlots = new Int32Array(this.#slotFeature.length);
    const next = this.#featureStarts.slice();
    for (const [slot, feature] of this.#slotFeature.entries()) this.#featureSlots[next[feature]!++] = slot;
  }

  /** Whether anything is known of what a task is about. */
  hasWords(task: number): boolean {
    const end = this.taskStarts[task + 1]!;
    return end > this.taskStarts[task]! && this.taskIds[end - 1]! >= this.firstTerm;
  }

  /** A task's features: the constant, its domains with their shares, and the terms of its text's vector. */
  task(vector: SparseVector, domains: readonly (readonly [domain: number, share: number])[]): SparseVector {
    const ids = new Int32Array(1 + domains.length + vector.ids.length);
    const values = new Float64Array(ids.length);
    values[0] = 1;
    let place = 1;
    for (const [domain, share] of domains) {
      ids[place] = 1 + domain;
      values[place++] = share;
    }
    for (let i = 0; i < vector.ids.length; i++) {
      ids[place] = this.firstTerm + vector.ids[i]!;
      values[place++] = vector.values[i]!;
    }
    return { ids, values };
  }

  /** Sums each feature over the observations, each taken `v` times. */
  effects(v: Float64Array): Effects {
    const own = new Float64Array(this.#slotFeature.length);
    this.#scatter(v, own);
    const shared = new Float64Array(this.features);
    for (let slot = 0; slot < own.length; slot++) shared[this.#slotFeature[slot]!]! += own[slot]!;
    return { shared, own };
  }

  #scatter(v: Float64Array, own: Float64Array): void {
    const [ends, slots, values] = [this.#starts.subarray(1), this.#slots, this.#values];
    for (let i = 0, e = 0; i < v.length; i++) for (; e < ends[i]!; e++) own[slots[e]!]! += v[i]! * values[e]!;
  }

  /** A function that writes (covariance + noise) · v to `result`. */
  product(): (v: Float64Array, result: Float64Array) => void {
    const [ends, slots, values] = [this.#starts.subarray(1), this.#slots, this.#values];
    const features = Int32Array.from(this.#slotFeature);
    const own = new Float64Array(features.length);
    const shared = new Float64Array(this.features);
    const sharedVariance = Float64Array.from(shared, (_, feature) => this.#variance(feature).shared);
    const ownVariance = Float64Array.from(shared, (_, feature) => this.#variance(feature).own);
    return (v, result) => {
      own.fill(0);
      this.#scatter(v, own);
      shared.fill(0);
      for (let slot = 0; slot < own.length; slot++) shared[features[slot]!]! += own[slot]!;
      for (let f = 0; f < shared.length; f++) shared[f]! *= sharedVariance[f]!;
      for (let slot = 0; slot < own.length; slot++)
        own[slot] = shared[features[slot]!]! + ownVariance[features[slot]!]! * own[slot]!;
      for (let i = 0, e = 0; i < v.length; i++) {
        let sum = this.noise[i]! * v[i]!;
        for (; e < ends[i]!; e++) sum += values[e]! * own[slots[e]!]!;
        result[i] = sum;
      }
    };
  }

  /** Variance of each observation's outcome. */
  diagonal(): Float64Array {
    return this.noise.map((noise, i) => {
      const task = this.taskOf[i]!;
      let sum = noise;
      for (let j = this.taskStarts[task]!; j < this.taskStarts[task + 1]!; j++) {
        const { shared, own } = this.#variance(this.taskIds[j]!);
        sum += this.taskValues[j]! ** 2 * (shared + own);
      }
      return sum;
    });
  }

  /** What the effects add up to on a task, of all agents and of each; only of features from `first` to before `end`. */
  apply(effects: Effects, { ids, values }: SparseVector, first = 0, end = this.features): Effects {
    const shared = new Float64Array(1);
    const own = new Float64Array(this.evidence.agents.length);
    for (let j = 0; j < ids.length; j++) {
      const feature = ids[j]!;
      if (feature < first || feature >= end) continue;
      const variance = this.#variance(feature);
      shared[0]! += values[j]! * variance.shared * effects.shared[feature]!;
      const times = values[j]! * variance.own;
      for (let at = this.#featureStarts[feature]!; at < this.#featureStarts[feature + 1]!; at++) {
        const slot = this.#featureSlots[at]!;
        own[this.#slotAgent[slot]!]! += times * effects.own[slot]!;
      }
    }
    return { shared, own };
  }

  /** Variance of a feature's effect: of that which all agents share, and of an agent's own. */
  #variance(feature: number): { shared: number; own: number } {
    const { variances } = this;
    if (feature === 0) return { shared: 0, own: variances.agent };
    if (feature < this.firstTerm) return { shared: variances.domain, own: variances.agent_domain };
    return { shared: variances.text, own: variances.agent_text };
  }
}

/** Where each of some lists of these lengths starts, when they lie one after the other; and where the last one ends. */
export function starts(lengths: ArrayLike<number>): Int32Array {
  const places = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) places[i + 1] = places[i]! + lengths[i]!;
  return places;
}
