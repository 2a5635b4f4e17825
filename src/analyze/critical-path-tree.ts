import { clip, type Span } from "./intervals.js";
import { waitingParents } from "./parents.js";
import type { EndedRun } from "./run.js";

/** A run in the tree of who waits for whom, with the time it has within the window and all its ancestors. */
export interface RunNode extends Span {
  readonly id: string;
  /** Runs that this one waits for, in the order of the list. */
  readonly children: readonly RunNode[];
  /** The path goes through it, be it only through its children. */
  entered: boolean;
  /** Its own time on the path. */
  time: number;
  /** See {@link limitByDrag}. */
  drag: number;
}

/** The runs of one workflow as {@link RunNode}s that the path has not entered yet. */
interface RunTree {
  /** All of them, in the order of the list. */
  readonly nodes: readonly RunNode[];
  /** Runs that no run waits for, in the order of the list. */
  readonly roots: readonly RunNode[];
  /** See `CriticalPath.outside_parent`. */
  readonly outside_parent: number;
}

interface MutableNode extends RunNode {
  start: number;
  end: number;
  readonly children: MutableNode[];
}

/** Hangs every run under the run that waits for it, and cuts it down to the time it has there. */
export function runTree(window: Span, runs: readonly EndedRun[]): RunTree {
  const parents = waitingParents(runs);
  if (!parents) {
    const nodes = runs.map((run) => nodeOf(run, clip(run, window), CHILDLESS));
    return { nodes, roots: nodes, outside_parent: 0 };
  }
  const nodes = runs.map((run) => nodeOf(run, run, []));
  const roots: MutableNode[] = [];
  let outside_parent = 0;
  nodes.forEach((node, i) => {
    const parent = parents[i]!;
    (parent < 0 ? roots : nodes[parent]!.children).push(node);
    if (parent >= 0 && liesOutside(runs[i]!, runs[parent]!)) outside_parent++;
  });
  for (const root of roots) cut(root, window);
  // The list grows while it is read: parents before their children, and no recursion, however deep they are nested.
  const topDown = [...roots];
  for (const node of topDown) {
    for (const child of node.children) {
      cut(child, node);
      topDown.push(child);
    }
  }
  return { nodes, roots, outside_parent };
}

const CHILDLESS: MutableNode[] = [];

function nodeOf({ id }: EndedRun, { start, end }: Span, children: MutableNode[]): MutableNode {
  return { id, start, end, children, entered: false, time: 0, drag: 0 };
}

function cut(node: MutableNode, within: Span): void {
  const { start, end } = clip(node, within);
  node.start = start;
  node.end = end;
}

/**
 * Whether a run, as recorded, is over when its parent starts, or starts when its parent is over.
 * Times are half-open: a run of some length that only touches its parent has no time in common with it.
 * A run of no length has none with anything, so that it is outside only where it does not even touch.
 */
function liesOutside(run: Span, parent: Span): boolean {
  if (run.end > run.start) return run.end <= parent.start || run.start >= parent.end;
  return run.start < parent.start || run.start > parent.end;
}
