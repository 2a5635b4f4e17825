import type { RunDetail, WorkflowDetail } from "../../analyze/workflow-detail.js";
import type { RunStatus } from "../../analyze/run.js";
import { count, duration } from "../format.js";
import { cut, fitted, flow, padded, type Format, type Piece } from "../layout.js";
import { printable, width } from "../terminal.js";
import { cellAt, cellsOf, lanesOf, type Cells, type Lane, type Scale } from "./timeline-lanes.js";
import { textWidth } from "../text-width.js";

/** More lines than this are no picture any more. */
const MOST_LANES = 40;

/** Space for what stands beside a line, such as `44 min 21 s`. */
const REMARK = 11;

type Marks = Readonly<Record<RunStatus, string>>;

/** How runs are marked where they end. */
export const MARKS: Marks = {
  success: "✓",
  failure: "✗",
  partial: "◐",
  unknown: "?",
  running: "▶",
};

export const RUN_COLOURS: Readonly<Record<RunStatus, Format | undefined>> = {
  success: "green",
  failure: "red",
  partial: "yellow",
  unknown: undefined,
  running: "cyan",
};

/** Of a run that its workflow left open when it ended. */
const NO_END = "▷";

const MEANINGS: Marks = {
  success: "success",
  failure: "failure",
  partial: "partial",
  unknown: "outcome unknown",
  running: "running",
};

interface Cell {
  readonly text: string;
  readonly format?: Format | undefined;
}

/**
 * Draws the runs of a workflow against time, with the critical path.
 *
 * @returns lines, none wider than `columns`
 */
export function timeline(detail: WorkflowDetail, columns = width()): string[] {
  const remark = columns >= 50 ? REMARK + 1 : 0;
  const longest = detail.runs.reduce((most, run) => Math.max(most, labelWidth(run)), 0);
  const label = Math.min(longest, Math.max(6, Math.floor(columns * 0.3)));
  // One cell more than the axis, for the mark of what ends last.
  const cells = Math.max(1, columns - label - 2 - remark);
  const scale = { ...extent(detail), cells };
  const { lanes, hidden } = lanesOf(detail.runs, scale, MOST_LANES);
  const path = pathCells(detail, scale);
  const over = detail.status !== "running";
  const marks = over ? { ...MARKS, running: NO_END } : MARKS;
  const meanings = over ? { ...MEANINGS, running: "end not known" } : MEANINGS;
  const drawn = lanes.map((lane) => ({ lane, bar: drawLane(lane, scale, path, marks) }));
  const beside = path !== undefined && drawn.some(({ bar }) => bar.some(({ text }) => text === "▒"));
  const bars: Piece[][] = [...(path ? [["█ critical path"]] : []), ...(beside ? [["▒ beside it"]] : [])];
  return [
    ...axis(scale).map((line) => fitted(columns, " ".repeat(label + 1), ["dim", line])),
    ...drawn.map(({ lane, bar }) =>
      fitted(
        columns,
        padded(cut(labelOf(lane), label), label),
        " ",
        ...pieces(bar),
        ...(remark > 0 ? [" ", ["dim", padded(remarkOn(lane, detail), REMARK, "right")] as const] : []),
      ),
    ),
    ...(hidden > 0
      ? [fitted(columns, ["dim", `${count(hidden, "run is", "runs are")} not shown; --json has all`])]
      : []),
    ...legend(lanes, bars, { marks, meanings }, columns),
  ];
}

/** From the first to the last point in time that is to be drawn. */
function extent(detail: WorkflowDetail): { from: number; to: number } {
  let from = 0;
  let to = Math.max(
    0,
    detail.duration_seconds ?? detail.elapsed_seconds ?? 0,
    detail.critical_path.at(-1)?.end_offset ?? 0,
  );
  for (const run of detail.runs) {
    from = Math.min(from, run.start_offset);
    to = Math.max(to, run.end_offset ?? run.start_offset);
  }
  return { from, to };
}

/** For each run its cells on the critical path; `undefined` while there is none. */
function pathCells(detail: WorkflowDetail, scale: Scale): ReadonlyMap<string, readonly Cells[]> | undefined {
  if (detail.critical_path.length === 0) return undefined;
  const path = new Map<string, Cells[]>();
  for (const { invocation_id, start_offset, end_offset } of detail.critical_path) {
    if (invocation_id === null) continue;
    const cells = path.get(invocation_id) ?? [];
    cells.push(cellsOf(scale, start_offset, end_offset));
    path.set(invocation_id, cells);
  }
  return path;
}

/** With space for marks of nesting. */
function labelWidth({ agent_name, parent_invocation_id, detached }: RunDetail): number {
  return textWidth(printable(agent_name)) + (parent_invocation_id === null ? 0 : 4) + (detached ? 1 : 0);
}

function labelOf({ agent_name, depth, detached }: Lane): string {
  const nested = depth > 0 ? `${"  ".repeat(Math.min(depth, 4) - 1)}└ ` : "";
  return `${nested}${detached ? "~" : ""}${agent_name}`;
}

function remarkOn({ runs }: Lane, detail: WorkflowDetail): string {
  const only = runs.length === 1 ? runs[0]!.run : undefined;
  if (!only) return count(runs.length, "run");
  if (only.status !== "running") return duration(only.duration_seconds);
  return detail.elapsed_seconds === null ? "no end" : duration(Math.max(0, detail.elapsed_seconds - only.start_offset));
}

function drawLane(
  { runs }: Lane,
  scale: Scale,
  path: ReadonlyMap<string, readonly Cells[]> | undefined,
  marks: Marks,
): Cell[] {
  const line = Array.from({ length: scale.cells + 1 }, (): Cell => ({ text: " " }));
  for (const { run } of runs) {
    if (run.wait_seconds === null || run.wait_seconds <= 0) continue;
    const { first } = cellsOf(scale, run.start_offset - run.wait_seconds, run.start_offset);
    for (let i = first; i < cellAt(scale, run.start_offset); i++) line[i] = { text: "·", format: "dim" };
  }
  for (const { run, cells } of runs) {
    const onPath = path?.get(run.invocation_id) ?? [];
    for (let i = cells.first; i <= cells.last; i++) {
      const on = !path || onPath.some(({ first, last }) => first <= i && i <= last);
      line[i] = { text: on ? "█" : "▒", format: RUN_COLOURS[run.status] };
    }
  }
  runs.forEach(({ run, cells }, i) => mark(line, run, cells, runs[i + 1]?.cells.first, marks));
  return line;
}

/** Marks how a run ended: behind it, or where the next one follows closely in its last cell. */
function mark(line: Cell[], run: RunDetail, { first, last }: Cells, next: number | undefined, marks: Marks): void {
  const behind = next === undefined || next > last + 1;
  // Of a run in one cell only the bar would be lost; that it went well may be left out.
  if (!behind && first === last && run.status === "success") return;
  line[behind ? last + 1 : last] = { text: marks[run.status], format: RUN_COLOURS[run.status] };
}

/** Neighbours of one format in one piece. */
function pieces(cells: readonly Cell[]): Piece[] {
  const parts: { text: string; format: Format | undefined }[] = [];
  for (const { text, format } of cells) {
    const before = parts.at(-1);
    if (before && before.format === format) before.text += text;
    else parts.push({ text, format });
  }
  return parts.map(({ text, format }) => (format === undefined ? text : [format, text]));
}

/** Steps of the axis that a person would choose, seconds. */
const STEPS = [
  1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600,
  7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000, 2_592_000, 8_640_000, 31_536_000,
];

/** Cells that a label of the axis takes, such as `3 min 20 s`, with a gap. */
const LABEL_CELLS = 11;

/** Two lines: times, and where they are. */
function axis(scale: Scale): string[] {
  const { from, to, cells } = scale;
  const least = ((to - from) * LABEL_CELLS) / cells;
  const step = STEPS.find((size) => size >= least) ?? STEPS.at(-1)! * Math.ceil(least / STEPS.at(-1)!);
  let labels = "";
  let ruler = "";
  const add = (offset: number) => {
    const cell = cellAt(scale, offset);
    const text = clock(offset, step);
    if (cell < labels.length || cell + text.length > cells + 1) return;
    labels = `${labels.padEnd(cell)}${text} `;
    ruler = `${ruler.padEnd(cell, "─")}┬`;
  };
  for (let i = Math.ceil(from / step); i * step <= to; i++) add(i * step);
  return [labels.trimEnd(), ruler.padEnd(cells, "─")];
}

function clock(offset: number, step: number): string {
  return step < 0.1 ? `${Math.round(offset * 1000)} ms` : duration(offset);
}

/** What the marks that occur mean. */
function legend(
  lanes: readonly Lane[],
  bars: readonly Piece[][],
  { marks, meanings }: { marks: Marks; meanings: Marks },
  columns: number,
): string[] {
  const runs = lanes.flatMap((lane) => lane.runs.map(({ run }) => run));
  if (runs.length === 0) return [];
  const statuses = (Object.keys(marks) as RunStatus[]).filter((status) => runs.some((run) => run.status === status));
  const items: Piece[][] = [
    ...bars,
    ...(runs.some((run) => run.wait_seconds) ? [["· waiting"]] : []),
    ...statuses.map((status): Piece[] => [
      RUN_COLOURS[status] ? [RUN_COLOURS[status], marks[status]] : marks[status],
      ` ${meanings[status]}`,
    ]),
    ...(lanes.some(({ depth }) => depth > 0) ? [["└ started by the one above"]] : []),
    ...(lanes.some(({ detached }) => detached) ? [["~ nobody waits for it"]] : []),
  ];
  return flow(
    items.map((item) => item.map((piece) => (typeof piece === "string" ? (["dim", piece] as const) : piece))),
    columns,
  );
}
