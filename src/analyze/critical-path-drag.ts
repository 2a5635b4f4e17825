import type { RunNode } from "./critical-path-tree.js";
import type { Span } from "./intervals.js";
import { firstAtLeast, lowestOver, type LowestOver } from "./lowest-over.js";
import { inOrder } from "./order.js";

/**
 * A top-level run on the path, then the runs below it that the path entered, parents before children. Of these, runs of
 * the same parent never overlap.
 */
export type Leg = readonly RunNode[];

/**
 * Limits the time of the runs on a critical path to their drag: the least slack of the runs beside them.
 * Source: Devaux, "The Drag Efficient: The Missing Quantification of Time on the Critical Path", Defense AT&L, 2012.
 *
 * @param window of the workflow
 * @param roots all its top-level runs
 * @param legs one for each top-level run on the path, last one first. Entered top-level runs may overlap.
 */
export function limitByDrag(window: Span, roots: readonly RunNode[], legs: readonly Leg[]): void {
  limitByRoots(window, roots, legs);
  for (const leg of legs) limitWithinLeg(leg);
}

function limit(node: RunNode, beside: LowestOver): void {
  node.drag = Math.min(node.drag, beside.lowest(node));
}

/** Top-level runs limit everything that overlaps them, except what is below them. */
function limitByRoots(window: Span, roots: readonly RunNode[], legs: readonly Leg[]): void {
  if (roots.length === 1) return;
  const slack = slackAmong(roots, window.end);
  const othersAndLater = lowestOver(roots);
  const earlier = lowestOver(roots);
  for (const root of roots) if (!root.entered) othersAndLater.lay(root, slack(root));
  // Once from each end, adding each leg after it was looked at: together all the others, but never itself.
  const sweep = (order: readonly Leg[], beside: LowestOver) => {
    for (const leg of order) {
      for (const node of leg) limit(node, beside);
      beside.lay(leg[0]!, slack(leg[0]!));
    }
  };
  sweep(legs, othersAndLater);
  sweep(legs.toReversed(), earlier);
}

/**
 * Within a leg, runs that the path did not enter limit what overlaps them. Each is laid down after its parent was
 * looked at and before its siblings are. What a node finds then are siblings of its own and of its ancestors: what
 * lies below another sibling cannot overlap it, since entered siblings do not overlap.
 */
function limitWithinLeg(leg: Leg): void {
  if (leg[0]!.children.length === 0) return;
  const beside = lowestOver(leg.flatMap(({ children }) => children));
  for (const node of leg) {
    limit(node, beside);
    const slack = slackAmong(node.children, node.end);
    for (const child of node.children) if (!child.entered) beside.lay(child, slack(child));
  }
}

/** By how much later a run could have ended before the next of its siblings starts or, if none does, `end` comes. */
function slackAmong(siblings: readonly RunNode[], end: number): (run: RunNode) => number {
  const starts = inOrder(
    siblings.map(({ start }) => start),
    (a, b) => a - b,
  );
  return (run) => (starts[firstAtLeast(starts, run.end)] ?? end) - run.end;
}
