import { ENOUGH_SIMILAR_RUNS, type Candidate } from "./choice.js";
import { commonTerms } from "./common-terms.js";
import { luckOf } from "./luck.js";
import type { SelectionModel } from "./model.js";
import type { PastRun, TaskQuery } from "./past-run.js";
import type { Contribution } from "./prediction.js";
import { terms } from "./text.js";
import { Vocabulary, type SparseVector } from "./tf-idf.js";

/** Texts that are compared with each other, the last ones, and those of them whose nearest are looked for. */
const TEXTS = 400;
const SAMPLED = 25;

/** Of the nearest texts the third says how alike tasks usually are: one or two may be mere variants. */
const NEAREST = 3;

/** Whatever is usual in a history: not less than this, and not more. */
const LEAST = 0.09;
const MOST = 0.9;

/** How much of what is usual two tasks must have in common to be similar. */
const SHARE = 1 / 2;

/** So many runs tell the domain of a task at most, those nearly as alike as the most alike; so many of them must agree. */
const TELLING = 10;
const NEARLY = 3 / 4;
const AGREEMENT = 0.8;

/**
 * How alike in words a task of this history and its nearest others usually are: the median cosine of a sample. A cosine of
 * 0.1 is a lot where all tasks say something else, and nothing where they follow a pattern.
 */
export function usualSimilarity(runs: readonly PastRun[]): number {
  const texts = [...new Set(runs.map(({ task_description }) => task_description).toReversed())].slice(0, TEXTS);
  const { vectors, size } = new Vocabulary(texts);
  const step = Math.max(1, Math.floor(texts.length / SAMPLED));
  const values = new Float64Array(size);
  const usual = vectors
    .filter((_, i) => i % step === 0)
    .map((one) => {
      one.ids.forEach((id, i) => (values[id] = one.values[i]!));
      const nearest = Float64Array.from(vectors, (other) => (other === one ? 0 : cosine(values, other))).toSorted();
      for (const id of one.ids) values[id] = 0;
      return nearest.at(-NEAREST) ?? 0;
    })
    .toSorted((a, b) => a - b);
  return Math.min(MOST, Math.max(LEAST, usual[usual.length >> 1] ?? 0));
}

/** What similar means in a history. */
export interface Usual {
  /** See {@link usualSimilarity}. */
  readonly similarity: number;
  /** See {@link commonTerms}. */
  readonly common: ReadonlySet<string>;
}

/**
 * What similar means in the history of these runs.
 *
 * @param projects names of the projects that they were for
 */
export function usualOf(runs: readonly PastRun[], projects: Iterable<string | null>): Usual {
  return { similarity: usualSimilarity(runs), common: commonTerms(runs, projects) };
}

/**
 * The runs that are similar to a task, of all agents, the most alike in words first: those of its domain, and those that
 * have in common with it half of what is usual, and not only what tasks of all kinds have in common. Where the domain is
 * known, others must have as much in common as usual.
 */
export function similarRuns(
  model: SelectionModel,
  task: TaskQuery,
  { similarity: usual, common }: Usual,
): Contribution[] {
  // Nobody's prediction: all that tasks have in common, whoever did them.
  const least = task.domains.length > 0 ? usual : SHARE * usual;
  const says = tellsOf(task.task_description, common);
  return model
    .contributions(task, "")
    .filter(
      ({ run, similarity }) =>
        (similarity >= least && says(run.task_description)) ||
        (run.domain !== null && task.domains.includes(run.domain)),
    )
    .toSorted((a, b) => b.similarity - a.similarity || Math.abs(b.contribution) - Math.abs(a.contribution));
}

/** Whether a text has a term in common with a task that not all kinds of tasks have; the very same text has. */
function tellsOf(task: string, common: ReadonlySet<string>): (text: string) => boolean {
  if (common.size === 0) return () => true;
  const sought = new Set(terms(task).filter((term) => !common.has(term)));
  const known = new Map<string, boolean>([[task, true]]);
  return (text) => {
    let says = known.get(text);
    if (says === undefined) known.set(text, (says = terms(text).some((term) => sought.has(term))));
    return says;
  };
}

/**
 * The domain that a task seems to be of by its words: that of the similar runs that are most alike, where they agree and
 * are enough; else `null`.
 *
 * @param similar see {@link similarRuns}, of a task whose domain is not known
 */
export function domainByWords(similar: readonly Contribution[]): string | null {
  const least = NEARLY * (similar[0]?.similarity ?? 0);
  const telling = similar.slice(0, TELLING).filter(({ similarity }) => similarity >= least);
  if (telling.length < ENOUGH_SIMILAR_RUNS) return null;
  const domains = new Map<string | null, number>();
  for (const { run } of telling) domains.set(run.domain, (domains.get(run.domain) ?? 0) + 1);
  return [...domains].find(([, runs]) => runs >= AGREEMENT * telling.length)?.[0] ?? null;
}

/**
 * Of similar runs those that are of a domain, or as alike as any of them: all tasks of a project share its name, so that
 * words alone take who tested it for somebody who has built it.
 */
export function ofDomain(similar: readonly Contribution[], domain: string): Contribution[] {
  const nearest = similar.find(({ run }) => run.domain === domain)?.similarity ?? 0;
  return similar.filter(({ run, similarity }) => run.domain === domain || similarity >= nearest);
}

/**
 * What is expected of agents for a task, with how many similar runs each has.
 *
 * @param similar see {@link similarRuns}
 * @param runs how many there are: more than the model has learned from, which forgets, so that luck changes with each
 */
export function candidatesFor(
  model: SelectionModel,
  task: TaskQuery,
  agents: readonly string[],
  similar: readonly Contribution[],
  runs = model.runs,
): Candidate[] {
  const counts = new Map<string, number>();
  for (const { run } of similar) counts.set(run.agent_name, (counts.get(run.agent_name) ?? 0) + 1);
  return model.predict(task, agents).map((prediction) => ({
    ...prediction,
    total_tasks: counts.get(prediction.agent_name) ?? 0,
    luck: luckOf(prediction.agent_name, task.task_description, String(runs)),
  }));
}

/** @param values of a vector, by place */
function cosine(values: Float64Array, { ids, values: others }: SparseVector): number {
  let sum = 0;
  for (let i = 0; i < ids.length; i++) sum += others[i]! * values[ids[i]!]!;
  return sum;
}
