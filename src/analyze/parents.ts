import type { Run } from "./run.js";

/** A run, as far as its parent is concerned. */
type ChildRun = Pick<Run, "id" | "parent_id" | "detached">;

/**
 * For each run the place of its parent in the list, −1 where there is none or the run is detached.
 * `null` for a list without parents, as most are: nothing needs to be looked at then.
 */
export function namedParents(runs: readonly ChildRun[]): number[] | null {
  if (runs.every(({ parent_id, detached }) => parent_id === null || detached)) return null;
  const places = new Map(runs.map(({ id }, place) => [id, place]));
  return runs.map(({ parent_id, detached }) => (parent_id === null || detached ? -1 : (places.get(parent_id) ?? -1)));
}

/** The same for the parent that waits for a run: a run in a circle of parents has none. */
export function waitingParents(runs: readonly ChildRun[]): readonly number[] | null {
  const parents = namedParents(runs);
  if (parents) cutCircles(parents);
  return parents;
}

/** Takes the parent from every run of each circle. */
function cutCircles(parents: number[]): void {
  /** For each run seen on the way upwards: where that way began. */
  const seenFrom = parents.map(() => -1);
  for (let origin = 0; origin < parents.length; origin++) {
    let at = origin;
    for (; at >= 0 && seenFrom[at]! < 0; at = parents[at]!) seenFrom[at] = origin;
    if (at < 0 || seenFrom[at] !== origin) continue;
    for (let next = parents[at]!; next >= 0; next = parents[at]!) {
      parents[at] = -1;
      at = next;
    }
  }
}
