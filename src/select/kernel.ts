import type { Evidence } from "./evidence.js";
import type { SparseVector } from "./tf-idf.js";
import type { Variances } from "./variances.js";

/** Sums over observations: what the observations say of each feature, whoever it was, and of each agent with it. */
export interface Effects {
  readonly shared: Float64Array;
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
 */
export class Kernel {
  readonly evidence: Evidence;
  readonly variances: Variances;
  /** Place of the first term among the features: after the constant and the domains. */
  readonly firstTerm: number;
  /** Features of each task of the evidence. */
  readonly tasks: readonly SparseVector[];
  /** Variance of each observation's outcome around what its features say. */
  readonly noise: Float64Array;
  /** Variance of each feature's effects: that of all agents, and an agent's own. */
  readonly sharedVariance: Float64Array;
  readonly ownVariance: Float64Array;
  /** The agents that met feature f: `#slotAgents[#slotStarts[f]]` and those that follow, to the next feature's. */
  readonly #slotStarts: Int32Array;
  readonly #slotAgents: Int32Array;
  /** Slot of each feature of each observation, observation by observation. */
  readonly #slots: Int32Array;

  /** @param vectors of the evidence's texts */
  constructor(evidence: Evidence, vectors: readonly SparseVector[], terms: number, variances: Variances) {
    this.evidence = evidence;
    this.variances = variances;
    this.firstTerm = 1 + evidence.domains.length;
    const features = this.firstTerm + terms;
    this.sharedVariance = new Float64Array(features).fill(variances.text);
    this.ownVariance = new Float64Array(features).fill(variances.agent_text);
    this.sharedVariance.fill(variances.domain, 0, this.firstTerm)[0] = 0;
    this.ownVariance.fill(variances.agent_domain, 0, this.firstTerm)[0] = variances.agent;
    this.tasks = evidence.tasks.map(({ text, domain }) =>
      this.features(vectors[text]!, domain < 0 ? [] : [[domain, 1]]),
    );
    this.noise = Float64Array.from(evidence.observations, ({ task, weight }) =>
      this.hasWords(task)
        ? variances.agent_task + variances.noise / weight
        : (variances.agent_task + variances.noise) / weight,
    );

    // Observations come by agent, so that a feature's agents come one after the other.
    const lastAgent = new Int32Array(features).fill(-1);
    this.#slotStarts = new Int32Array(features + 1);
    let entries = 0;
    for (const { agent, task } of evidence.observations)
      for (const feature of this.tasks[task]!.ids) {
        entries++;
        if (lastAgent[feature] === agent) continue;
        lastAgent[feature] = agent;
        this.#slotStarts[feature + 1]!++;
      }
    for (let f = 0; f < features; f++) this.#slotStarts[f + 1]! += this.#slotStarts[f]!;
    this.#slotAgents = new Int32Array(this.#slotStarts[features]!);
    this.#slots = new Int32Array(entries);
    const next = this.#slotStarts.slice(0, features);
    lastAgent.fill(-1);
    let entry = 0;
    for (const { agent, task } of evidence.observations)
      for (const feature of this.tasks[task]!.ids) {
        if (lastAgent[feature] !== agent) {
          lastAgent[feature] = agent;
          this.#slotAgents[next[feature]!++] = agent;
        }
        this.#slots[entry++] = next[feature]! - 1;
      }
  }

  /** Whether anything is known of what a task is about. */
  hasWords(task: number): boolean {
    const { ids } = this.tasks[task]!;
    return ids.length > 0 && ids.at(-1)! >= this.firstTerm;
  }

  /** Features of a task: the constant, its domains with their shares, and the terms of its text's vector. */
  features(vector: SparseVector, domains: readonly (readonly [domain: number, share: number])[]): SparseVector {
    const ids = new Int32Array(1 + domains.length + vector.ids.length);
    const values = new Float64Array(ids.length);
    values[0] = 1;
    let place = 1;
    for (const [domain, share] of domains) {
      ids[place] = 1 + domain;
      values[place++] = share;
    }
    ids.set(
      vector.ids.map((id) => id + this.firstTerm),
      place,
    );
    values.set(vector.values, place);
    return { ids, values };
  }

  /** Sums each feature over the observations, each taken `v` times. */
  effects(v: Float64Array, into: Effects = this.noEffects()): Effects {
    const { shared, own } = into;
    shared.fill(0);
    own.fill(0);
    let entry = 0;
    for (const [i, { task }] of this.evidence.observations.entries()) {
      const { ids, values } = this.tasks[task]!;
      const times = v[i]!;
      for (let j = 0; j < ids.length; j++) {
        const value = times * values[j]!;
        shared[ids[j]!]! += value;
        own[this.#slots[entry++]!]! += value;
      }
    }
    return into;
  }

  noEffects(): Effects {
    return {
      shared: new Float64Array(this.sharedVariance.length),
      own: new Float64Array(this.#slotAgents.length),
    };
  }

  /** A function that writes (covariance + noise) · v to `result`. */
  product(): (v: Float64Array, result: Float64Array) => void {
    const { observations } = this.evidence;
    const sums = this.noEffects();
    return (v, result) => {
      const { shared, own } = this.effects(v, sums);
      for (let f = 0; f < shared.length; f++) shared[f]! *= this.sharedVariance[f]!;
      for (let f = 0; f < shared.length; f++)
        for (let slot = this.#slotStarts[f]!; slot < this.#slotStarts[f + 1]!; slot++)
          own[slot]! *= this.ownVariance[f]!;
      let entry = 0;
      for (let i = 0; i < observations.length; i++) {
        const { ids, values } = this.tasks[observations[i]!.task]!;
        let sum = this.noise[i]! * v[i]!;
        for (let j = 0; j < ids.length; j++) sum += values[j]! * (shared[ids[j]!]! + own[this.#slots[entry++]!]!);
        result[i] = sum;
      }
    };
  }

  /** Variance of each observation's outcome. */
  diagonal(): Float64Array {
    return Float64Array.from(this.evidence.observations, ({ task }, i) => {
      const { shared, own } = this.variance(this.tasks[task]!);
      return shared + own + this.noise[i]!;
    });
  }

  /** Variance of the effects of a task, those of all agents and an agent's own. */
  variance({ ids, values }: SparseVector): { shared: number; own: number } {
    let shared = 0;
    let own = 0;
    for (let j = 0; j < ids.length; j++) {
      const square = values[j]! ** 2;
      shared += square * this.sharedVariance[ids[j]!]!;
      own += square * this.ownVariance[ids[j]!]!;
    }
    return { shared, own };
  }

  /** What the effects add up to on a task, of all agents and of each agent's own; features from `first` to `end` only. */
  apply(
    { shared, own }: Effects,
    { ids, values }: SparseVector,
    first = 0,
    end = Infinity,
  ): { shared: number; own: Float64Array } {
    let sum = 0;
    const byAgent = new Float64Array(this.evidence.agents.length);
    for (let j = 0; j < ids.length; j++) {
      const feature = ids[j]!;
      if (feature < first || feature >= end) continue;
      sum += values[j]! * this.sharedVariance[feature]! * shared[feature]!;
      const times = values[j]! * this.ownVariance[feature]!;
      for (let slot = this.#slotStarts[feature]!; slot < this.#slotStarts[feature + 1]!; slot++)
        byAgent[this.#slotAgents[slot]!]! += times * own[slot]!;
    }
    return { shared: sum, own: byAgent };
  }
}
