/** A run, as the specified implementation looks at it. */
export interface KeywordRun {
  readonly agent_name: string;
  readonly agent_type: string;
  readonly task_type: string;
  readonly task_description: string;
  readonly success: boolean;
  readonly duration_seconds: number | null;
}

/** What the specified implementation says of an agent. */
export interface KeywordRating {
  readonly agent_name: string;
  /** Relevance, experience and success in one number, in [0, 1]; not a probability. */
  readonly confidence: number;
  /** Of the runs that match the task or the domain at all. */
  readonly success_rate: number;
  readonly avg_duration_minutes: number;
  readonly total_tasks: number;
}

const STOP_WORDS = new Set(
  `the a an and or but in on at to for of with by from as is was are were be been being have has had do does did will
  would should could may might can this that these those i you he she it we they`.split(/\s+/),
);

/** What a match of the domain is worth, where a keyword is worth 1. */
const AGENT_TYPE = 2;
const TASK_TYPE = 1.5;

/**
 * The agent selection of the specified implementation, to compare with: a run is relevant by the keywords of the task
 * that stand in its description, and by the domain standing in its types.
 *
 *     confidence = min(1, (0.6 · mean relevance + 0.4 · min(runs / 10, 1)) · success rate / 3)
 *
 * over the runs with any relevance. Partial outcomes are not successful.
 */
export class KeywordHistory {
  readonly #runs: readonly KeywordRun[];
  readonly #descriptions: readonly string[];
  /** Runs by what stands in them: tasks have words in common. */
  readonly #found = new Map<string, readonly number[]>();

  constructor(runs: readonly KeywordRun[]) {
    this.#runs = runs.map((run) => ({
      ...run,
      agent_type: run.agent_type.toLowerCase(),
      task_type: run.task_type.toLowerCase(),
    }));
    this.#descriptions = runs.map(({ task_description }) => task_description.toLowerCase());
  }

  /** Every agent with a relevant run, best first; those alike in order of their first relevant run. */
  rank(task: string, domain: string | null): KeywordRating[] {
    const relevance = new Float64Array(this.#runs.length);
    for (const keyword of keywords(task)) for (const run of this.#containing(keyword)) relevance[run]! += 1;
    if (domain) this.#addDomain(domain.toLowerCase(), relevance);
    const relevant = new Map<string, Tally>();
    for (const [i, run] of this.#runs.entries()) {
      if (relevance[i] === 0) continue;
      const tally = relevant.get(run.agent_name) ?? { relevance: 0, runs: 0, successes: 0, seconds: 0, timed: 0 };
      tally.relevance += relevance[i]!;
      tally.runs += 1;
      if (run.success) tally.successes += 1;
      if (run.duration_seconds) {
        tally.seconds += run.duration_seconds;
        tally.timed += 1;
      }
      relevant.set(run.agent_name, tally);
    }
    return [...relevant].map(([name, tally]) => rating(name, tally)).toSorted((a, b) => b.confidence - a.confidence);
  }

  #containing(keyword: string): readonly number[] {
    let found = this.#found.get(keyword);
    if (!found) {
      found = this.#descriptions.flatMap((description, i) => (description.includes(keyword) ? [i] : []));
      this.#found.set(keyword, found);
    }
    return found;
  }

  #addDomain(domain: string, relevance: Float64Array): void {
    for (const [i, { agent_type, task_type }] of this.#runs.entries()) {
      if (agent_type.includes(domain)) relevance[i]! += AGENT_TYPE;
      if (task_type.includes(domain)) relevance[i]! += TASK_TYPE;
    }
  }
}

interface Tally {
  relevance: number;
  runs: number;
  successes: number;
  seconds: number;
  timed: number;
}

function rating(agent_name: string, { relevance, runs, successes, seconds, timed }: Tally): KeywordRating {
  const success_rate = successes / runs;
  const experience = Math.min(runs / 10, 1);
  return {
    agent_name,
    confidence: Math.min((((relevance / runs) * 0.6 + experience * 0.4) * success_rate) / 3, 1),
    success_rate,
    avg_duration_minutes: (timed > 0 ? seconds / timed : 0) / 60,
    total_tasks: runs,
  };
}

/** Words of three letters and more; one that stands twice counts twice. */
function keywords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words.filter((word) => Array.from(word).length > 2 && !STOP_WORDS.has(word));
}
