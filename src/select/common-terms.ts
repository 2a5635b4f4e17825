import type { PastRun } from "./past-run.js";
import { terms } from "./text.js";

/** Texts that are looked at, the last ones. */
const TEXTS = 1000;

/** A kind of task of which fewer texts are known says nothing about words. */
const ENOUGH_TEXTS = 3;

/** A term of all kinds stands in so large a share of the kinds, */
const COVERED = 3 / 4;

/** and in none of them more than so many times as often as in the others, two standard errors allowed. */
const LIFT = 1.5;

/**
 * Terms of projects' names that stand in the tasks of all kinds alike. That two tasks have one of them in common says nothing
 * of whether they are alike: whoever tested Web Shop has not built it. A word that belongs to some kind of task does say
 * something, be it in a project's name: tasks of API Gateway may well be about an API. Where fewer than two kinds are known,
 * nothing can be told of any term.
 *
 * @param projects names of the projects that the runs, or others, were for
 */
export function commonTerms(runs: readonly PastRun[], projects: Iterable<string | null>): Set<string> {
  const named = new Set([...new Set(projects)].flatMap((name) => (name === null ? [] : terms(name))));
  const kinds = textsByKind(runs);
  if (kinds.length < 2 || named.size === 0) return new Set();
  const all = kinds.reduce((sum, texts) => sum + texts.size, 0);
  const counts = new Map<string, number[]>();
  for (const [kind, texts] of kinds.entries())
    for (const text of texts)
      for (const term of new Set(terms(text).filter((each) => named.has(each)))) {
        let count = counts.get(term);
        if (!count) counts.set(term, (count = Array.from(kinds, () => 0)));
        count[kind]!++;
      }
  const isCommon = (count: readonly number[]) => {
    const total = count.reduce((a, b) => a + b, 0);
    const covered = count.filter((number) => number > 0).length;
    return (
      covered >= COVERED * kinds.length &&
      kinds.every((texts, kind) => {
        const expected = (texts.size * (total - count[kind]!)) / (all - texts.size);
        return count[kind]! <= LIFT * expected + 2 * Math.sqrt(expected);
      })
    );
  };
  return new Set([...counts].filter(([, count]) => isCommon(count)).map(([term]) => term));
}

/** The last texts of each kind of task that is known, those of kinds with enough of them. */
function textsByKind(runs: readonly PastRun[]): readonly ReadonlySet<string>[] {
  const kinds = new Map<string, Set<string>>();
  let texts = 0;
  for (const { domain, task_description } of runs.toReversed()) {
    if (domain === null) continue;
    let kind = kinds.get(domain);
    if (!kind) kinds.set(domain, (kind = new Set()));
    if (kind.has(task_description)) continue;
    kind.add(task_description);
    if (++texts === TEXTS) break;
  }
  return [...kinds.values()].filter(({ size }) => size >= ENOUGH_TEXTS);
}
