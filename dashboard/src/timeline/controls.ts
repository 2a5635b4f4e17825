import type { WorkflowDetail } from "../../../src/analyze/workflow-detail.js";
import type { Window } from "./drawing.js";

/** What a timeline can be asked for by pointer and keys. */
export interface Controls {
  readonly box: { current: HTMLDivElement | null };
  /** Pixels from the left to where time begins, and how many it has. */
  readonly label: number;
  readonly drawn: number;
  /** Seconds that the whole is long. */
  readonly end: number;
  readonly workflow: WorkflowDetail;
  readonly selected: string | undefined;
  readonly current: () => Window;
  /** `undefined`: all of it. */
  readonly show: (window: Window | undefined) => void;
  readonly select: (invocation_id: string | undefined) => void;
}

/** Wheel and pinch zoom, dragging moves, keys walk and zoom. */
export function controls({ box, label, drawn, end, workflow, selected, current, show, select }: Controls) {
  const move = (from: number, length: number) => {
    const start = Math.max(-0.1 * end, Math.min(from, end * 1.1 - length));
    show({ from: start, to: start + length });
  };
  /** Around a point that stays where it is, as a share of the width. */
  const zoom = (factor: number, at = 0.5, { from, to } = current()) => {
    const length = Math.min(end * 1.2, Math.max(end / 1e6, (to - from) * factor));
    move(from + (to - from - length) * at, length);
  };
  const share = (clientX: number) => (clientX - box.current!.getBoundingClientRect().left - label) / drawn;
  const walk = (step: 1 | -1) => {
    const path = [...new Set(workflow.critical_path.flatMap(({ invocation_id }) => invocation_id ?? []))];
    const steps = path.length > 0 ? path : workflow.runs.map(({ invocation_id }) => invocation_id);
    const at = selected === undefined ? -1 : steps.indexOf(selected);
    select(steps[at === -1 ? (step === 1 ? 0 : steps.length - 1) : (at + step + steps.length) % steps.length]);
  };
  return {
    onWheel: (event: WheelEvent) => {
      // The page scrolls, unless the wheel is meant for the drawing.
      if (!event.ctrlKey && !event.shiftKey && document.activeElement !== box.current) return;
      event.preventDefault();
      const { from, to } = current();
      if (event.shiftKey) move(from + ((to - from) * (event.deltaX || event.deltaY)) / 1000, to - from);
      else zoom(Math.exp(event.deltaY / 300), share(event.clientX));
    },
    onPointerDown: (down: PointerEvent) => {
      if (down.isPrimary) follow(down, { move, zoom, share, drawn, current });
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "ArrowRight") walk(1);
      else if (event.key === "ArrowLeft") walk(-1);
      else if (event.key === "+" || event.key === "=") zoom(1 / 1.5);
      else if (event.key === "-") zoom(1.5);
      else if (event.key === "f") show(undefined);
      else if (event.key === "Escape") select(undefined);
      else return;
      event.preventDefault();
    },
  };
}

interface Following extends Pick<Controls, "drawn" | "current"> {
  readonly move: (from: number, length: number) => void;
  readonly zoom: (factor: number, at: number, window: Window) => void;
  readonly share: (clientX: number) => number;
}

/** Follows fingers, or the mouse, until the first one leaves: one moves, two zoom. */
function follow(down: PointerEvent, { move, zoom, share, drawn, current }: Following): void {
  const places = new Map([[down.pointerId, down.clientX]]);
  let start = current();
  let began = [down.clientX];
  const ended = new AbortController();
  const { signal } = ended;
  /** From here on, as one more finger has come or gone. */
  const begin = () => {
    start = current();
    began = [...places.values()];
  };
  const onMove = ({ pointerId, clientX }: PointerEvent) => {
    if (!places.has(pointerId)) return;
    places.set(pointerId, clientX);
    const [first = 0, second] = places.values();
    if (second !== undefined) {
      const factor = Math.abs(began[0]! - began[1]!) / Math.max(1, Math.abs(first - second));
      zoom(factor, share((first + second) / 2), start);
    } else if (Math.abs(first - began[0]!) > 3) {
      const length = start.to - start.from;
      move(start.from - ((first - began[0]!) / drawn) * length, length);
    }
  };
  const onUp = ({ pointerId }: PointerEvent) => {
    places.delete(pointerId);
    if (pointerId === down.pointerId) ended.abort();
    else begin();
  };
  addEventListener("pointermove", onMove, { signal });
  for (const name of ["pointerup", "pointercancel"] as const) addEventListener(name, onUp, { signal });
  const onDown = ({ pointerId, clientX }: PointerEvent) => {
    if (places.size > 1) return;
    places.set(pointerId, clientX);
    begin();
  };
  addEventListener("pointerdown", (event) => event !== down && onDown(event), { signal });
}
