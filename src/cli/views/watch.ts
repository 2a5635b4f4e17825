import type { RunDetail, WorkflowDetail, WorkflowSummary } from "../../analyze/workflow-detail.js";
import { parseTimestamp } from "../../event/clock.js";
import type { Change } from "../changes.js";
import { count, duration } from "../format.js";
import { fitted, flow, shortIds, wrapped, type Piece } from "../layout.js";
import { printable } from "../terminal.js";
import type { WatchState } from "../watching.js";
import { againstEstimate, handedOver, moment, signedPercent, STATUS_COLOURS } from "./workflow-facts.js";
import { MARKS, RUN_COLOURS } from "./workflow-timeline.js";

/** How a {@link WatchState} is shown. */
export interface WatchLayout {
  readonly directory: string;
  /** The directory as the user named it, if he did: commands that are suggested need it, too. */
  readonly named?: string | undefined;
  /** Milliseconds: what time it is while it is shown. */
  readonly now: number;
  readonly columns: number;
  /** Lines there are; without it, as many as it takes. */
  readonly rows?: number;
  /** What stands beside the title. */
  readonly hint?: string;
  /** What is wrong, if anything. */
  readonly trouble?: string | undefined;
}

/** Of runs that have ended: the earlier ones are only counted. */
const MOST_DONE = 8;

/** Of workflows that have ended. */
const MOST_ENDED = 5;

const BAR = 20;

/** What is running and what ended last, as lines none of which is wider than the layout says. */
export function watchLines(state: WatchState, layout: WatchLayout): string[] {
  const { columns, rows = Infinity, now, hint, trouble } = layout;
  const title: Piece[] = [
    ["bold", `${count(state.running, "workflow")} running`],
    ["dim", `  ${clockTime(now)} UTC`],
  ];
  const head = [
    fitted(columns, ...title, ...(hint === undefined ? [] : [["dim", `  ${hint}`] as const])),
    ...(trouble === undefined ? [] : [fitted(columns, ["red", trouble])]),
    "",
  ];
  const ended = endedLines(state.ended.slice(0, MOST_ENDED), now, columns);
  if (state.workflows.length === 0) return [...head, ...emptyLines(layout), ...ended].slice(0, rows);

  const ids = shortIds(state.workflows.map(({ workflow_id }) => workflow_id));
  const blocks = state.workflows.map((detail) => [...block(detail, ids, now, columns), ""]);
  // What runs comes before what has ended.
  const space = rows - head.length;
  const { lines, shown } = firstBlocks(blocks, space - 1);
  const hidden = state.running - shown;
  if (hidden > 0) lines.push(fitted(columns, ["dim", `and ${hidden} more: oak workflows --list --status running`]));
  const left = space - lines.length;
  return [...head, ...lines, ...(ended.length <= left ? ended : ended.slice(0, left >= 2 ? left : 0))].slice(0, rows);
}

/** As many whole blocks as there is space for, but at least a part of one. */
function firstBlocks(blocks: readonly string[][], space: number): { lines: string[]; shown: number } {
  const lines: string[] = [];
  let shown = 0;
  for (const next of blocks) {
    if (shown > 0 && lines.length + next.length > space) break;
    lines.push(...next);
    shown++;
  }
  return { lines: lines.slice(0, Math.max(1, space)), shown };
}

function block(detail: WorkflowDetail, ids: ReadonlyMap<string, string>, now: number, columns: number): string[] {
  const { project_name, workflow_id, status, started_at, estimated_duration, runs, plan } = detail;
  const start = started_at === null ? undefined : parseTimestamp(started_at);
  const elapsed = start === undefined ? null : Math.max(0, (now - start) / 1000);
  const over = elapsed !== null && estimated_duration !== null && elapsed > estimated_duration;
  const against = estimated_duration === null ? "" : ` of ${duration(estimated_duration)}`;
  const time = duration(elapsed) + against + (over ? ", over its estimate" : "");
  const done = runs.filter((run) => run.status !== "running");
  const steps: Piece[][] = [
    ...(done.length > MOST_DONE ? [[["dim", `✓ ${done.length - MOST_DONE} earlier`] as const]] : []),
    ...done.slice(-MOST_DONE).map((run): Piece[] => [coloured(run), run.agent_name]),
    ...runs
      .filter((run) => run.status === "running")
      .map((run): Piece[] => [
        coloured(run),
        run.agent_name,
        ["dim", elapsed === null ? "" : ` ${duration(Math.max(0, elapsed - run.start_offset))}`],
      ]),
    ...plan.remaining.map((agent): Piece[] => [["dim", `○ ${agent}`]]),
  ];
  return [
    ...flow(
      [
        [
          ["bold", project_name ?? "(no project)"],
          ["dim", `  ${ids.get(workflow_id)!}`],
        ],
        [
          ...bar(elapsed, estimated_duration),
          over ? ["red", time] : time,
          ...(status === "running" ? [] : [["yellow", `  ${status}`] as const]),
        ],
      ],
      columns,
    ),
    ...(steps.length === 0 ? [fitted(columns, ["dim", "  no agent has begun"])] : flow(steps, columns, 2)),
  ];
}

function coloured({ status }: RunDetail): Piece {
  const colour = RUN_COLOURS[status];
  return colour === undefined ? `${MARKS[status]} ` : [colour, `${MARKS[status]} `];
}

/** How much of the estimate is used up. */
function bar(elapsed: number | null, estimate: number | null): Piece[] {
  if (elapsed === null || !estimate) return [];
  const full = Math.min(BAR, Math.floor((elapsed / estimate) * BAR));
  return [[elapsed > estimate ? "red" : "cyan", "█".repeat(full)], ["dim", "░".repeat(BAR - full)], " "];
}

function endedLines(ended: readonly WorkflowSummary[], now: number, columns: number): string[] {
  if (ended.length === 0) return [];
  const ids = shortIds(ended.map(({ workflow_id }) => workflow_id));
  return [
    fitted(columns, ["bold", "Ended last"]),
    ...ended.map((summary) => {
      const { status, workflow_id, project_name, ended_at, duration_seconds } = summary;
      const error = againstEstimate(summary);
      return fitted(
        columns,
        ["dim", `${when(ended_at!, now)}  `],
        STATUS_COLOURS[status] ? [STATUS_COLOURS[status], status] : status,
        ` ${duration_seconds === null ? "" : `in ${duration(duration_seconds)} `}`,
        /\d/.test(error) ? `(${error}) ` : "",
        ` ${project_name ?? "(no project)"} `,
        ["dim", ` ${ids.get(workflow_id)!}`],
      );
    }),
  ];
}

function emptyLines({ directory, named, columns }: WatchLayout): string[] {
  const option = named === undefined ? "" : ` --dir ${named}`;
  return [
    ...wrapped("Nothing is running. Workflows appear here as soon as a program records them in", columns),
    ...wrapped(directory, columns, 2),
    "",
    ...wrapped(`Start one by hand:  oak log workflow-start --project-name Test${option}`, columns),
    ...wrapped(`See what has ended: oak workflows --list${option}`, columns),
    "",
  ];
}

/** Time of a day, with the day when it is not today. */
function when(timestamp: string, now: number): string {
  const text = moment(timestamp);
  return text.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? text.slice(11) : text.slice(0, 16);
}

function clockTime(now: number): string {
  return new Date(now).toISOString().slice(11, 19);
}

/** A change in one line, for a file or a pipe: it is never cut. */
export function changeLine(change: Change): string {
  const project = change.project_name ?? "(no project)";
  return printable(`${change.time.slice(0, 19)}Z  ${project}  ${whatText(change)}  (${change.workflow_id})`);
}

function whatText(change: Change): string {
  switch (change.change) {
    case "workflow_started":
      return startText(change);
    case "run_began":
      return `▶ ${change.agent_name}${change.task_description ? `: ${change.task_description}` : ""}`;
    case "run_ended": {
      const { agent_name, status, duration_seconds, error_message } = change;
      const time = duration_seconds === null ? "" : ` after ${duration(duration_seconds)}`;
      return `${MARKS[status]} ${agent_name} ${status}${time}${error_message ? `: ${error_message}` : ""}`;
    }
    case "handoff":
      return handedOver(change);
    default:
      return endText(change);
  }
}

function startText({ agent_plan, estimated_duration }: Extract<Change, { change: "workflow_started" }>): string {
  const plan = agent_plan.length > 0 ? `: ${agent_plan.join(" → ")}` : "";
  return `started${plan}${estimated_duration === null ? "" : `, estimated ${duration(estimated_duration)}`}`;
}

function endText(change: Extract<Change, { change: "workflow_ended" }>): string {
  const { status, duration_seconds, estimated_duration, estimate_error, cancel_reason } = change;
  const time = duration_seconds === null ? "" : ` in ${duration(duration_seconds)}`;
  const error = estimate_error === null ? "" : ` (${signedPercent(estimate_error)})`;
  const against = estimated_duration === null ? "" : `, estimated ${duration(estimated_duration)}${error}`;
  return `${status}${time}${against}${cancel_reason === null ? "" : `: ${cancel_reason}`}`;
}
