import { terms } from "../select/text.js";
import { mean } from "./scores.js";
import type { OutcomeTable } from "./outcome-table.js";

/** Tasks that an agent's rate is taken over. */
const SIMILAR = 20;

/** What agents achieve at tasks like a given one, according to the whole table. */
export class SimilarTasks {
  readonly #table: OutcomeTable;
  readonly #vectors: readonly ReadonlyMap<string, number>[];
  /** Tasks in which a term stands. */
  readonly #holding = new Map<string, number[]>();
  readonly #byDomain = new Map<string | null, number[]>();
  readonly #similar = new Map<number, readonly number[]>();

  constructor(table: OutcomeTable) {
    this.#table = table;
    const counts = table.tasks.map(({ text }) => {
      const count = new Map<string, number>();
      for (const term of terms(text)) count.set(term, (count.get(term) ?? 0) + 1);
      return count;
    });
    for (const [task, count] of counts.entries()) for (const term of count.keys()) push(this.#holding, term, task);
    for (const [task, { domain }] of table.tasks.entries()) push(this.#byDomain, domain, task);
    this.#vectors = counts.map((count) => {
      const rarity = (term: string) => Math.log((1 + counts.length) / (1 + this.#holding.get(term)!.length)) + 1;
      const vector = [...count].map(([term, n]) => [term, (1 + Math.log(n)) * rarity(term)] as const);
      const length = Math.hypot(...vector.map(([, value]) => value));
      return new Map(vector.map(([term, value]) => [term, value / length]));
    });
  }

  /**
   * Success rate of an agent over the 20 tasks of the same domain whose texts are most like that of a task (cosine of
   * their weighted terms), the task itself among them.
   */
  rate(task: number, agent: number): number {
    const trials = this.#table.trials.map((_, i) => i);
    const rates = this.#like(task).map((similar) => this.#table.rate(similar, agent, trials));
    return mean(rates.filter((rate) => !Number.isNaN(rate)));
  }

  #like(task: number): readonly number[] {
    let similar = this.#similar.get(task);
    if (!similar) {
      similar = this.#nearest(task);
      this.#similar.set(task, similar);
    }
    return similar;
  }

  #nearest(task: number): number[] {
    const cosine = new Map<number, number>();
    for (const [term, value] of this.#vectors[task]!)
      for (const other of this.#holding.get(term)!)
        cosine.set(other, (cosine.get(other) ?? 0) + value * this.#vectors[other]!.get(term)!);
    cosine.set(task, Number.POSITIVE_INFINITY);
    return this.#byDomain
      .get(this.#table.tasks[task]!.domain)!
      .toSorted((a, b) => (cosine.get(b) ?? 0) - (cosine.get(a) ?? 0) || a - b)
      .slice(0, SIMILAR);
  }
}

function push<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
