import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";

import type { RunDetail, WorkflowDetail } from "../../../src/analyze/workflow-detail.js";
import { duration, shorten } from "../format.js";
import { useInAddress } from "../route.js";
import { controls } from "./controls.js";
import {
  Axis,
  AXIS,
  BAR,
  Bars,
  CriticalPath,
  Defs,
  Estimate,
  Handoffs,
  LEAST_WIDTH,
  PLAN,
  Plan,
  placesOf,
  type Names,
  type Window,
} from "./drawing.js";
import { horizon, lanesOf, waitsOf, type Wait } from "./layout.js";

const LABEL_WIDE = 176;
const LABEL_NARROW = 104;

interface Properties {
  readonly workflow: WorkflowDetail;
  /** Of a drawing in a list: it does not take the wheel and the keys, and has a table for those who do not see it. */
  readonly still?: boolean;
}

/** Seconds since the start of a workflow that is running. */
export function elapsed({ started_at, duration_seconds, runs, status }: WorkflowDetail): number {
  const last = runs.reduce((latest, { start_offset, end_offset }) => Math.max(latest, end_offset ?? start_offset), 0);
  if (status !== "running") return Math.max(duration_seconds ?? 0, last);
  return started_at === null ? last : Math.max(last, (Date.now() - Date.parse(started_at)) / 1000);
}

/** Seconds that the drawing holds when it is not zoomed. */
function whole(workflow: WorkflowDetail, now: number): number {
  if (workflow.status === "running") return horizon(now, workflow.estimated_duration);
  // An estimate at the right end would have no room for its name.
  return Math.max(now, (workflow.estimated_duration ?? 0) * 1.1) || 1;
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
  const end = whole(workflow, now);
  // What is chosen in a list is not worth an address.
  const state = useInAddress(still ? [] : ["from", "to", "run"]);
  const { from, to, run: selected } = state.value;
  const window = windowOf(from, to) ?? { from: 0, to: end };
  const label = width.value < 560 ? LABEL_NARROW : LABEL_WIDE;
  const drawn = Math.max(80, width.value - label - 8);
  const right = label + drawn;
  const x = (time: number) => label + ((time - window.from) / (window.to - window.from)) * drawn;
  const lanes = useMemo(() => lanesOf(workflow, live ? Infinity : now), [workflow]);
  const waits = useMemo(() => waitsOf(workflow), [workflow]);
  const places = useMemo(() => placesOf(lanes), [lanes]);
  const planned = workflow.agent_plan.length > 0 || workflow.estimated_duration !== null;
  const height = AXIS + places.height + (planned ? PLAN : 0);
  useGrowth(box, workflow, x);
  const select = (id: string | undefined) => (state.value = { ...state.peek(), run: id });
  const handlers = still
    ? {}
    : controls({
        box,
        label,
        drawn,
        end,
        workflow,
        selected,
        current: () => windowOf(state.peek()["from"], state.peek()["to"]) ?? { from: 0, to: end },
        show: (next) =>
          (state.value = { ...state.peek(), from: next?.from.toPrecision(7), to: next?.to.toPrecision(7) }),
        select,
      });
  const id = useId();
  const names: Names = { hatch: `hatch${id}`, arrow: `arrow${id}`, lanes: `lanes${id}` };
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
          <Defs names={names} />
          <Axis window={window} x={x} height={height} left={label} right={right} narrow={drawn < 400} />
          <clipPath id={names.lanes}>
            <rect x={label} y={0} width={drawn + 8} height={height} />
          </clipPath>
          <g clip-path={`url(#${names.lanes})`}>
            {workflow.estimated_duration !== null && (
              <Estimate
                seconds={workflow.estimated_duration}
                at={x(workflow.estimated_duration)}
                height={height}
                right={right}
              />
            )}
            {lanes.map((lane) => (
              <Bars
                key={lane.agent}
                lane={lane}
                top={places.top.get(lane.agent)!}
                x={x}
                waits={waits}
                hatch={names.hatch}
                selected={selected}
                onSelect={(run) => select(run.invocation_id)}
              />
            ))}
            <CriticalPath workflow={workflow} places={places} x={x} />
            <Handoffs workflow={workflow} places={places} x={x} arrow={names.arrow} />
            <Plan workflow={workflow} top={AXIS + places.height} span={workflow.estimated_duration ?? now} x={x} />
            {live && <line class="now" data-now x1={x(now)} x2={x(now)} y1={AXIS} y2={height} />}
          </g>
          {lanes.map(({ agent }) => (
            <text class="lane" key={agent} x={0} y={places.top.get(agent)! + BAR - 4}>
              {shorten(agent, label < LABEL_WIDE ? 14 : 24)}
              <title>{agent}</title>
            </text>
          ))}
          {workflow.agent_plan.length > 0 && (
            <text class="planned" x={0} y={AXIS + places.height + BAR}>
              plan
            </text>
          )}
        </svg>
      </div>
      {still ? (
        <RunTable workflow={workflow} waits={waits} />
      ) : (
        <Picked
          run={workflow.runs.find(({ invocation_id }) => invocation_id === selected)}
          wait={waits.get(selected ?? "")}
          walks={workflow.critical_path.length > 0}
        />
      )}
    </figure>
  );
}

function windowOf(from: string | undefined, to: string | undefined): Window | undefined {
  if (from === undefined || to === undefined) return undefined;
  const window = { from: Number(from), to: Number(to) };
  return window.from < window.to ? window : undefined;
}

interface PickedProperties {
  readonly run: RunDetail | undefined;
  readonly wait: Wait | undefined;
  /** Whether there is a critical path to walk along. */
  readonly walks: boolean;
}

/** What is said of the run that was clicked, or reached by keys. */
function Picked({ run, wait, walks }: PickedProperties) {
  if (!run)
    return (
      <figcaption class="faint">
        {walks
          ? "The heavy line is the critical path: ← and → walk along it. + and − zoom, dragging moves, f fits."
          : "+ and − zoom, dragging moves, f fits."}
      </figcaption>
    );
  return (
    <figcaption aria-live="polite">
      <strong>
        <bdi>{run.agent_name}</bdi>
      </strong>{" "}
      <bdi>{run.task_description ?? run.task_type}</bdi>
      {" · "}
      <span class={`status ${run.status}`}>{run.status}</span>
      {run.duration_seconds === null ? "" : ` ${duration(run.duration_seconds)}`}
      {wait && (
        <>
          {` · waited ${duration(wait.seconds)} after `}
          <bdi>{wait.after}</bdi>
        </>
      )}
      {run.drag_seconds ? ` · without it ${duration(run.drag_seconds)} shorter` : ""}
      {run.error_message !== null && (
        <>
          {" · "}
          <bdi>{run.error_message}</bdi>
        </>
      )}
    </figcaption>
  );
}

/** The same for those who do not see the drawing. */
function RunTable({ workflow, waits }: { workflow: WorkflowDetail; waits: ReadonlyMap<string, Wait> }) {
  return (
    <div class="hidden">
      <table>
        <caption>Runs of {workflow.project_name ?? workflow.workflow_id}</caption>
        <thead>
          <tr>
            {["Agent", "Task", "Outcome", "Began after", "Took", "Waited"].map((name) => (
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
              <td>{duration(waits.get(run.invocation_id)?.seconds ?? null)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
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
      frame = requestAnimationFrame(grow);
      const { workflow: current, x: place } = latest.current;
      const now = elapsed(current);
      const next = horizon(now, current.estimated_duration);
      if (next !== limit) {
        limit = next;
        redraw.value++;
      }
      for (const bar of box.current?.querySelectorAll("rect[data-start]") ?? []) {
        const from = place(Number((bar as SVGRectElement).dataset["start"]));
        change(bar, "width", Math.max(LEAST_WIDTH, place(now) - from));
      }
      const line = box.current?.querySelector("[data-now]");
      if (line) for (const end of ["x1", "x2"]) change(line, end, place(now));
    };
    frame = requestAnimationFrame(grow);
    return () => cancelAnimationFrame(frame);
  }, [live]);
}

/** Only when it can be seen: what does not change need not be drawn. */
function change(element: Element, attribute: string, value: number): void {
  const text = value.toFixed(1);
  if (element.getAttribute(attribute) !== text) element.setAttribute(attribute, text);
}
