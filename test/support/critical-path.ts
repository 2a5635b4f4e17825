import { criticalPath as pathOf, type PathSegment } from "../../src/analyze/critical-path.js";
import type { Span } from "../../src/analyze/intervals.js";
import type { EndedRun } from "../../src/analyze/run.js";

/** A run that is its own agent. */
export const run = (
  id: string,
  start: number,
  end: number,
  parent_id: string | null = null,
  detached = false,
): EndedRun => ({
  id,
  agent: id,
  task_type: null,
  parent_id,
  detached,
  start,
  end,
  status: "success",
});

/** The path, with the drag of each run on it by its id. */
export interface CriticalPath {
  readonly segments: readonly PathSegment[];
  readonly drag: ReadonlyMap<string, number>;
  readonly outside_parent: number;
}

export function criticalPath(window: Span, runs: readonly EndedRun[]): CriticalPath {
  const { segments, drag: drags, outside_parent } = pathOf(window, runs);
  const onPath = runs.flatMap(({ id }, i) => (drags[i] === null ? [] : [[id, drags[i]!] as const]));
  return { segments, drag: new Map(onPath), outside_parent };
}

export const until = (end: number): Span => ({ start: 0, end });
export const length = ({ start, end }: Span) => end - start;

/** Segments as `[id, start, end]`. */
export const stretches = ({ segments }: CriticalPath) => segments.map(({ id, start, end }) => [id, start, end]);
export const path = (end: number, ...runs: EndedRun[]) => stretches(criticalPath(until(end), runs));
export const drag = (end: number, ...runs: EndedRun[]) => Object.fromEntries(criticalPath(until(end), runs).drag);
