import { inOrder } from "./order.js";
import type { Run } from "./run.js";

/** How often work was done again in one workflow, each time counted under one of these. */
export interface Rework {
  /** The activity directly after itself, whoever did it. */
  readonly self_loops: number;
  /** The activity again after something else, by the agent that did it last. */
  readonly repeats: number;
  /** The activity again after something else, by another agent than did it last. */
  readonly redos: number;
  /** The activity again after it had failed, directly or not: not counted in the others. */
  readonly retries: number;
}

/** Share of the runs that did again what had been done; `null` without runs. */
export function reworkShare({ self_loops, repeats, redos, retries }: Rework, runs: number): number | null {
  return runs > 0 ? (self_loops + repeats + redos + retries) / runs : null;
}

/**
 * Counts the runs whose activity had occurred before. The activity of a run is its task type, or its agent's name when
 * it has none; runs within runs are counted like all others. The order is by start, then end, then as given.
 *
 * Source of the terms: Janssenswillen et al. 2019, "bupaR: Enabling reproducible business process analysis". It differs
 * from there in three ways: self-loops are not split into repeat and redo, so that the four counts add up to all
 * rework; every run is counted once, against the last run of its activity; retries after a failure stand apart.
 *
 * @param runs all runs of one workflow
 */
export function rework(runs: readonly Run[]): Rework {
  const counts = { self_loops: 0, repeats: 0, redos: 0, retries: 0 };
  const last = new Map<string, Run>();
  let before: Run | undefined;
  for (const run of inOrder(runs, byStart)) {
    const activity = activityOf(run);
    const previous = last.get(activity);
    if (previous) counts[kindOfRework(run, previous, before)]++;
    last.set(activity, run);
    before = run;
  }
  return counts;
}

/**
 * @param previous the last run of the same activity
 * @param before the run directly before, of whatever activity
 */
function kindOfRework(run: Run, previous: Run, before: Run | undefined): keyof Rework {
  if (previous.status === "failure") return "retries";
  if (previous === before) return "self_loops";
  return previous.agent === run.agent ? "repeats" : "redos";
}

function activityOf(run: Run): string {
  return run.task_type ?? run.agent;
}

/** By start, then end; what is under way ends after all that has ended. */
function byStart(a: Run, b: Run): number {
  return a.start - b.start || (a.end ?? Number.MAX_VALUE) - (b.end ?? Number.MAX_VALUE);
}
