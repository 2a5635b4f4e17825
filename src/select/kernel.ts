import { mixtureOf, type DomainFeatures } from "./domain-features.js";
import type { Evidence } from "./evidence.js";
import { EMPTY, type SparseVector } from "./tf-idf.js";
import { noiseOf, type Variances } from "./variances.js";

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
 * A task is a vector of features: a constant 1, its domain's vector d, and its text's vector x. Each feature has an effect
 * on the outcome, shared by all agents, and one of each agent's own; all are independent, so that
 *
 *     cov(i, j) = v_a[a=a'] + cos(d, d')·(v_d + v_ad[a=a']) + cos(x, x')·(v_x + v_ax[a=a'])
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
  /** Place of the first term among the features: after the constant and those of domains. */
  readonly firstTerm: number;
  /** Features of each task: from `taskStarts[t]` to the next task's. */
  readonly taskStarts: Int32Array;
  readonly taskIds: Int32Array;
  readonly taskValues: Float64Array;
  /** Task of each observation. */
  readonly taskOf: Int32Array;
  /** Variance of each observation's outcome around what its features say. */
  readonly noise: Float64Array;
  readonly #domains: DomainFeatures;
  /** Variance of each feature's effect: of that which all agents share, and of an agent's own. */
  readonly #sharedVariance: Float64Array;
  readonly #ownVariance: Float64Array;
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
   * @param domains of the evidence's domains
   */
  constructor(
    evidence: Evidence,
    vectors: readonly SparseVector[],
    terms: number,
    domains: DomainFeatures,
    variances: Variances,
  ) {
    this.evidence = evidence;
    this.variances = variances;
    this.#domains = domains;
    this.firstTerm = 1 + domains.count;
    this.features = this.firstTerm + terms;
    this.#sharedVariance = new Float64Array(this.features).fill(variances.text);
    this.#sharedVariance.fill(variances.domain, 0, this.firstTerm)[0] = 0;
    this.#ownVariance = new Float64Array(this.features).fill(variances.agent_text);
    this.#ownVariance.fill(variances.agent_domain, 0, this.firstTerm)[0] = variances.agent;
    const tasks = evidence.tasks.map(({ domain, text }) => [domains.vectors[domain] ?? EMPTY, vectors[text]!] as const);
    this.taskStarts = starts(tasks.map(([domain, text]) => 1 + domain.ids.length + text.ids.length));
    this.taskIds = new Int32Array(this.taskStarts.at(-1)!);
    this.taskValues = new Float64Array(this.taskIds.length);
    for (const [t, [domain, text]] of tasks.entries())
      this.#write(domain, text, this.taskIds, this.taskValues, this.taskStarts[t]!);
    this.taskOf = Int32Array.from(evidence.observations, ({ task }) => task);
    this.noise = Float64Array.from(evidence.observations, ({ task, weight }) =>
      noiseOf(variances, weight, this.hasWords(task)),
    );
    const { taskStarts, taskIds } = this;
    this.#starts = starts(this.taskOf.map((task) => taskStarts[task + 1]! - taskStarts[task]!));
    this.#slots = new Int32Array(this.#starts.at(-1)!);
    this.#values = new Float64Array(this.#slots.length);
    const slotOf = new Int32Array(this.features).fill(-1);
    for (let i = 0, e = 0; i < this.taskOf.length; i++) {
      const { agent, task } = evidence.observations[i]!;
      for (let j = taskStarts[task]!; j < taskStarts[task + 1]!; j++, e++) {
        const feature = taskIds[j]!;
        let slot = slotOf[feature]!;
        if (slot < 0 || this.#slotAgent[slot] !== agent) {
          slot = this.#slotAgent.push(agent) - 1;
          this.#slotFeature.push(feature);
          slotOf[feature] = slot;
        }
        this.#slots[e] = slot;
        this.#values[e] = this.taskValues[j]!;
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

  /** A task's features: the constant, what its domains are made of, and the terms of its text's vector. */
  task(text: SparseVector, domains: readonly (readonly [domain: number, share: number])[]): SparseVector {
    const mixture = mixtureOf(this.#domains, domains);
    const ids = new Int32Array(1 + mixture.ids.length + text.ids.length);
    const values = new Float64Array(ids.length);
    this.#write(mixture, text, ids, values, 0);
    return { ids, values };
  }

  /** Writes a task's features, from a place on. */
  #write(domain: SparseVector, text: SparseVector, ids: Int32Array, values: Float64Array, place: number): void {
    ids[place] = 0;
    values[place++] = 1;
    for (let i = 0; i < domain.ids.length; i++) {
      ids[place] = 1 + domain.ids[i]!;
      values[place++] = domain.values[i]!;
    }
    for (let i = 0; i < text.ids.length; i++) {
      ids[place] = this.firstTerm + text.ids[i]!;
      values[place++] = text.values[i]!;
    }
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
    for (let i = 0, e = 0; i < v.length; i++) {
      const times = v[i]!;
      for (const end = ends[i]!; e < end; e++) own[slots[e]!]! += times * values[e]!;
    }
  }

  /** A function that writes (covariance + noise) · v to `result`. */
  product(): (v: Float64Array, result: Float64Array) => void {
    const [ends, slots, values] = [this.#starts.subarray(1), this.#slots, this.#values];
    const { noise } = this;
    const features = Int32Array.from(this.#slotFeature);
    const own = new Float64Array(features.length);
    const shared = new Float64Array(this.features);
    const [sharedVariance, ownVariance] = [this.#sharedVariance, this.#ownVariance];
    return (v, result) => {
      own.fill(0);
      this.#scatter(v, own);
      shared.fill(0);
      for (let slot = 0; slot < own.length; slot++) shared[features[slot]!]! += own[slot]!;
      for (let f = 0; f < shared.length; f++) shared[f]! *= sharedVariance[f]!;
      for (let slot = 0; slot < own.length; slot++)
        own[slot] = shared[features[slot]!]! + ownVariance[features[slot]!]! * own[slot]!;
      for (let i = 0, e = 0; i < v.length; i++) {
        let sum = noise[i]! * v[i]!;
        for (const end = ends[i]!; e < end; e++) sum += values[e]! * own[slots[e]!]!;
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
        const feature = this.taskIds[j]!;
        sum += this.taskValues[j]! ** 2 * (this.#sharedVariance[feature]! + this.#ownVariance[feature]!);
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
      shared[0]! += values[j]! * this.#sharedVariance[feature]! * effects.shared[feature]!;
      const times = values[j]! * this.#ownVariance[feature]!;
      for (let at = this.#featureStarts[feature]!; at < this.#featureStarts[feature + 1]!; at++) {
        const slot = this.#featureSlots[at]!;
        own[this.#slotAgent[slot]!]! += times * effects.own[slot]!;
      }
    }
    return { shared, own };
  }
}

/** Where each of some lists of these lengths starts, when they lie one after the other; and where the last one ends. */
export function starts(lengths: ArrayLike<number>): Int32Array {
  const places = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) places[i + 1] = places[i]! + lengths[i]!;
  return places;
}
