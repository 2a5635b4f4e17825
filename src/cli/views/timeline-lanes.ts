import type { RunDetail } from "../../analyze/workflow-detail.js";

/** Where points in time are in a drawing that is so many cells wide. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly cells: number;
}

/** Cells from the first to the last. */
export interface Cells {
  readonly first: number;
  readonly last: number;
}

/** A line of the drawing: runs of one agent that do not share a cell. */
export interface Lane {
  readonly agent_name: string;
  /** How deeply it is nested below other runs. */
  readonly depth: number;
  /** The runs above do not wait for these. */
  readonly detached: boolean;
  readonly runs: readonly { readonly run: RunDetail; readonly cells: Cells }[];
}

/** The cell in which a point in time lies. */
export function cellAt({ from, to, cells }: Scale, offset: number): number {
  const cell = to > from ? Math.floor(((offset - from) / (to - from)) * cells) : 0;
  return Math.min(cells - 1, Math.max(0, cell));
}

/** The cells that a stretch of time covers: at least one, however short it is. */
export function cellsOf(scale: Scale, start: number, end: number): Cells {
  const first = cellAt(scale, start);
  const { from, to, cells } = scale;
  const last = to > from ? Math.ceil(((end - from) / (to - from)) * cells) - 1 : 0;
  return { first, last: Math.max(first, Math.min(cells - 1, last)) };
}

interface Group {
  readonly agent_name: string;
  readonly depth: number;
  readonly detached: boolean;
  readonly runs: RunDetail[];
  /** By what tells them apart. */
  readonly children: Map<string, Group>;
}

/** Of one agent, so many lines are looked at for space: far more than are drawn. */
const MOST_OPEN = 200;

/**
 * Puts runs on lines: agents in order of their first run, nested ones below the agent that started them, a further line
 * for each run that would share a cell. Of too many lines those are kept that matter most; `hidden` is the number of
 * runs on the others.
 */
export function lanesOf(
  runs: readonly RunDetail[],
  scale: Scale,
  most: number,
): { readonly lanes: readonly Lane[]; readonly hidden: number } {
  const lanes = [...groupsOf(runs)].flatMap((group) => linesOf(group, scale));
  if (lanes.length <= most) return { lanes, hidden: 0 };
  const kept = new Set(lanes.toSorted((a, b) => importance(b) - importance(a)).slice(0, most));
  const hidden = lanes.filter((lane) => !kept.has(lane)).reduce((sum, lane) => sum + lane.runs.length, 0);
  return { lanes: lanes.filter((lane) => kept.has(lane)), hidden };
}

/** What runs, failed or decided how long it took is what one looks for. */
function importance({ runs }: Lane): number {
  const weight = ({ run }: Lane["runs"][number]) =>
    (run.status === "running" ? 4e12 : 0) +
    (run.status === "failure" ? 2e12 : 0) +
    Math.min(1e12, 1000 * (run.critical_path_seconds ?? 0) + (run.duration_seconds ?? 0));
  return runs.reduce((most, run) => Math.max(most, weight(run)), 0);
}

function groupsOf(runs: readonly RunDetail[]): Iterable<Group> {
  const byId = new Map(runs.map((run) => [run.invocation_id, run]));
  const parentOf = ({ parent_invocation_id: id }: RunDetail) => (id === null ? undefined : byId.get(id));
  const roots = new Map<string, Group>();
  const groupOf = new Map<RunDetail, Group>();
  for (const run of runs) {
    // From the outermost run to this one: an ancestor may be listed later, when clocks disagree.
    for (const member of lineage(run, parentOf, groupOf)) {
      const { agent_name, detached } = member;
      const parent = parentOf(member);
      const above = parent && groupOf.get(parent);
      const groups = above ? above.children : roots;
      const key = `${detached} ${agent_name}`;
      const group = groups.get(key) ?? {
        agent_name,
        depth: above ? above.depth + 1 : 0,
        detached,
        runs: [],
        children: new Map<string, Group>(),
      };
      groups.set(key, group);
      group.runs.push(member);
      groupOf.set(member, group);
    }
  }
  return roots.values();
}

/**
 * A run behind those that it is nested in, outermost first, as far as they have no group yet; what names itself as its
 * ancestor ends the search.
 */
function lineage(
  run: RunDetail,
  parentOf: (run: RunDetail) => RunDetail | undefined,
  groupOf: ReadonlyMap<RunDetail, Group>,
): RunDetail[] {
  const line = new Set<RunDetail>();
  for (let next: RunDetail | undefined = run; next && !line.has(next) && !groupOf.has(next); next = parentOf(next))
    line.add(next);
  return [...line].toReversed();
}

/** The lines of a group and, below, of those nested in it, however deep. */
function linesOf(group: Group, scale: Scale): Lane[] {
  const lanes: Lane[] = [];
  const stack = [group];
  for (let next = stack.pop(); next; next = stack.pop()) {
    for (const lane of ownLines(next, scale)) lanes.push(lane);
    for (const child of [...next.children.values()].toReversed()) stack.push(child);
  }
  return lanes;
}

function ownLines({ agent_name, depth, detached, runs }: Group, scale: Scale): Lane[] {
  const lines: { run: RunDetail; cells: Cells }[][] = [];
  const open: typeof lines = [];
  for (const run of runs.toSorted((a, b) => a.start_offset - b.start_offset)) {
    const all = cellsOf(scale, run.start_offset, run.end_offset ?? scale.to);
    const line = open.find((candidate) => behind(candidate.at(-1)!, run, all));
    if (line) {
      line.push({ run, cells: behind(line.at(-1)!, run, all)! });
      continue;
    }
    const further = [{ run, cells: all }];
    lines.push(further);
    if (open.length < MOST_OPEN) open.push(further);
  }
  return lines.map((line) => ({ agent_name, depth, detached, runs: line }));
}

/** The cells for a run on the line on which another one is last; `undefined` when there is no space. */
function behind(last: { run: RunDetail; cells: Cells }, run: RunDetail, cells: Cells): Cells | undefined {
  if (last.cells.last < cells.first) return cells;
  // Runs that follow each other may meet within a cell: it is the earlier one's.
  const follows = last.run.end_offset !== null && last.run.end_offset <= run.start_offset;
  return follows && last.cells.last === cells.first && cells.last > cells.first
    ? { first: cells.first + 1, last: cells.last }
    : undefined;
}
