import { TEXT_READ, terms } from "./text.js";

/** What is known of an agent that has no history: what its definition says. */
export interface DescribedAgent {
  readonly agent_name: string;
  readonly description: string;
  /** Its instructions. */
  readonly body: string;
}

/** An agent whose definition speaks of what a task speaks of. */
export interface DefinitionMatch {
  readonly agent_name: string;
  /** How much; comparable within one shortlist only, and no probability. */
  readonly score: number;
  /** The words of the task that its definition has too, as they stand in the task; those that tell most first. */
  readonly matched_words: readonly string[];
}

/** Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): the usual constants. */
const K1 = 1.2;
const B = 0.75;

/** Words that begin alike count as related: transcribe and transcription, replica and replication. */
const BEGINNING = 6;

/**
 * Which agents are meant for a task, judged by their definitions alone: BM25 over name and description plus BM25 over
 * the body, in both of the words and of their beginnings. Lines of a body that name another agent are left out: they say
 * what that one is for. Says nothing about how well the agents do it.
 */
export class Shortlist {
  readonly #names: readonly string[];
  readonly #fields: readonly Bm25[];

  constructor(agents: readonly DescribedAgent[]) {
    const sorted = agents.toSorted((a, b) => (a.agent_name < b.agent_name ? -1 : 1));
    this.#names = sorted.map(({ agent_name }) => agent_name);
    const names = new Set(this.#names.map((name) => name.toLowerCase()));
    this.#fields = [
      new Bm25(sorted.map(({ agent_name, description }) => `${agent_name}\n${description}`)),
      new Bm25(sorted.map((agent) => ownLines(agent, names))),
    ];
  }

  /**
   * The agents whose definitions match a task best, best first; equally good ones by name.
   *
   * @returns at most `limit`; fewer, or none, when fewer have a word of the task
   */
  rank(task_description: string, limit = 3): DefinitionMatch[] {
    const words = wordsByTerm(task_description);
    const scores = new Float64Array(this.#names.length);
    const matched = this.#names.map((): { word: string; score: number }[] => []);
    for (const [term, word] of words) {
      const gains = new Map<number, number>();
      for (const field of this.#fields)
        for (const key of keysOf(term))
          for (const [agent, score] of field.scores(key)) gains.set(agent, (gains.get(agent) ?? 0) + score);
      for (const [agent, score] of gains) {
        scores[agent]! += score;
        matched[agent]!.push({ word, score });
      }
    }
    return this.#names
      .map((agent_name, i) => ({
        agent_name,
        score: scores[i]!,
        matched_words: matched[i]!.toSorted((a, b) => b.score - a.score).map(({ word }) => word),
      }))
      .filter(({ score }) => score > 0)
      .toSorted((a, b) => b.score - a.score)
      .slice(0, limit);
  }
}

/** Each term of a text, with the first word that it comes from. */
function wordsByTerm(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const word of text.slice(0, TEXT_READ).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])
    for (const term of terms(word)) if (!found.has(term)) found.set(term, word);
  return found;
}

/** The lines of an agent's body that name no other agent. Names of one word are left alone: they are words, too. */
function ownLines({ agent_name, body }: DescribedAgent, names: ReadonlySet<string>): string {
  const own = agent_name.toLowerCase();
  const namesAnother = (line: string) =>
    (line.match(/[\p{L}\p{N}]+(?:[-_.][\p{L}\p{N}]+)+/gu) ?? []).some((word) => {
      const name = word.toLowerCase();
      return name !== own && names.has(name);
    });
  return body
    .split("\n")
    .filter((line) => !namesAnother(line))
    .join("\n");
}

/** What a term is indexed by: itself and, marked, its beginning. */
function keysOf(term: string): string[] {
  return [term, `${term.slice(0, BEGINNING)}…`];
}

/** One field of all agents. */
class Bm25 {
  /** For each key of a term, the agents that have it and how often. */
  readonly #postings = new Map<string, Map<number, number>>();
  readonly #lengths: readonly number[];
  readonly #meanLength: number;

  constructor(texts: readonly string[]) {
    this.#lengths = texts.map((text, i) => {
      const found = terms(text);
      for (const key of found.flatMap(keysOf)) {
        const posting = this.#postings.get(key) ?? new Map<number, number>();
        this.#postings.set(key, posting.set(i, (posting.get(i) ?? 0) + 1));
      }
      return found.length;
    });
    this.#meanLength = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, texts.length);
  }

  /** What a key adds to the score of each agent that has it. */
  *scores(key: string): Generator<[agent: number, score: number]> {
    const posting = this.#postings.get(key);
    if (posting === undefined) return;
    const rarity = Math.log(1 + (this.#lengths.length - posting.size + 0.5) / (posting.size + 0.5));
    for (const [agent, count] of posting) {
      const length = 1 - B + (B * this.#lengths[agent]!) / this.#meanLength;
      yield [agent, (rarity * count * (K1 + 1)) / (count + K1 * length)];
    }
  }
}
