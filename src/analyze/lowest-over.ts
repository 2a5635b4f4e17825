import type { Span } from "./intervals.js";

/** Numbers laid over spans of time, and the lowest of those that overlap another span. */
export interface LowestOver {
  lay(span: Span, value: number): void;
  /** Infinity if there is none. */
  lowest(span: Span): number;
}

/** From how many spans on a tree is faster than looking at all of them. */
const MANY = 32;

/** @param spans those that numbers will be laid over */
export function lowestOver(spans: readonly Span[]): LowestOver {
  return spans.length < MANY ? new LowestOverFew() : new LowestOverMany(spans);
}

/** Looks at all spans: what the word "overlap" says. */
export class LowestOverFew implements LowestOver {
  readonly #laid: { readonly span: Span; readonly value: number }[] = [];

  lay(span: Span, value: number): void {
    this.#laid.push({ span, value });
  }

  lowest({ start, end }: Span): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const { span, value } of this.#laid)
      if (value < lowest && Math.min(end, span.end) > Math.max(start, span.start)) lowest = value;
    return lowest;
  }
}

/** A segment tree: looks at O(log n) of its nodes. */
export class LowestOverMany implements LowestOver {
  /** Boundaries of the stretches of time that are the leaves: leaf i begins with the i-th. */
  readonly #times: readonly number[];
  readonly #leaves: number;
  /** For each node of the tree the lowest number laid over the whole of it; what is above it counts as well. */
  readonly #whole: Float64Array;
  /** For each node of the tree the lowest number laid over a part of it; what is above it is not included. */
  readonly #part: Float64Array;

  /** @param spans those that numbers will be laid over */
  constructor(spans: readonly Span[]) {
    this.#times = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].toSorted((a, b) => a - b);
    this.#leaves = 2 ** Math.ceil(Math.log2(this.#times.length + 1));
    this.#whole = new Float64Array(2 * this.#leaves).fill(Number.POSITIVE_INFINITY);
    this.#part = this.#whole.slice();
  }

  lay(span: Span, value: number): void {
    const { whole, above } = this.#nodes(span);
    for (const node of whole) this.#whole[node] = Math.min(this.#whole[node]!, value);
    for (const node of [...whole, ...above]) this.#part[node] = Math.min(this.#part[node]!, value);
  }

  lowest(span: Span): number {
    const { whole, above } = this.#nodes(span);
    let lowest = Number.POSITIVE_INFINITY;
    for (const node of whole) lowest = Math.min(lowest, this.#part[node]!);
    for (const node of above) lowest = Math.min(lowest, this.#whole[node]!);
    return lowest;
  }

  /** The nodes that make up a span exactly, rounded outwards to whole leaves, and those above its two ends. */
  #nodes({ start, end }: Span): { readonly whole: readonly number[]; readonly above: readonly number[] } {
    const whole: number[] = [];
    const above: number[] = [];
    let first = firstAtLeast(this.#times, start);
    if (first > 0 && this.#times[first] !== start) first--;
    let low = first + this.#leaves;
    let high = firstAtLeast(this.#times, end) + this.#leaves;
    if (low >= high) return { whole, above }; // a span without length
    for (let at = low >> 1; at > 0; at >>= 1) above.push(at);
    for (let at = (high - 1) >> 1; at > 0; at >>= 1) above.push(at);
    for (; low < high; low >>= 1, high >>= 1) {
      if (low & 1) whole.push(low++);
      if (high & 1) whole.push(--high);
    }
    return { whole, above };
  }
}

/** Index of the first of some ascending numbers that is not below a value; their count if all are. */
export function firstAtLeast(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
