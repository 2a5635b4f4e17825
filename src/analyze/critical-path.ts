import { limitByDrag, type Leg } from "./critical-path-drag.js";
import { runTree, type RunNode } from "./critical-path-tree.js";
import type { Span } from "./intervals.js";
import type { EndedRun } from "./run.js";

/** A stretch of the critical path: on one run, or waiting (`id` null). Times are whole microseconds. */
export interface PathSegment {
  readonly start: number;
  readonly end: number;
  readonly id: string | null;
}

/** What decided how long a workflow took. */
export interface CriticalPath {
  /** In order of time, contiguous, none empty, no two neighbours of the same run; they cover the window exactly. */
  readonly segments: readonly PathSegment[];
  /** For each run of the list its own time there, microseconds. */
  readonly time: readonly number[];
  /**
   * For each run of the list by how many microseconds the workflow would have been shorter, had this run been shorter,
   * before another run binds (Devaux's drag); `null` for a run that is not on the path.
   */
  readonly drag: readonly (number | null)[];
  /**
   * Runs that name a parent which waits for them, but that have no time in common with it (clocks disagree): neither
   * they nor what is below them is on the path. Compared as recorded, before anything is cut off.
   */
  readonly outside_parent: number;
}

/**
 * The critical path of one workflow, walked backwards from its end.
 *
 * A run is top-level if it is detached, names no run of the list as its parent, or is its own ancestor. Others are
 * children: their parent waits for them, so that their time beyond its is cut off. Within a run the path goes to the
 * child that ends last, from its start to the one that ends last by then, and so on; the rest is the run's own time.
 * Between top-level runs nobody waits by name, so that the path goes from the start of a run to one that ends there,
 * else to the one of those under way that started first, else it waits for the one that ended last. Hence the waiting
 * on the path is the time in which no top-level run was active, and only that.
 *
 * Drag is the run's own time on the path, limited by the slack of each run that overlaps it and is a sibling of it or of
 * one of its ancestors. Slack is the time from a run's end to the next start among its siblings or, if none follows, to
 * its parent's end; a top-level run's siblings are the others, its parent is the window.
 *
 * Source for the path within a run: Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice
 * Architectures", USENIX ATC 2022, without its tolerance for siblings that overlap a little; here siblings that touch
 * follow each other. For drag: Devaux, see {@link limitByDrag}.
 *
 * @param window from the workflow's start to its end; what lies outside is cut off
 * @param runs its ended runs; each `id` occurs once
 */
export function criticalPath(window: Span, runs: readonly EndedRun[]): CriticalPath {
  const { nodes, roots, outside_parent } = runTree(window, runs);
  const segments = followEachOther(nodes, roots) ? chain(window, roots) : walk(window, roots);
  return {
    segments,
    time: nodes.map(({ time }) => time),
    drag: nodes.map(({ time, drag }) => (time > 0 ? drag : null)),
    outside_parent,
  };
}

/** Whether the runs are listed one after the other: none within another, and none that starts before another's end. */
function followEachOther(nodes: readonly RunNode[], roots: readonly RunNode[]): boolean {
  if (roots.length < nodes.length) return false;
  for (let i = 1; i < roots.length; i++) if (roots[i]!.start < roots[i - 1]!.end) return false;
  return true;
}

/** The path of runs that follow each other: every run with all its time. All of it is drag, as nothing is beside it. */
function chain(window: Span, roots: readonly RunNode[]): readonly PathSegment[] {
  const path: PathSegment[] = [];
  let cursor = window.start;
  for (const root of roots) {
    if (root.end === root.start) continue;
    add(path, null, cursor, root.start);
    add(path, root, root.start, root.end);
    cursor = root.end;
  }
  add(path, null, cursor, window.end);
  return path;
}

/** The path of any runs, backwards from the end. */
function walk(window: Span, roots: readonly RunNode[]): readonly PathSegment[] {
  const { path, legs } = walkWindow(window, roots);
  limitByDrag(window, roots, legs);
  return path.toReversed();
}

function add(path: PathSegment[], node: RunNode | null, start: number, end: number): void {
  if (end <= start) return;
  path.push({ start, end, id: node && node.id });
  if (!node) return;
  node.time += end - start;
  node.drag = node.time;
}

/** Runs as far as they lie before a point in time, none empty: last end first, of equals the longer, else as listed. */
function lastFirst(nodes: readonly RunNode[], before: number): readonly RunNode[] {
  const end = (node: RunNode) => Math.min(node.end, before);
  const inside = nodes.filter((node) => end(node) > node.start);
  // Listed by start, runs mostly end in that order too.
  const ascending = inside.every((node, i) => i === 0 || end(inside[i - 1]!) < end(node));
  return ascending ? inside.toReversed() : inside.toSorted((a, b) => end(b) - end(a) || a.start - b.start);
}

/** The whole path, last segment first, and for each top-level run on it the runs entered there, see {@link limitByDrag}. */
function walkWindow(
  window: Span,
  roots: readonly RunNode[],
): { readonly path: readonly PathSegment[]; readonly legs: readonly Leg[] } {
  const path: PathSegment[] = [];
  const legs: Leg[] = [];
  const byEnd = lastFirst(roots, window.end);
  let passed = 0;
  /** Of the runs that end later than the cursor, the one that started first: if it is not under way there, none is. */
  let earliest: RunNode | undefined;
  let cursor = window.end;
  while (cursor > window.start) {
    for (let run = byEnd[passed]; run && run.end > cursor; run = byEnd[++passed])
      if (!earliest || run.start < earliest.start) earliest = run;
    let next = byEnd[passed];
    if (next?.end !== cursor && earliest && earliest.start < cursor) next = earliest;
    const end = next ? Math.min(next.end, cursor) : window.start;
    add(path, null, end, cursor);
    if (next) legs.push(walkRun(next, end, path));
    cursor = next?.start ?? window.start;
  }
  return { path, legs };
}

/** Adds the path within a top-level run up to a point in time, without recursion, and gives the runs entered. */
function walkRun(top: RunNode, until: number, path: PathSegment[]): Leg {
  if (top.children.length === 0) {
    top.entered = true;
    add(path, top, top.start, until);
    return [top];
  }
  const leg: RunNode[] = [];
  const enter = (node: RunNode, end: number) => {
    node.entered = true;
    leg.push(node);
    return { node, end, cursor: end, children: lastFirst(node.children, end), looked: 0 };
  };
  const under = [enter(top, until)];
  for (let run = under.at(-1); run; run = under.at(-1)) {
    const { node, children } = run;
    const endOf = (child: RunNode) => Math.min(child.end, run.end);
    while (run.looked < children.length && endOf(children[run.looked]!) > run.cursor) run.looked++;
    const child = children[run.looked];
    add(path, node, child ? endOf(child) : node.start, run.cursor);
    if (child) {
      run.cursor = child.start;
      under.push(enter(child, endOf(child)));
    } else under.pop();
  }
  return leg;
}
