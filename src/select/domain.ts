import type { RunRecord } from "./outcome.js";
import { domainOf } from "./outcome.js";
import { terms } from "./text.js";

/** What a domain that a user named in their own words means in this history. */
export interface DomainMatch {
  /** As it was asked for. */
  readonly asked: string;
  /** Kinds of task, kinds of agent and agents whose names it matched; none: it is not known here. */
  readonly matched: readonly string[];
  /** Labels of past runs that count as this domain. */
  readonly labels: readonly string[];
  /** Where it is not known: what would be. Kinds of task first, then kinds of agent, then agents. */
  readonly known?: readonly string[];
}

/** A name that a domain may mean. */
interface Name {
  readonly name: string;
  readonly words: ReadonlySet<string>;
  /** The label that it is, or the agents whose labels are meant. */
  readonly means: { readonly label: string } | { readonly agents: ReadonlySet<string> };
}

/** What a word is worth that only begins like the one that was asked for: `infra` for `infrastructure`. */
const BEGINNING = 0.75;
const SHORTEST_BEGINNING = 3;

/** The names that a domain may mean, with the runs behind each label. */
export class DomainNames {
  readonly #names: readonly Name[];
  readonly #labels = new Map<string, Map<string, number>>();
  readonly #weights = new Map<string, number>();

  constructor(runs: readonly RunRecord[]) {
    const taskTypes = new Set<string>();
    const agents = new Set<string>();
    const types = new Map<string, Set<string>>();
    for (const run of runs) {
      const { agent_name, agent_type, task_type } = run;
      agents.add(agent_name);
      if (task_type) taskTypes.add(task_type);
      if (agent_type && agent_type !== agent_name) added(types, agent_type, () => new Set<string>()).add(agent_name);
      const doers = added(this.#labels, domainOf(run), () => new Map<string, number>());
      doers.set(agent_name, (doers.get(agent_name) ?? 0) + 1);
    }
    const named = (name: string, means: Name["means"]): Name => ({ name, words: new Set(terms(name)), means });
    this.#names = [
      ...[...taskTypes].map((label) => named(label, { label })),
      ...[...types].map(([type, those]) => named(type, { agents: those })),
      ...[...agents].map((agent) => named(agent, { agents: new Set([agent]) })),
    ];
    const count = new Map<string, number>();
    for (const { words } of this.#names) for (const word of words) count.set(word, (count.get(word) ?? 0) + 1);
    for (const [word, n] of count) this.#weights.set(word, Math.log((1 + this.#names.length) / (1 + n)) + 1);
  }

  /**
   * Finds what a domain in a user's words means: the names that share most of its words, rare words counting more
   * (inverse document frequency), and of those the labels. Of an agent the labels count of which it did half of the runs
   * or more: `backend` means what backend-architect does, not the odd task that it helped out with.
   */
  match(asked: string): DomainMatch {
    const words = new Set(terms(asked));
    // `back end` is `backend`.
    const joined = [...words].join("");
    const scored = this.#names.map((name) => ({ name, score: this.#score(words, joined, name.words) }));
    const best = Math.max(0, ...scored.map(({ score }) => score));
    let found = best > 0 ? scored.filter(({ score }) => score >= best - 1e-9).map(({ name }) => name) : [];
    const same = found.filter((name) => [...name.words].join("") === joined);
    if (same.length > 0) found = same;
    if (found.length === 0) {
      const known = [...new Set(this.#names.map(({ name }) => name))];
      return { asked, matched: [], labels: [], known };
    }
    return {
      asked,
      matched: [...new Set(found.map(({ name }) => name))].toSorted(),
      labels: [
        ...new Set(found.flatMap(({ means }) => ("label" in means ? [means.label] : this.#labelsOf(means.agents)))),
      ].toSorted(),
    };
  }

  #score(words: ReadonlySet<string>, joined: string, name: ReadonlySet<string>): number {
    if (name.has(joined)) return 1;
    let [shared, all] = [0, 0];
    for (const word of words) {
      const like = [...name].map((other) => {
        if (other === word) return 1;
        return word.length >= SHORTEST_BEGINNING && other.startsWith(word) ? BEGINNING : 0;
      });
      const weight = this.#weights.get(word) ?? Math.log(1 + this.#names.length) + 1;
      shared += weight * Math.max(0, ...like);
      all += weight;
    }
    return all === 0 ? 0 : shared / all;
  }

  #labelsOf(agents: ReadonlySet<string>): string[] {
    const shares = [...this.#labels].map(([label, doers]) => {
      let [theirs, all] = [0, 0];
      for (const [agent, runs] of doers) {
        all += runs;
        if (agents.has(agent)) theirs += runs;
      }
      return { label, theirs, share: theirs / all };
    });
    const mostly = shares.filter(({ share }) => share >= 0.5).map(({ label }) => label);
    if (mostly.length > 0) return mostly;
    const [commonest] = shares.toSorted((a, b) => b.theirs - a.theirs || (a.label < b.label ? -1 : 1));
    return commonest && commonest.theirs > 0 ? [commonest.label] : [];
  }
}

function added<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
