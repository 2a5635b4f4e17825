import { useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import type { RunDetail, WorkflowDetail } from "../../../src/analyze/workflow-detail.js";
import { duration } from "../../../src/cli/format.js";
import { horizon, lanesOf, planBars, ticks, type Bar, type Lane } from "./layout.js";

const ROW = 24;
const BAR = 16;
const GAP = 8;
const AXIS = 24;
const PLAN = 24;
const LABEL_WIDE = 176;
const LABEL_NARROW = 104;
/** Of a bar's width, so that what took no time can be seen. */
const LEAST_WIDTH = 2;

/** A stretch of time, seconds since the workflow's start. */
interface Window {
  readonly from: number;
  readonly to: number;
}

interface Properties {
  readonly workflow: WorkflowDetail;
  /** Of a drawing in a list: it does not take the wheel and the keys. */
  readonly still?: boolean;
}

/** Seconds since the start of a workflow that is running. */
export function elapsed({ started_at, duration_seconds, runs, status }: WorkflowDetail): number {
  const last = Math.max(0, ...runs.map(({ start_offset, end_offset }) => end_offset ?? start_offset));
  if (status !== "running") return Math.max(duration_seconds ?? 0, last);
  return started_at === null ? last : Math.max(last, (Date.now() - Date.parse(started_at)) / 1000);
}

/**
 * The timeline of one workflow: a lane for each agent with a bar for each run, waits hatched, handoffs as arrows, the
 * critical path as a heavy line below the bars, the plan and the estimate. While it is running, only what grows is
 * touched, once a frame.
 */
export function Timeline({ workflow, still = false }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const live = workflow.status === "running";
  const now = elapsed(workflow);
  // Rarely another: between two of them, the drawing stays as it is and running bars grow into it.
  const end = useSignal(0);
  const fit = live ? horizon(now, workflow.estimated_duration) : Math.max(now, workflow.estimated_duration ?? 0) || 1;
  if (end.peek() !== fit) end.value = fit;
  const chosen: Signal<Window | undefined> = useSignal(undefined);
  const selected = useSignal<string | undefined>(undefined);
  const window = chosen.value ?? { from: 0, to: end.value };
  const label = width.value < 560 ? LABEL_NARROW : LABEL_WIDE;
  const drawn = Math.max(80, width.value - label - 8);
  const x = (time: number) => label + ((time - window.from) / (window.to - window.from)) * drawn;
  const lanes = useMemo(() => lanesOf(workflow, live ? Infinity : now), [workflow, live, now]);
  const places = useMemo(() => placesOf(lanes), [lanes]);
  const height = AXIS + places.height + (workflow.agent_plan.length > 0 ? PLAN : 0);
  useGrowth(box, workflow, x);
  const handlers = still ? {} : controls({ box, chosen, selected, end, label, drawn, workflow });
  const picked = workflow.runs.find(({ invocation_id }) => invocation_id === selected.value);
  return (
    <figure class="timeline">
      <div
        ref={box}
        role="group"
        aria-label={`Timeline of ${workflow.project_name ?? workflow.workflow_id}; a table of its runs follows`}
        tabIndex={still ? undefined : 0}
        {...handlers}
      >
        <svg width={width.value} height={height} aria-hidden="true">
          <Defs />
          <Axis window={window} x={x} height={height} left={label} right={label + drawn} narrow={drawn < 400} />
          <g clip-path="url(#lanes)">
            <clipPath id="lanes">
              <rect x={label} y={0} width={drawn + 8} height={height} />
            </clipPath>
            {lanes.map((lane) => (
              <Bars key={lane.agent} lane={lane} top={places.top.get(lane.agent)!} x={x} selected={selected} />
            ))}
            <CriticalPath workflow={workflow} places={places} x={x} />
            <Handoffs workflow={workflow} places={places} x={x} />
            {workflow.estimated_duration !== null && (
              <line
                class="estimate"
                x1={x(workflow.estimated_duration)}
                x2={x(workflow.estimated_duration)}
                y1={AXIS}
                y2={height}
              >
                <title>{`estimate: ${duration(workflow.estimated_duration)}`}</title>
              </line>
            )}
            {live && <line class="now" data-now x1={x(now)} x2={x(now)} y1={AXIS} y2={height} />}
            <Plan workflow={workflow} top={AXIS + places.height} span={workflow.estimated_duration ?? now} x={x} />
          </g>
          {lanes.map(({ agent }) => (
            <text class="lane" key={agent} x={0} y={places.top.get(agent)! + BAR - 4}>
              {shorten(agent, label < LABEL_WIDE ? 14 : 25)}
              <title>{agent}</title>
            </text>
          ))}
        </svg>
      </div>
      {!still && <Picked run={picked} workflow={workflow} />}
      <RunTable workflow={workflow} />
    </figure>
  );
}

/** Where each lane and each run begins, pixels from the top. */
interface Places {
  readonly top: ReadonlyMap<string, number>;
  readonly bars: ReadonlyMap<string, number>;
  readonly height: number;
}

function placesOf(lanes: readonly Lane[]): Places {
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

function Defs() {
  return (
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" fill="none" />
        <line x1="0" y1="0" x2="0" y2="6" stroke="var(--wait)" stroke-width="3" />
      </pattern>
      <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
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

function Axis({ window, x, height, left, right, narrow }: AxisProperties) {
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
  readonly selected: Signal<string | undefined>;
}

function Bars({ lane, top, x, selected }: BarsProperties) {
  return (
    <g>
      {lane.bars.map(({ run, row, depth }: Bar) => {
        const y = top + row * ROW;
        const inset = Math.min(depth * 3, BAR / 2 - 2);
        const from = x(run.start_offset);
        const to = run.end_offset === null ? from : x(run.end_offset);
        const wait = run.wait_seconds ?? 0;
        return (
          <g key={run.invocation_id}>
            {wait > 0 && (
              <rect
                class="wait"
                x={x(run.start_offset - wait)}
                y={y + BAR / 4}
                width={Math.max(0, from - x(run.start_offset - wait))}
                height={BAR / 2}
              >
                <title>{`waited ${duration(wait)} after ${run.after_agent ?? "the start"}`}</title>
              </rect>
            )}
            <rect
              class={`bar ${run.status}${selected.value === run.invocation_id ? " selected" : ""}`}
              data-run={run.invocation_id}
              data-start={run.end_offset === null ? run.start_offset : undefined}
              x={from}
              y={y + inset}
              width={Math.max(LEAST_WIDTH, to - from)}
              height={BAR - 2 * inset}
              rx={2}
              onClick={() => (selected.value = run.invocation_id)}
            >
              <title>{describe(run)}</title>
            </rect>
            {run.status === "failure" && (
              <text class="failed" x={Math.max(from + 2, to - 12)} y={y + BAR - 4}>
                ✗
              </text>
            )}
          </g>
        );
      })}
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
  return parts.join("\n");
}

interface OverLanes {
  readonly workflow: WorkflowDetail;
  readonly places: Places;
  readonly x: (time: number) => number;
}

/** Under the bar of each run that decides, along the next one's lane while waiting, and straight down between them. */
function CriticalPath({ workflow, places, x }: OverLanes) {
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

function Handoffs({ workflow, places, x }: OverLanes) {
  return (
    <g>
      {workflow.handoffs.map(({ from_agent, to_agent, offset, artifacts }, i) => {
        const from = places.top.get(from_agent);
        const to = places.top.get(to_agent);
        if (from === undefined || to === undefined || from === to) return null;
        const next = workflow.runs.find((run) => run.agent_name === to_agent && run.start_offset >= offset - 1e-6);
        const down = to > from;
        const target = next ? x(next.start_offset) : x(offset) + 8;
        return (
          <path
            class="handoff"
            key={i}
            d={`M${x(offset)},${from + (down ? BAR : 0)} L${target},${to + (down ? 0 : BAR)}`}
            marker-end="url(#arrow)"
          >
            <title>{`${from_agent} → ${to_agent}: ${artifacts.length > 0 ? artifacts.join(", ") : "nothing named"}`}</title>
          </path>
        );
      })}
    </g>
  );
}

interface PlanProperties {
  readonly workflow: WorkflowDetail;
  readonly top: number;
  readonly span: number;
  readonly x: (time: number) => number;
}

function Plan({ workflow, top, span, x }: PlanProperties) {
  return (
    <g>
      {planBars(workflow.agent_plan, span).map(({ agent, from, to }, i) => {
        const room = x(to) - x(from);
        return (
          <g key={i}>
            <rect class="planned" x={x(from) + 1} y={top + 4} width={Math.max(1, room - 2)} height={BAR} rx={2}>
              <title>{`planned: ${agent} (the order is the plan's, the length is not)`}</title>
            </rect>
            {room > 40 && (
              <text class="planned" x={x(from) + 5} y={top + BAR}>
                {shorten(agent, Math.floor(room / 7) - 1)}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** What is said of the run that was clicked, or reached by keys. */
function Picked({ run, workflow }: { run: RunDetail | undefined; workflow: WorkflowDetail }) {
  if (!run)
    return (
      <figcaption class="faint">
        {workflow.critical_path.length > 0
          ? "The heavy line is the critical path: ← and → walk along it. + and − zoom, dragging moves, f fits."
          : "+ and − zoom, dragging moves, f fits."}
      </figcaption>
    );
  return (
    <figcaption aria-live="polite">
      <strong>{run.agent_name}</strong> {run.task_description ?? run.task_type}
      {" · "}
      <span class={`status ${run.status}`}>{run.status}</span> {duration(run.duration_seconds)}
      {run.wait_seconds ? ` · waited ${duration(run.wait_seconds)} after ${run.after_agent}` : ""}
      {run.drag_seconds ? ` · without it ${duration(run.drag_seconds)} shorter` : ""}
      {run.error_message === null ? "" : ` · ${run.error_message}`}
    </figcaption>
  );
}

/** The same for those who do not see the drawing. */
function RunTable({ workflow }: { workflow: WorkflowDetail }) {
  return (
    <table class="hidden">
      <caption>Runs of {workflow.project_name ?? workflow.workflow_id}</caption>
      <thead>
        <tr>
          {["Agent", "Task", "Outcome", "Began after", "Took", "Waited", "On the critical path"].map((name) => (
            <th scope="col" key={name}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {workflow.runs.map((run) => (
          <tr key={run.invocation_id}>
            <td>{run.agent_name}</td>
            <td>{run.task_description}</td>
            <td>{run.status}</td>
            <td>{duration(run.start_offset)}</td>
            <td>{run.duration_seconds === null ? "running" : duration(run.duration_seconds)}</td>
            <td>{duration(run.wait_seconds)}</td>
            <td>{duration(run.critical_path_seconds)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}

function useWidth(box: { current: HTMLDivElement | null }): ReadonlySignal<number> {
  const width = useSignal(800);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const next = Math.floor(entry!.contentRect.width);
      if (next > 0) width.value = next;
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Lets running bars grow, once a frame, without drawing anything else anew. */
function useGrowth(
  box: { current: HTMLDivElement | null },
  workflow: WorkflowDetail,
  x: (time: number) => number,
): void {
  const latest = useRef({ workflow, x });
  latest.current = { workflow, x };
  const live = workflow.status === "running";
  const redraw = useSignal(0);
  // Read, so that the drawing follows when its horizon is passed.
  void redraw.value;
  useEffect(() => {
    if (!live) return undefined;
    let frame = 0;
    let limit = horizon(elapsed(latest.current.workflow), latest.current.workflow.estimated_duration);
    const grow = () => {
      const { workflow: current, x: place } = latest.current;
      const now = elapsed(current);
      const next = horizon(now, current.estimated_duration);
      if (next !== limit) {
        limit = next;
        redraw.value++;
      }
      for (const bar of box.current?.querySelectorAll<SVGRectElement>("rect[data-start]") ?? []) {
        const from = place(Number(bar.dataset["start"]));
        bar.setAttribute("width", String(Math.max(LEAST_WIDTH, place(now) - from)));
      }
      const line = box.current?.querySelector("[data-now]");
      line?.setAttribute("x1", String(place(now)));
      line?.setAttribute("x2", String(place(now)));
      frame = requestAnimationFrame(grow);
    };
    frame = requestAnimationFrame(grow);
    return () => cancelAnimationFrame(frame);
  }, [live]);
}

interface Controls {
  readonly box: { current: HTMLDivElement | null };
  readonly chosen: Signal<Window | undefined>;
  readonly selected: Signal<string | undefined>;
  readonly end: Signal<number>;
  readonly label: number;
  readonly drawn: number;
  readonly workflow: WorkflowDetail;
}

/** Wheel and pinch zoom, dragging moves, keys walk and zoom. */
function controls({ box, chosen, selected, end, label, drawn, workflow }: Controls) {
  const current = () => chosen.peek() ?? { from: 0, to: end.peek() };
  const zoom = (factor: number, at = 0.5) => {
    const { from, to } = current();
    const length = Math.min(end.peek() * 1.2, Math.max(end.peek() / 1e6, (to - from) * factor));
    move(from + (to - from - length) * at, length);
  };
  const move = (from: number, length: number) => {
    const start = Math.max(-0.1 * end.peek(), Math.min(from, end.peek() * 1.1 - length));
    chosen.value = { from: start, to: start + length };
  };
  const share = (event: { clientX: number }) =>
    (event.clientX - box.current!.getBoundingClientRect().left - label) / drawn;
  const walk = (step: 1 | -1) => {
    const path = [...new Set(workflow.critical_path.flatMap(({ invocation_id }) => invocation_id ?? []))];
    const steps = path.length > 0 ? path : workflow.runs.map(({ invocation_id }) => invocation_id);
    const at = selected.peek() === undefined ? -1 : steps.indexOf(selected.peek()!);
    selected.value = steps[at === -1 ? (step === 1 ? 0 : steps.length - 1) : (at + step + steps.length) % steps.length];
  };
  return {
    onWheel: (event: WheelEvent) => {
      // The page scrolls, unless the wheel is meant for the drawing.
      if (!event.ctrlKey && !event.shiftKey && document.activeElement !== box.current) return;
      event.preventDefault();
      if (event.shiftKey)
        move(current().from + ((current().to - current().from) * event.deltaY) / 1000, current().to - current().from);
      else zoom(Math.exp(event.deltaY / 300), share(event));
    },
    onPointerDown: (down: PointerEvent) => {
      const start = current();
      const onMove = (event: PointerEvent) => {
        const by = ((event.clientX - down.clientX) / drawn) * (start.to - start.from);
        if (Math.abs(event.clientX - down.clientX) > 3) move(start.from - by, start.to - start.from);
      };
      addEventListener("pointermove", onMove);
      addEventListener("pointerup", () => removeEventListener("pointermove", onMove), { once: true });
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "ArrowRight") walk(1);
      else if (event.key === "ArrowLeft") walk(-1);
      else if (event.key === "+" || event.key === "=") zoom(1 / 1.5);
      else if (event.key === "-") zoom(1.5);
      else if (event.key === "f") chosen.value = undefined;
      else return;
      event.preventDefault();
    },
  };
}
