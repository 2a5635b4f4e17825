import { inOrder } from "./order.js";
import { namedParents } from "./parents.js";
import type { Handoff, Run } from "./run.js";

/** What a run waited for, and how long. Times are whole microseconds. */
export interface Ready {
  readonly id: string;
  /** When the run could have started: the end of its predecessor. `null` where that is not known. */
  readonly ready: number | null;
  /** The predecessor. `null` for the first run of a workflow, or among the children of one parent. */
  readonly from_id: string | null;
  readonly from_agent: string | null;
  /** A handoff event names the predecessor; otherwise it is the run that ended last before. */
  readonly declared: boolean;
  /** From `ready` to the start, never negative. */
  readonly latency: number | null;
  /** The declared predecessor ended after this run had started: nobody waited, so there is no latency. */
  readonly overlapping: boolean;
}

/**
 * Finds the predecessor of every run, and how long the run waited after it.
 *
 * - Declared: a handoff to an agent belongs to the agent's next start, and to the runs that start at that same moment.
 *   It names the latest run of `from_agent` that had started by then. Of several, the one that ended last decides;
 *   those that have not ended count only where no other is named, and then nobody knows when the run was ready.
 * - Otherwise: the run that ended last, no later than this one started. Of runs that ended at the same time the one
 *   that started last, then the one given last. Only runs of the same parent are compared, or runs without a parent:
 *   a child is started by its parent, so that the first child has no predecessor.
 *
 * A run's ancestors and descendants are never its predecessors. A detached run is treated as one without a parent: as
 * nobody waits for it, what started it is a run like any other.
 *
 * O((n + h) log n) for n runs and h handoffs, save where many runs that start together are offered many ancestors.
 *
 * @param runs all runs of one workflow; none ends before it starts
 * @param handoffs the handoffs of the same workflow
 * @returns one for each run, in the same order
 */
export function readiness(runs: readonly Run[], handoffs: readonly Handoff[]): readonly Ready[] {
  const nodes = placeRuns(runs);
  if (handoffs.length > 0) nameDeclared(nodes, handoffs);
  const endedSiblings = endedByParent(nodes);
  return nodes.map((node) => {
    const named = node.named?.find((candidate) => !areRelated(candidate, node));
    if (named) return describe(node, named, true);
    return describe(node, lastEndedBefore(node, endedSiblings(node.parent)), false);
  });
}

/** A run in its place among the others. */
interface Node {
  readonly run: Run;
  /** Place in the given list. */
  readonly index: number;
  /** Place in order of start. */
  place: number;
  /** The parent that waits for it. */
  parent: Node | null;
  /** Its descendants are the nodes numbered from `first` to before `beyond`; both 0 without parents or in a circle. */
  first: number;
  beyond: number;
  /** The runs that the handoffs that belong to it name, first the one that counts; `null` without such a handoff. */
  named: Node[] | null;
}

interface EndedNode extends Node {
  readonly run: Run & { readonly end: number };
}

function hasEnded(node: Node): node is EndedNode {
  return node.run.end !== null;
}

function placeRuns(runs: readonly Run[]): readonly Node[] {
  const nodes = runs.map((run, index): Node => ({
    run,
    index,
    place: index,
    parent: null,
    first: 0,
    beyond: 0,
    named: null,
  }));
  const parents = namedParents(runs);
  if (!parents) return nodes;
  const children = new Map<Node | null, Node[]>();
  nodes.forEach((node, i) => {
    node.parent = nodes[parents[i]!] ?? null;
    push(children, node.parent, node);
  });
  numberDescendants(children);
  return nodes;
}

/** Numbers the nodes so that a node and its descendants have numbers in a row; without recursion, as trees run deep. */
function numberDescendants(children: ReadonlyMap<Node | null, readonly Node[]>): void {
  let next = 1;
  const stack = [...(children.get(null) ?? [])];
  for (let node = stack.at(-1); node; node = stack.at(-1)) {
    if (node.beyond > 0) {
      // Its descendants are done, which is why it is on top again.
      node.beyond = next;
      stack.pop();
      continue;
    }
    node.first = next++;
    node.beyond = next;
    for (const child of children.get(node) ?? []) stack.push(child);
  }
}

/** Whether one is the other's ancestor. */
function areRelated(a: Node, b: Node): boolean {
  return (a.first <= b.first && b.first < a.beyond) || (b.first <= a.first && a.first < b.beyond);
}

/** Gives every run that handoffs belong to the runs that these name. */
function nameDeclared(nodes: readonly Node[], handoffs: readonly Handoff[]): void {
  const runsOf = new Map<string, Node[]>();
  let place = 0;
  for (const node of inOrder(nodes, byStart)) {
    node.place = place++;
    push(runsOf, node.run.agent, node);
  }
  for (const { from_agent, to_agent, at } of handoffs) {
    const own = runsOf.get(to_agent) ?? [];
    const next = own[countWhile(own, ({ run }) => run.start < at)];
    const latest = next && latestBy(runsOf.get(from_agent) ?? [], at, next);
    if (!latest) continue;
    if (next.named) next.named.push(latest);
    else next.named = [latest];
  }
  for (const own of runsOf.values()) {
    for (let i = 0; i < own.length; i++) {
      const node = own[i]!;
      const before = own[i - 1];
      if (before?.run.start === node.run.start) node.named = before.named;
      else if (node.named && node.named.length > 1) node.named = rank(node.named);
    }
  }
}

/** The latest run that had started by then; what starts together with another precedes it only if it stands before. */
function latestBy(candidates: readonly Node[], at: number, next: Node): Node | undefined {
  return candidates[countWhile(candidates, ({ run, place }) => run.start <= at && place < next.place) - 1];
}

/** Each once, the one that decides first. */
function rank(named: readonly Node[]): Node[] {
  return inOrder(named, byDecidingEnd).filter((node, i, ranked) => node !== ranked[i - 1]);
}

/** For each parent its children that have ended, by end. */
function endedByParent(nodes: readonly Node[]): (parent: Node | null) => readonly EndedNode[] {
  const ended = inOrder(nodes.filter(hasEnded), byEnd);
  if (nodes.every(({ parent }) => parent === null)) return () => ended;
  const siblings = new Map<Node | null, EndedNode[]>();
  for (const node of ended) push(siblings, node.parent, node);
  return (parent) => siblings.get(parent) ?? [];
}

function lastEndedBefore(node: Node, ended: readonly EndedNode[]): EndedNode | null {
  const { start, end } = node.run;
  const precedes = (other: EndedNode) => {
    if (other.run.end !== start) return other.run.end < start;
    // Of two runs without length at the same moment, the one given first precedes.
    return other.run.start < start || end !== start || other.index < node.index;
  };
  return ended[countWhile(ended, precedes) - 1] ?? null;
}

function describe({ run }: Node, from: Node | null, declared: boolean): Ready {
  const ready = from?.run.end ?? null;
  const overlapping = ready !== null && ready > run.start;
  return {
    id: run.id,
    ready,
    from_id: from?.run.id ?? null,
    from_agent: from?.run.agent ?? null,
    declared,
    latency: ready === null || overlapping ? null : run.start - ready,
    overlapping,
  };
}

/** By start, then end (those without an end last), then as given. */
function byStart(a: Node, b: Node): number {
  return a.run.start - b.run.start || compareEnds(a.run.end, b.run.end) || a.index - b.index;
}

function byEnd(a: EndedNode, b: EndedNode): number {
  return a.run.end - b.run.end || a.run.start - b.run.start || a.index - b.index;
}

/** The last end first; those without an end behind all others. */
function byDecidingEnd(a: Node, b: Node): number {
  if (hasEnded(a) && hasEnded(b)) return byEnd(b, a);
  if (hasEnded(a) !== hasEnded(b)) return hasEnded(a) ? -1 : 1;
  return b.run.start - a.run.start || b.index - a.index;
}

function compareEnds(a: number | null, b: number | null): number {
  if (a === b) return 0;
  return (a ?? Number.POSITIVE_INFINITY) < (b ?? Number.POSITIVE_INFINITY) ? -1 : 1;
}

/** How many items from the beginning have a property that none has after the first without it. */
function countWhile<T>(items: readonly T[], has: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (has(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
