import type { PastRun } from "./past-run.js";
import type { Contribution } from "./prediction.js";
import { terms, TEXT_READ } from "./text.js";

/** What a new agent would have to be good at. */
export interface SpecialistOutline {
  /** Words of the task and of those like it that went wrong, the most telling first. */
  readonly covers: readonly string[];
  /** Tasks like this one that went wrong, the most alike first. */
  readonly failed_tasks: readonly FailedTask[];
}

/** A task that went wrong, and how often. */
export interface FailedTask {
  readonly task_description: string;
  /** Who failed at it. */
  readonly agent_names: readonly string[];
  readonly failures: number;
  /** Successes of anyone at the very same task: none, and nobody can do it yet. */
  readonly successes: number;
}

const MOST_WORDS = 8;
const MOST_TASKS = 5;

/** Past runs by which it is judged how telling a word is. */
const RUNS_COMPARED = 5000;

/**
 * Outlines the agent that is missing: its tasks are the query and those near it that failed, each as much as it is like
 * the query, and its words those that are frequent there and rare elsewhere.
 *
 * @param near runs like it, of anyone
 * @param all runs of all kinds
 */
export function outlineSpecialist(
  task_description: string,
  near: readonly Contribution[],
  all: readonly PastRun[],
): SpecialistOutline {
  const failed = near.filter(({ run }) => run.outcome < 0.5);

  return {
    covers: tellingWords([[task_description, 1], ...failed.map(textOf)], all.slice(-RUNS_COMPARED)),
    failed_tasks: failedTasks(near),
  };
}

/** A text and how much it counts. */
type Weighed = readonly [text: string, weight: number];

function textOf({ run, similarity }: Contribution): Weighed {
  return [run.task_description, similarity];
}

/**
 * The words that tell some texts from all: by p ln(p/q), where p is the share of the texts that have the word, and q its
 * share of all (pointwise Kullback-Leibler divergence: T. Tomokiyo, M. Hurst, A language model approach to keyphrase
 * extraction, 2003).
 */
function tellingWords(some: readonly Weighed[], all: readonly PastRun[]): string[] {
  const spelled = new Map<string, string>();
  const here = shares(some, spelled);
  const everywhere = shares(all.map(({ task_description }) => [task_description, 1]));
  const unseen = 1 / (2 + all.length);
  return [...here]
    .map(([term, p]) => ({ term, score: p * Math.log(p / Math.max(unseen, everywhere.get(term) ?? 0)) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || (a.term < b.term ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(({ term }) => spelled.get(term)!);
}

/** The share of the texts that have each term. Numbers are left out. */
function shares(texts: readonly Weighed[], spelled = new Map<string, string>()): Map<string, number> {
  const found = new Map<string, number>();
  let total = 0;
  for (const [text, weight] of texts) {
    total += weight;
    const here = new Set<string>();
    for (const [word] of text.slice(0, TEXT_READ).matchAll(/[\p{L}\p{M}\p{N}]+/gu))
      for (const term of terms(word)) {
        if (/^\p{N}+$/u.test(term) || here.has(term)) continue;
        here.add(term);
        if (!spelled.has(term)) spelled.set(term, word.toLowerCase());
        found.set(term, (found.get(term) ?? 0) + weight);
      }
  }
  for (const [term, weight] of found) found.set(term, weight / total);
  return found;
}

function failedTasks(near: readonly Contribution[]): FailedTask[] {
  const tasks = new Map<string, { similarity: number; agents: Set<string>; failures: number; successes: number }>();
  for (const { run, similarity } of near) {
    const task = tasks.get(run.task_description) ?? { similarity, agents: new Set(), failures: 0, successes: 0 };
    tasks.set(run.task_description, task);
    if (run.outcome === 1) task.successes++;
    if (run.outcome >= 0.5) continue;
    task.failures++;
    task.agents.add(run.agent_name);
  }
  return [...tasks]
    .filter(([, { failures }]) => failures > 0)
    .toSorted(([a, x], [b, y]) => y.similarity - x.similarity || y.failures - x.failures || (a < b ? -1 : 1))
    .slice(0, MOST_TASKS)
    .map(([task_description, { agents, failures, successes }]) => ({
      task_description,
      agent_names: [...agents].toSorted(),
      failures,
      successes,
    }));
}
