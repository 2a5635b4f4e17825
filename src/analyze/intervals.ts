import { inOrder } from "./order.js";

/** A half-open stretch of time [start, end), in whole microseconds: sums and differences are exact. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The part of a span that lies in a window; of length zero when it lies outside. */
export function clip(span: Span, window: Span): Span {
  const start = Math.min(Math.max(span.start, window.start), window.end);
  return { start, end: Math.max(start, Math.min(span.end, window.end)) };
}

/** Length of the union: time during which at least one of the spans is active. Microseconds. */
export function unionLength(spans: readonly Span[]): number {
  let length = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const { start, end } of inOrder(spans, byStart)) {
    if (end <= start || end <= covered) continue;
    length += end - Math.max(start, covered);
    covered = end;
  }
  return length;
}

function byStart(a: Span, b: Span): number {
  return a.start - b.start;
}
