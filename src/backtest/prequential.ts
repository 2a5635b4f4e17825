import { choose } from "../select/choice.js";
import { SelectionModel } from "../select/model.js";
import { claimWeight, pastRun, type RunRecord } from "../select/outcome.js";
import type { TaskQuery } from "../select/past-run.js";
import { candidatesFor, similarRuns, usualOf, type Usual } from "../select/similar.js";

/** A run of the history, with what was known of it when. Times are milliseconds since 1970. */
export interface HistoricRun {
  readonly query: TaskQuery;
  readonly started_at: number;
  readonly ended_at: number;
  /** What was known when it ended; `null` when nobody could say what came of it. */
  readonly at_end: RunRecord | null;
  /** When it was judged last; `null`: never. */
  readonly judged_at: number | null;
  /** What is known since then, or since its end. */
  readonly finally: RunRecord;
  /** Whether its agent was chosen to learn: where nothing is said of its propensity, each agent was as likely. */
  readonly explored: boolean;
  /** Probability with which its agent was chosen; `null`: not recorded. */
  readonly propensity: number | null;
}

/** What would have been said when a run began, and what came of the run. */
export interface Hindsight {
  readonly agent_name: string;
  readonly outcome: number;
  /** Probability of success that was stated of the agent that was sent. */
  readonly stated: number;
  /** Its success rate until then, (successes + 1) / (runs + 2). */
  readonly baseline: number;
  /** The agent that would have been advised; `null`: none. */
  readonly advised: string | null;
  /** Probability of success that was stated of it. */
  readonly advised_stated: number | null;
  /** Probability with which the agent was chosen; `null`: not known, people have reasons. */
  readonly propensity: number | null;
}

/** The model is fitted anew when so much more is known. */
const NEWS = 0.02;

/** The specification's default. */
const MIN_CONFIDENCE = 0.5;

/** What became known, and when. */
interface Arrival {
  readonly at: number;
  readonly record: RunRecord;
}

/**
 * Replays a history in order of time: at the start of each run, what is said from what was known by then. Ends and
 * judgements count from when they came. Runs before which nothing was known are left out.
 *
 * Source: A. P. Dawid, Present position and potential developments: the prequential approach, JRSS A 147 (1984).
 *
 * @param last how many runs are looked at, the latest; those before them are learned from
 * @param onProgress called often, with how many have been looked at; waited for
 */
export async function hindsights(
  runs: readonly HistoricRun[],
  last: number,
  onProgress: (done: number) => Promise<void> = () => Promise.resolve(),
): Promise<Hindsight[]> {
  const known = new Known(runs);
  const result: Hindsight[] = [];
  const ordered = runs.toSorted((a, b) => a.started_at - b.started_at || byId(a.finally, b.finally));
  for (const [i, run] of ordered.slice(-last).entries()) {
    const learned = known.until(run.started_at);
    if (known.refitted || i % 100 === 0) await onProgress(i);
    if (learned) result.push(hindsight(run, learned, known));
  }
  return result;
}

function hindsight(run: HistoricRun, { model, usual }: Learned, known: Known): Hindsight {
  const { agent_name, outcome } = pastRun(run.finally);
  const [sent] = model.predict(run.query, [agent_name]);
  const similar = similarRuns(model, run.query, usual);
  const candidates = candidatesFor(model, run.query, model.agents, similar);
  const { chosen } = choose(candidates, { min_confidence: MIN_CONFIDENCE });
  return {
    agent_name,
    outcome,
    stated: sent!.mean,
    baseline: known.rateOf(agent_name),
    advised: chosen?.agent_name ?? null,
    advised_stated: chosen?.mean ?? null,
    propensity: run.propensity ?? (run.explored ? evenly(model.agents, agent_name) : null),
  };
}

/** The propensity of one of several agents that are all as likely; `null`: it is none of those that were known. */
function evenly(agents: readonly string[], agent: string): number | null {
  return agents.includes(agent) ? 1 / agents.length : null;
}

/** What was learned from what was known at a time. */
interface Learned {
  readonly model: SelectionModel;
  readonly usual: Usual;
}

/** What is known at a time that only goes forward. */
class Known {
  readonly #arrivals: readonly Arrival[];
  readonly #evidence = new Map<string, RunRecord>();
  readonly #rates = new Map<string, { sum: number; count: number }>();
  #next = 0;
  #fittedAt = 0;
  #learned: Learned | undefined;
  /** Whether the model was fitted anew at the last question. */
  refitted = false;

  constructor(runs: readonly HistoricRun[]) {
    const arrivals = runs.flatMap(({ at_end, ended_at, judged_at, finally: record }): Arrival[] => [
      ...(at_end ? [{ at: ended_at, record: at_end }] : []),
      ...(judged_at === null ? [] : [{ at: Math.max(ended_at, judged_at), record }]),
    ]);
    this.#arrivals = arrivals.toSorted((a, b) => a.at - b.at || byId(a.record, b.record));
  }

  /** What can be learned from what was known at a time; `undefined` when that was nothing. */
  until(time: number): Learned | undefined {
    while (this.#next < this.#arrivals.length && this.#arrivals[this.#next]!.at <= time) {
      this.#take(this.#arrivals[this.#next]!.record);
      this.#next += 1;
    }
    const news = this.#next - this.#fittedAt;
    this.refitted = news > 0 && news >= this.#fittedAt * NEWS;
    if (this.refitted) {
      const records = [...this.#evidence.values()];
      const claim = claimWeight(records);
      const runs = records.map((record) => pastRun(record, claim));
      this.#learned = {
        model: SelectionModel.fit(runs, this.#learned ? { previous: this.#learned.model } : {}),
        usual: usualOf(
          runs,
          records.map(({ project_name }) => project_name),
        ),
      };
      this.#fittedAt = this.#next;
    }
    return this.#learned;
  }

  /** Success rate of an agent, drawn towards ½ as if one success and one failure had been seen. */
  rateOf(agent: string): number {
    const { sum, count } = this.#rates.get(agent) ?? { sum: 0, count: 0 };
    return (sum + 1) / (count + 2);
  }

  #take(record: RunRecord): void {
    const { invocation_id, agent_name } = record;
    const before = this.#evidence.get(invocation_id);
    const rate = this.#rates.get(agent_name) ?? { sum: 0, count: 0 };
    rate.sum += pastRun(record).outcome - (before ? pastRun(before).outcome : 0);
    rate.count += before ? 0 : 1;
    this.#rates.set(agent_name, rate);
    this.#evidence.set(invocation_id, record);
  }
}

function byId(a: RunRecord, b: RunRecord): number {
  return a.invocation_id < b.invocation_id ? -1 : a.invocation_id > b.invocation_id ? 1 : 0;
}
