import { conjugateGradients } from "./conjugate-gradients.js";
import { domainFeatures } from "./domain-features.js";
import { Durations } from "./durations.js";
import { estimateVariances } from "./empirical-bayes.js";
import { weigh } from "./evidence.js";
import { Kernel, type Effects } from "./kernel.js";
import type { PastRun, TaskQuery } from "./past-run.js";
import type { Contribution, Explanation, Prediction } from "./prediction.js";
import { Vocabulary, type SparseVector } from "./tf-idf.js";
import { Uncertainty, type Likeness } from "./uncertainty.js";
import { noiseOf, VARIANCES, type Variances } from "./variances.js";

/** Expected outcomes are never surer than this. */
const LOWEST = 0.02;
const HIGHEST = 0.98;

/** Standard deviations to either side of an 80 % interval. */
const Z = 1.28;

/** Successes and failures that are taken as seen before any run. */
const PRIOR = { successes: 2, failures: 2 };

/** How alike tasks of the same domain are that have no words in common: what domains usually explain of all effects. */
const SAME_DOMAIN = 0.2;

export interface FitOptions {
  /** Hash of each agent's present definition; without it, the last one that its runs have. */
  readonly definitions?: ReadonlyMap<string, string>;
  /** A model of an earlier state of the same history: the fit starts from it, and is done sooner. */
  readonly previous?: SelectionModel;
}

/** A query in the model's terms. */
interface Asked {
  readonly features: SparseVector;
  readonly likeness: Likeness;
  /** Places of the domains that it belongs to. */
  readonly domains: ReadonlySet<number>;
  /** Places of the past tasks with this very text, in whatever domain. */
  readonly tasks: readonly number[];
}

/**
 * Which agent is likely to succeed at which task: a Bayesian linear mixed model of the outcomes,
 *
 *     y = μ + u_agent + u_domain + u_agent,domain + f(words) + f_agent(words) + u_agent,task + ε
 *
 * fitted exactly, by α = (K + noise)⁻¹(y − μ). Expected outcomes are sums over the past runs, so each run's part in
 * them is known. Asking costs time in proportion to the words of the query and the agents, not to the history.
 *
 * Sources: C. R. Henderson, Best linear unbiased estimation and prediction under a selection model, Biometrics 31
 * (1975); C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), chapter 2.
 */
export class SelectionModel {
  /** All agents that have runs, sorted. */
  readonly agents: readonly string[];
  /** How many runs it was given. */
  readonly runs: number;
  /** What the outcomes vary with, as estimated from them. */
  readonly variances: Variances;
  readonly #kernel: Kernel;
  readonly #vocabulary: Vocabulary;
  readonly #prior: number;
  readonly #alpha: Float64Array;
  readonly #effects: Effects;
  readonly #uncertainty: Uncertainty;
  readonly #durations: Durations;
  readonly #agentPlaces: ReadonlyMap<string, number>;
  readonly #domainPlaces: ReadonlyMap<string, number>;
  readonly #domainWeights: Float64Array;
  /** How many fresh runs of different tasks each observation is worth, of other tasks than its own. */
  readonly #freshRuns: Float64Array;
  /** Places of the tasks by text. */
  readonly #tasksOfText = new Map<string, number[]>();
  /** Places of the observations by agent, then by task. */
  readonly #observationOf: readonly Map<number, number>[];

  /**
   * Learns from past runs, in any order: the last 50,000 of them, of each agent those that have not faded away.
   * No runs make a model too: it expects 0.5 of everyone, and says how little it knows.
   */
  static fit(runs: readonly PastRun[], options: FitOptions = {}): SelectionModel {
    return new SelectionModel(runs, options);
  }

  private constructor(runs: readonly PastRun[], options: FitOptions) {
    const evidence = weigh(runs, options.definitions);
    const { observations } = evidence;
    this.#vocabulary = new Vocabulary(evidence.texts);
    const { vectors } = this.#vocabulary;
    this.agents = evidence.agents;
    this.runs = runs.length;
    this.#agentPlaces = new Map(evidence.agents.map((name, i) => [name, i]));
    this.#domainPlaces = new Map(evidence.domains.map((label, i) => [label, i]));
    for (const [place, { text }] of evidence.tasks.entries()) {
      const same = this.#tasksOfText.get(evidence.texts[text]!);
      if (same) same.push(place);
      else this.#tasksOfText.set(evidence.texts[text]!, [place]);
    }
    this.#observationOf = evidence.agents.map(() => new Map<number, number>());
    for (const [place, { agent, task }] of observations.entries()) this.#observationOf[agent]!.set(task, place);

    let successes = PRIOR.successes;
    let total = PRIOR.successes + PRIOR.failures;
    this.#domainWeights = new Float64Array(evidence.domains.length);
    this.#freshRuns = new Float64Array(observations.length);
    for (const [i, { task, outcome, weight }] of observations.entries()) {
      const { domain, text } = evidence.tasks[task]!;
      const worth = noiseOf(VARIANCES, 1, true) / noiseOf(VARIANCES, weight, vectors[text]!.ids.length > 0);
      this.#freshRuns[i] = worth;
      successes += worth * outcome;
      total += worth;
      if (domain >= 0) this.#domainWeights[domain]! += worth;
    }
    this.#prior = successes / total;
    const domains = domainFeatures(evidence.domains);
    this.variances = estimateVariances(evidence, vectors, domains, this.#prior);
    this.#kernel = new Kernel(evidence, vectors, this.#vocabulary.size, domains, this.variances);
    const b = Float64Array.from(observations, ({ outcome }) => outcome - this.#prior);
    const { previous } = options;
    const start = Float64Array.from(
      observations,
      ({ runs: [first] }) => (previous && previous.#alphaOf(first!.run)) ?? 0,
    );
    this.#alpha = conjugateGradients(this.#kernel.product(), this.#kernel.diagonal(), b, start);
    this.#effects = this.#kernel.effects(this.#alpha);
    this.#uncertainty = new Uncertainty(this.#kernel);
    this.#durations = new Durations(evidence);
  }

  /** Predictions for the agents in the given order; without it, for all that have runs. Unknown agents: the prior. */
  predict(query: TaskQuery, agents: readonly string[] = this.agents): Prediction[] {
    const asked = this.#ask(query);
    const { shared, own } = this.#kernel.apply(this.#effects, asked.features);
    const nearest = this.#uncertainty.nearest(asked.likeness);
    return agents.map((agent_name): Prediction => {
      const agent = this.#agentPlaces.get(agent_name) ?? -1;
      const repeat = this.#repeat(agent, asked.tasks);
      const unclipped = this.#prior + shared[0]! + (agent < 0 ? 0 : own[agent]!) + this.#sameTask(repeat);
      const mean = Math.min(HIGHEST, Math.max(LOWEST, unclipped));
      const sd = Math.sqrt(this.#uncertainty.variance(agent, asked.likeness, repeat, nearest));
      return {
        agent_name,
        mean,
        sd,
        low: Math.max(0, mean - Z * sd),
        high: Math.min(1, mean + Z * sd),
        similar_runs: this.#similarRuns(agent, asked, repeat),
        expected_duration_seconds: this.#durations.of(agent_name),
      };
    });
  }

  /** Which effects the prediction for one agent comes from. */
  explain(query: TaskQuery, agent_name: string): Explanation {
    const asked = this.#ask(query);
    const kernel = this.#kernel;
    const agent = this.#agentPlaces.get(agent_name) ?? -1;
    const repeat = this.#repeat(agent, asked.tasks);
    const part = (first: number, end?: number) => {
      const { shared, own } = kernel.apply(this.#effects, asked.features, first, end);
      return { shared: shared[0]!, own: agent < 0 ? 0 : own[agent]! };
    };
    const constant = part(0, 1);
    const domain = part(1, kernel.firstTerm);
    const text = part(kernel.firstTerm);
    const shares = {
      agent: constant.own,
      domain: domain.shared,
      agent_domain: domain.own,
      text: text.shared,
      agent_text: text.own,
      same_task: this.#sameTask(repeat),
    };
    return {
      prediction: this.predict(query, [agent_name])[0]!,
      unclipped_mean: Object.values(shares).reduce((sum, share) => sum + share, this.#prior),
      prior: this.#prior,
      shares,
    };
  }

  /**
   * Which past runs the prediction for one agent comes from: those that add something to it, by agent. Takes time in
   * proportion to the history. Of an agent without runs: what all tasks have in common, whoever did them.
   */
  contributions(query: TaskQuery, agent_name: string): Contribution[] {
    const asked = this.#ask(query);
    const agent = this.#agentPlaces.get(agent_name) ?? -1;
    return this.#contributions(agent, asked.likeness, this.#repeat(agent, asked.tasks));
  }

  #ask({ task_description, domains }: TaskQuery): Asked {
    const known = [...new Set(domains)]
      .flatMap((label) => this.#domainPlaces.get(label) ?? [])
      .toSorted((p, q) => p - q);
    const total = known.reduce((sum, place) => sum + this.#domainWeights[place]!, 0);
    const features = this.#kernel.task(
      this.#vocabulary.vector(task_description),
      known.map((place) => [place, this.#domainWeights[place]! / total]),
    );
    const likeness = this.#uncertainty.likeness(features);
    return { features, likeness, domains: new Set(known), tasks: this.#tasksOfText.get(task_description) ?? [] };
  }

  /** The agent's observation of one of the tasks, the one with most weight; −1 where there is none. */
  #repeat(agent: number, tasks: readonly number[]): number {
    const { observations } = this.#kernel.evidence;
    let repeat = -1;
    for (const task of tasks) {
      const place = this.#observationOf[agent]?.get(task);
      if (place === undefined || !this.#kernel.hasWords(task)) continue;
      if (repeat < 0 || observations[place]!.weight > observations[repeat]!.weight) repeat = place;
    }
    return repeat;
  }

  #sameTask(repeat: number): number {
    return repeat < 0 ? 0 : this.#alpha[repeat]! * this.#kernel.variances.agent_task;
  }

  #similarRuns(agent: number, { likeness: { cosine }, domains }: Asked, repeat: number): number {
    const { evidence } = this.#kernel;
    const [start, end] = this.#uncertainty.range(agent);
    let similar = 0;
    for (let i = start; i < end; i++) {
      const { task, weight } = evidence.observations[i]!;
      const alike = Math.max(cosine[task]! ** 2, domains.has(evidence.tasks[task]!.domain) ? SAME_DOMAIN : 0);
      similar += i === repeat ? weight : alike * this.#freshRuns[i]!;
    }
    return similar;
  }

  #contributions(agent: number, { cosine, domain }: Likeness, repeat: number): Contribution[] {
    const { variances: v, evidence } = this.#kernel;
    const contributions: Contribution[] = [];
    for (let i = 0; i < evidence.observations.length; i++) {
      const { agent: other, task, outcome, weight, runs } = evidence.observations[i]!;
      const own = other === agent ? 1 : 0;
      const covariance =
        own * v.agent +
        domain[task]! * (v.domain + own * v.agent_domain) +
        cosine[task]! * (v.text + own * v.agent_text) +
        (i === repeat ? v.agent_task : 0);
      if (covariance === 0) continue;
      // What the repeats have together is theirs by weight; what tells them apart, each run's own.
      const noise = v.noise + (this.#kernel.hasWords(task) ? 0 : v.agent_task);
      for (const { run, weight: part } of runs) {
        const alpha = (part / weight) * this.#alpha[i]! + (part / noise) * (run.outcome - outcome);
        contributions.push({ run, similarity: Math.min(1, cosine[task]!), contribution: alpha * covariance });
      }
    }
    return contributions;
  }

  /** What the observation that a run is part of has in this fit, if it has it: a good guess for the next one. */
  #alphaOf({ agent_name, domain, task_description }: PastRun): number | undefined {
    const agent = this.#agentPlaces.get(agent_name) ?? -1;
    const label = domain === null ? -1 : this.#domainPlaces.get(domain);
    const task = this.#tasksOfText
      .get(task_description)
      ?.find((place) => this.#kernel.evidence.tasks[place]!.domain === label);
    const place = task === undefined ? undefined : this.#observationOf[agent]?.get(task);
    return place === undefined ? undefined : this.#alpha[place];
  }
}
