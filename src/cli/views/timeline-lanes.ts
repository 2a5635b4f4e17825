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
  readonly children: Group[];
}

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
  const lanes = groupsOf(runs).flatMap((group) => linesOf(group, scale));
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

function groupsOf(runs: readonly RunDetail[]): Group[] {
  const byId = new Map(runs.map((run) => [run.invocation_id, run]));
  const roots: Group[] = [];
  const groupOf = new Map<RunDetail, Group>();
  for (const run of runs) {
    // From the outermost run to this one: an ancestor may be listed later, when clocks disagree.
    for (const member of lineage(run, byId)) {
      if (groupOf.has(member)) continue;
      const parent = member.parent_invocation_id === null ? undefined : byId.get(member.parent_invocation_id);
      const above = parent && groupOf.get(parent);
      const list = above ? above.children : roots;
      const known = list.find((group) => group.agent_name === member.agent_name && group.detached === member.detached);
      const group = known ?? {
        agent_name: member.agent_name,
        depth: above ? above.depth + 1 : 0,
        detached: member.detached,
        runs: [],
        children: [],
      };
      if (!known) list.push(group);
      group.runs.push(member);
      groupOf.set(member, group);
    }
  }
  return roots;
}

/** A run behind those that it is nested in, outermost first; what names itself as its ancestor ends the search. */
function lineage(run: RunDetail, byId: ReadonlyMap<string, RunDetail>): RunDetail[] {
  const line: RunDetail[] = [];
  const seen = new Set<RunDetail>();
  for (let next: RunDetail | undefined = run; next && !seen.has(next);) {
    seen.add(next);
    line.push(next);
    next = next.parent_invocation_id === null ? undefined : byId.get(next.parent_invocation_id);
  }
  return line.toReversed();
}

/** The lines of a group and, below, of those nested in it, however deep. */
function linesOf(group: Group, scale: Scale): Lane[] {
  const lanes: Lane[] = [];
  const stack = [group];
  for (let next = stack.pop(); next; next = stack.pop()) {
    for (const lane of ownLines(next, scale)) lanes.push(lane);
    for (const child of next.children.toReversed()) stack.push(child);
  }
  return lanes;
}

function ownLines({ agent_name, depth, detached, runs }: Group, scale: Scale): Lane[] {
  const lines: { run: RunDetail; cells: Cells }[][] = [];
  for (const run of runs.toSorted((a, b) => a.start_offset - b.start_offset)) {
    const all = cellsOf(scale, run.start_offset, run.end_offset ?? scale.to);
    const line = lines.find((candidate) => behind(candidate.at(-1)!, run, all));
    if (line) line.push({ run, cells: behind(line.at(-1)!, run, all)! });
    else lines.push([{ run, cells: all }]);
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
