import type { RunDetail, WorkflowDetail } from "../../../src/analyze/workflow-detail.js";
import { duration, isolated, shorten } from "../format.js";
import { planBars, ticks, type Bar, type Lane, type Wait } from "./layout.js";

const ROW = 24;
export const BAR = 16;
const GAP = 8;
export const AXIS = 24;
export const PLAN = 24;

/** Of a bar's width, so that what took no time can be seen. */
export const LEAST_WIDTH = 4;

/** About the width of a letter, to tell what there is room for. */
const LETTER = 6.8;

/** A stretch of time, seconds since the workflow's start. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Where each lane and each run begins, pixels from the top. */
export interface Places {
  readonly top: ReadonlyMap<string, number>;
  readonly bars: ReadonlyMap<string, number>;
  readonly height: number;
}

export function placesOf(lanes: readonly Lane[]): Places {
  const top = new Map<string, number>();
  const bars = new Map<string, number>();
  let y = AXIS;
  for (const { agent, rows, bars: inLane } of lanes) {
    top.set(agent, y);
    for (const { run, row } of inLane) bars.set(run.invocation_id, y + row * ROW);
    y += rows * ROW + GAP;
  }
  return { top, bars, height: y - AXIS };
}

/** What a drawing refers to by name; several stand on one page. */
export interface Names {
  readonly hatch: string;
  readonly arrow: string;
  readonly lanes: string;
}

export function Defs({ names }: { names: Names }) {
  return (
    <defs>
      <pattern id={names.hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line x1="0" y1="0" x2="0" y2="6" stroke="var(--wait)" stroke-width="3" />
      </pattern>
      <marker id={names.arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
        <path d="M0,0 L8,4 L0,8 z" fill="var(--faint)" />
      </marker>
    </defs>
  );
}

interface AxisProperties {
  readonly window: Window;
  readonly x: (time: number) => number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly narrow: boolean;
}

export function Axis({ window, x, height, left, right, narrow }: AxisProperties) {
  return (
    <g class="axis">
      <line x1={left} x2={right} y1={AXIS - 4} y2={AXIS - 4} />
      {ticks(window.from, window.to, narrow ? 3 : 8).map((time) => (
        <g key={time}>
          <line x1={x(time)} x2={x(time)} y1={AXIS - 8} y2={height} />
          <text
            x={x(time)}
            y={AXIS - 12}
            text-anchor={x(time) > right - 24 ? "end" : x(time) < left + 8 ? "start" : "middle"}
          >
            {time === 0 ? "0" : duration(time)}
          </text>
        </g>
      ))}
    </g>
  );
}

interface BarsProperties {
  readonly lane: Lane;
  readonly top: number;
  readonly x: (time: number) => number;
  readonly waits: ReadonlyMap<string, Wait>;
  readonly hatch: string;
  readonly selected: string | undefined;
  readonly onSelect: (run: RunDetail) => void;
}

export function Bars({ lane, top, x, waits, hatch, selected, onSelect }: BarsProperties) {
  return (
    <g>
      {lane.bars.map(({ run, row, depth }: Bar) => {
        const y = top + row * ROW;
        const inset = Math.min(depth * 3, BAR / 2 - 2);
        const from = x(run.start_offset);
        const to = run.end_offset === null ? from : x(run.end_offset);
        const wait = waits.get(run.invocation_id);
        return (
          <g key={run.invocation_id}>
            {/* Inside the bar of its parent, nobody is seen waiting. */}
            {wait && depth === 0 && (
              <WaitGap wait={wait} from={x(run.start_offset - wait.seconds)} to={from} y={y} hatch={hatch} />
            )}
            <rect
              class={`bar ${run.status}${selected === run.invocation_id ? " selected" : ""}`}
              data-run={run.invocation_id}
              data-start={run.end_offset === null ? run.start_offset : undefined}
              x={from}
              y={y + inset}
              width={Math.max(LEAST_WIDTH, to - from)}
              height={BAR - 2 * inset}
              rx={2}
              onClick={() => onSelect(run)}
            >
              <title>{describe(run)}</title>
            </rect>
            {run.status === "failure" && depth === 0 && to - from >= 16 && (
              <text class="failed" x={to - 13} y={y + BAR - 4}>
                ✗
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

interface WaitGapProperties {
  readonly wait: Wait;
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly hatch: string;
}

/** The time between the end of the run that was waited for and the start of the next, named where there is room. */
function WaitGap({ wait, from, to, y, hatch }: WaitGapProperties) {
  const length = duration(wait.seconds);
  const text = [`waiting ${length}`, length].find((label) => label.length * LETTER + 16 <= to - from);
  return (
    <g>
      <rect
        class="wait"
        fill={`url(#${hatch})`}
        x={from}
        y={y + BAR / 4}
        width={Math.max(0, to - from)}
        height={BAR / 2}
      >
        <title>{`waited ${length} after ${wait.after}`}</title>
      </rect>
      {text !== undefined && (
        <text class="waiting" x={(from + to) / 2} y={y + BAR - 4} text-anchor="middle">
          {text}
        </text>
      )}
    </g>
  );
}

function describe(run: RunDetail): string {
  const parts = [
    `${run.agent_name}: ${run.task_description ?? run.task_type ?? "no task given"}`,
    `${run.status}, ${run.duration_seconds === null ? "running" : duration(run.duration_seconds)}`,
  ];
  if (run.drag_seconds) parts.push(`without it the workflow would be ${duration(run.drag_seconds)} shorter`);
  if (run.error_message !== null) parts.push(run.error_message);
  return isolated(parts.join("\n"));
}

interface OverLanes {
  readonly workflow: WorkflowDetail;
  readonly places: Places;
  readonly x: (time: number) => number;
}

/** Under the bar of each run that decides, along the next one's lane while waiting, and straight down between them. */
export function CriticalPath({ workflow, places, x }: OverLanes) {
  const { critical_path: path } = workflow;
  const rowOf = (i: number): number | undefined => {
    // While nobody works, it is the next run that is waited for; at the end, the last one.
    for (let next = i; next < path.length; next++) {
      const id = path[next]!.invocation_id;
      if (id !== null) return places.bars.get(id);
    }
    const last = path.findLast(({ invocation_id }) => invocation_id !== null)?.invocation_id;
    return last == null ? undefined : places.bars.get(last);
  };
  const points = path.flatMap(({ start_offset, end_offset }, i) => {
    const row = rowOf(i);
    return row === undefined
      ? []
      : [
          [x(start_offset), row + BAR + 3],
          [x(end_offset), row + BAR + 3],
        ];
  });
  if (points.length === 0) return null;
  return (
    <polyline class="critical" points={points.map((point) => point.join(",")).join(" ")}>
      <title>the critical path: what decided how long it took</title>
    </polyline>
  );
}

export function Handoffs({ workflow, places, x, arrow }: OverLanes & { readonly arrow: string }) {
  return (
    <g>
      {workflow.handoffs.map(({ from_agent, to_agent, offset, artifacts }, i) => {
        const from = places.top.get(from_agent);
        const to = places.top.get(to_agent);
        if (from === undefined || to === undefined || from === to) return null;
        const next = workflow.runs.find((run) => run.agent_name === to_agent && run.start_offset >= offset - 1e-6);
        const down = to > from;
        const target = next ? x(next.start_offset) : x(offset) + 8;
        const line = `M${x(offset)},${from + (down ? BAR : 0)} L${target},${to + (down ? 0 : BAR)}`;
        return (
          <g key={i}>
            <path class="handoff" d={line} marker-end={`url(#${arrow})`} />
            {/* Wide enough to be met by a pointer. */}
            <path class="target" d={line}>
              <title>
                {isolated(
                  `${from_agent} → ${to_agent}: ${artifacts.length > 0 ? artifacts.join(", ") : "nothing named"}`,
                )}
              </title>
            </path>
          </g>
        );
      })}
    </g>
  );
}

interface EstimateProperties {
  readonly at: number;
  readonly height: number;
  readonly right: number;
}

/** A vertical line, named where there is room beside it. */
export function Estimate({ at, seconds, height, right }: EstimateProperties & { readonly seconds: number }) {
  return (
    <g>
      <line class="estimate" x1={at} x2={at} y1={AXIS} y2={height}>
        <title>{`estimate: ${duration(seconds)}`}</title>
      </line>
      {right - at > 8 * LETTER + 8 && (
        <text class="planned" x={at + 6} y={height - PLAN + BAR}>
          estimate
        </text>
      )}
    </g>
  );
}

interface PlanProperties {
  readonly workflow: WorkflowDetail;
  readonly top: number;
  readonly span: number;
  readonly x: (time: number) => number;
}

export function Plan({ workflow, top, span, x }: PlanProperties) {
  return (
    <g>
      {planBars(workflow.agent_plan, span).map(({ agent, from, to }, i) => {
        const room = x(to) - x(from);
        return (
          <g key={i}>
            <rect class="planned" x={x(from) + 1} y={top + 4} width={Math.max(1, room - 2)} height={BAR} rx={2}>
              <title>{`planned: ${agent} (the order is the plan's, the length is not)`}</title>
            </rect>
            {room > 5 * LETTER && (
              <text class="planned" x={x(from) + 5} y={top + BAR}>
                {shorten(agent, Math.floor((room - 8) / LETTER))}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}
