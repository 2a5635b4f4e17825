import type { DomainFeatures } from "./domain-features.js";
import type { Evidence } from "./evidence.js";
import { likelihoodOf, type Row } from "./likelihood.js";
import { EMPTY, type SparseVector } from "./tf-idf.js";
import { kindsOfHistory, NOISES, type Variances } from "./variances.js";

/** Observations that the variances are estimated from: with 400, the advice was no better. */
const ROWS = 200;

/** Repeats of a task tell how much repeats differ; however many, as much as so many do, or one task would tell all. */
const REPEATS = 4;

/** The usual size of all variances together counts as much as what so many observations say of it. */
const USUAL = 40;

/**
 * Variances by empirical Bayes: the mean over all kinds of histories, each as often as the observations that weigh most
 * make it likely. All variances of a kind are multiplied by one factor, which those observations tell too: where nearly
 * all runs succeed, everything varies less. The factor's prior is an inverse gamma distribution with mean near 1.
 *
 * What repeats of a task have in common is told by repeats alone, and they tell nothing else: where they all end alike,
 * the rest of the model would have to explain why.
 *
 * Source: C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), sections 5.2 and 5.4; the
 * factor is integrated out as in C. M. Bishop, Pattern Recognition and Machine Learning (2006), section 2.3.7.
 *
 * @param vectors of the evidence's texts
 * @param domains of the evidence's domains
 * @param prior what is expected of a run before anything is known of it
 */
export function estimateVariances(
  evidence: Evidence,
  vectors: readonly SparseVector[],
  domains: DomainFeatures,
  prior: number,
): Variances {
  const rows = rowsOf(evidence, vectors, domains);
  const deviations = Float64Array.from(rows, ({ outcome }) => outcome - prior);
  const likelihood = likelihoodOf(rows, deviations);
  const kinds = kindsOfHistory(evidence.domains.length > 0);
  const fits = kinds.map((variances) => {
    const { log_determinant, square } = likelihood(variances);
    const shape = (USUAL + rows.length) / 2;
    const rate = (USUAL + square) / 2;
    return { log_likelihood: -log_determinant / 2 - shape * Math.log(rate), factor: rate / shape };
  });
  const shares = likely(fits.map(({ log_likelihood }) => log_likelihood));
  const mean = (key: keyof Variances) =>
    kinds.reduce((sum, variances, i) => sum + shares[i]! * fits[i]!.factor * variances[key], 0);
  const factor = fits.reduce((sum, fit, i) => sum + shares[i]! * fit.factor, 0);
  const noise = noiseOfRepeats(rows, factor);
  return {
    agent: mean("agent"),
    domain: mean("domain"),
    agent_domain: mean("agent_domain"),
    text: mean("text"),
    agent_text: mean("agent_text"),
    agent_task: factor * noise.agent_task,
    noise: factor * noise.noise,
  };
}

/** How repeats of a task differ: the mean of what is thought possible, each as often as they make it likely. */
function noiseOfRepeats(rows: readonly ObservedRow[], factor: number): Pick<Variances, "agent_task" | "noise"> {
  const repeats = rows.reduce((sum, row) => sum + row.repeats, 0);
  if (repeats === 0) return NOISES[0]!;
  const within = rows.reduce((sum, row) => sum + row.square, 0);
  const shares = likely(
    NOISES.map(({ noise }) => -(repeats * Math.log(factor * noise) + within / (factor * noise)) / 2),
  );
  const mean = (key: "agent_task" | "noise") => NOISES.reduce((sum, each, i) => sum + shares[i]! * each[key], 0);
  return { agent_task: mean("agent_task"), noise: mean("noise") };
}

/** How probable each of some explanations is that were as likely before. */
function likely(log_likelihoods: readonly number[]): number[] {
  const best = Math.max(...log_likelihoods);
  const shares = log_likelihoods.map((each) => Math.exp(each - best));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

interface ObservedRow extends Row {
  readonly outcome: number;
  /** Runs besides the first, and the sum of all runs' squared differences from their mean, by weight. */
  readonly repeats: number;
  readonly square: number;
}

/** The observations that weigh most, of equal ones the latest: so agents have about as many, however much they do. */
function rowsOf(
  { observations, tasks }: Evidence,
  vectors: readonly SparseVector[],
  domains: DomainFeatures,
): ObservedRow[] {
  const weights = Float64Array.from(observations, ({ weight }) => Math.min(1, weight));
  const least = weights.toSorted()[Math.max(0, weights.length - ROWS)] ?? 0;
  return [...weights.keys()]
    .filter((i) => weights[i]! >= least)
    .map((i) => ({ weight: weights[i]!, at: observations[i]!.runs.at(-1)!.run.at, observation: observations[i]! }))
    .toSorted((p, q) => q.weight - p.weight || q.at - p.at)
    .slice(0, ROWS)
    .map(({ observation: { agent, task, outcome, weight, runs } }) => {
      const domain = domains.vectors[tasks[task]!.domain] ?? EMPTY;
      const text = vectors[tasks[task]!.text]!;
      const words = text.ids.length > 0;
      const repeats = words ? Math.min(runs.length - 1, REPEATS) : 0;
      const squares = runs.reduce((sum, each) => sum + each.weight * (each.run.outcome - outcome) ** 2, 0);
      const square = repeats > 0 ? (squares * repeats) / (runs.length - 1) : 0;
      return { agent, domain, text, outcome, weight, words, repeats, square };
    });
}
