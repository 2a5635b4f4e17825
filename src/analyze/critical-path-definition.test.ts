import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { criticalPath, drag, length, run, until } from "../../test/support/critical-path.js";
import { clip, unionLength, type Span } from "./intervals.js";
import type { EndedRun } from "./run.js";

/** The same by definition: microsecond by microsecond, with sets and all pairs. For small windows only. */
class Naive {
  constructor(
    readonly window: Span,
    readonly runs: readonly EndedRun[],
  ) {}

  /** The chain of waiting parents from the run itself upwards; endless in a circle, therefore cut. */
  line(of: EndedRun): EndedRun[] {
    const line = [of];
    while (line.length <= this.runs.length) {
      const { detached, parent_id } = line.at(-1)!;
      const parent = detached ? undefined : this.runs.find(({ id }) => id === parent_id);
      if (!parent) break;
      line.push(parent);
    }
    return line;
  }

  parent(of: EndedRun): EndedRun | undefined {
    const above = this.line(of).slice(1);
    return above.includes(of) ? undefined : above[0];
  }

  lineage(of: EndedRun): EndedRun[] {
    const parent = this.parent(of);
    return parent ? [of, ...this.lineage(parent)] : [of];
  }

  siblings(of: EndedRun | undefined): EndedRun[] {
    return this.runs.filter((other) => this.parent(other) === of);
  }

  /** Its time, cut to the window and then, from the top, to each ancestor. */
  span(of: EndedRun): Span {
    return this.lineage(of).reduceRight((outer: Span, inner) => clip(inner, outer), this.window);
  }

  /** Who is on the path in each microsecond before `end`, the last first. */
  within(of: EndedRun, end: number): string[] {
    const { start } = this.span(of);
    const owners: string[] = [];
    for (let at = end; at > start; at = end - owners.length) {
      const child = this.best(this.siblings(of), at, (span) => Math.min(span.end, end) === at);
      owners.push(...(child ? this.within(child, at) : [of.id]));
    }
    return owners;
  }

  /** Of the runs whose span starts before a time and is as wanted, the one that started first. */
  best(runs: readonly EndedRun[], at: number, wanted: (span: Span) => boolean): EndedRun | undefined {
    return runs
      .filter((one) => this.span(one).start < at && wanted(this.span(one)))
      .toSorted((a, b) => this.span(a).start - this.span(b).start)[0];
  }

  /** Who is on the path in each microsecond of the window. */
  owners(): (string | null)[] {
    const top = this.siblings(undefined);
    const owners: (string | null)[] = [];
    for (let at = this.window.end; at > this.window.start; at = this.window.end - owners.length) {
      const next =
        this.best(top, at, ({ end }) => end === at) ??
        this.best(
          top.toSorted((a, b) => this.span(b).end - this.span(a).end),
          at,
          ({ end }) => end > at,
        );
      owners.push(...(next ? this.within(next, at) : [null]));
    }
    return owners.toReversed();
  }

  slack(of: EndedRun): number {
    const parent = this.parent(of);
    const { end } = this.span(of);
    const starts = this.siblings(parent)
      .map((other) => this.span(other).start)
      .filter((start) => start >= end);
    return Math.min(...starts, (parent ? this.span(parent) : this.window).end) - end;
  }

  drag(): Record<string, number> {
    const owners = this.owners();
    const onPath = this.runs.filter(({ id }) => owners.includes(id));
    return Object.fromEntries(
      onPath.map((one) => {
        const beside = this.lineage(one)
          .flatMap((each) => this.siblings(this.parent(each)).filter((other) => other !== each))
          .filter((other) => this.common(this.span(one), this.span(other)) > 0);
        const time = owners.filter((id) => id === one.id).length;
        return [one.id, Math.min(time, ...beside.map((other) => this.slack(other)))];
      }),
    );
  }

  common(a: Span, b: Span): number {
    return Math.min(a.end, b.end) - Math.max(a.start, b.start);
  }
}

/** Runs that touch, overlap, stick out, go round in circles: small numbers, so that they meet often. */
const anyRuns = (size: number, largest: number) =>
  fc
    .array(
      fc.record({
        start: fc.integer({ min: -2, max: size + 1 }),
        length: fc.nat(size),
        parent: fc.option(fc.nat(largest - 1)),
        detached: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
      }),
      { maxLength: largest },
    )
    .map((list) =>
      list.map((one, i) =>
        run(
          String(i),
          one.start,
          one.start + one.length,
          one.parent === null ? null : String(one.parent),
          one.detached,
        ),
      ),
    );

/** Runs of which each lies within its parent. */
const nestedRuns = (size: number, largest: number) =>
  anyRuns(size, largest).map((list) => {
    const nested: EndedRun[] = [];
    for (const one of list) {
      const parent = nested.find(({ id }) => id === one.parent_id && !one.detached);
      nested.push({ ...one, ...clip(one, parent ?? one), parent_id: parent?.id ?? null });
    }
    return nested;
  });

const anyCase = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 8 }), anyRuns(8, 5)),
  fc.tuple(fc.integer({ min: 6, max: 14 }), nestedRuns(12, 9)),
  fc.tuple(fc.integer({ min: 20, max: 40 }), nestedRuns(40, 12)),
  fc.tuple(
    fc.integer({ min: 10, max: 20 }),
    anyRuns(20, 8).map((runs) => runs.map((one) => ({ ...one, parent_id: null }))),
  ),
);

describe("whatever the runs", () => {
  it("the path is what the definition gives, microsecond by microsecond", () => {
    fc.assert(
      fc.property(anyCase, ([end, runs]) => {
        const { segments } = criticalPath(until(end), runs);
        const owners = segments.flatMap((segment) => Array.from({ length: length(segment) }, () => segment.id));
        expect(owners).toEqual(new Naive(until(end), runs).owners());
      }),
      { numRuns: 2000 },
    );
  });

  it("the drag is what the definition gives", () => {
    fc.assert(
      fc.property(anyCase, ([end, runs]) => {
        expect(drag(end, ...runs)).toEqual(new Naive(until(end), runs).drag());
      }),
      { numRuns: 2000 },
    );
  });

  it("the segments cover the window exactly, and the drag of a run is at most its time", () => {
    const times = fc.tuple(fc.integer({ min: -1e15, max: 1e15 }), anyCase);
    fc.assert(
      fc.property(times, ([origin, [end, list]]) => {
        const runs = list.map((one) => ({ ...one, start: origin + one.start, end: origin + one.end }));
        const window = { start: origin, end: origin + end };
        const { segments, drag: drags } = criticalPath(window, runs);
        let at = window.start;
        let before: string | null | undefined;
        for (const segment of segments) {
          expect(segment.start).toBe(at);
          expect(segment.end).toBeGreaterThan(at);
          expect(segment.id).not.toBe(before);
          at = segment.end;
          before = segment.id;
        }
        expect(at).toBe(window.end);
        const ids = new Set(segments.flatMap(({ id }) => (id === null ? [] : [id])));
        expect(new Set(drags.keys())).toEqual(ids);
        for (const [id, microseconds] of drags) {
          const time = segments
            .filter((segment) => segment.id === id)
            .reduce((sum, segment) => sum + length(segment), 0);
          expect(microseconds).toBeGreaterThanOrEqual(0);
          expect(microseconds).toBeLessThanOrEqual(time);
        }
      }),
    );
  });

  it("the order of the list makes no difference to runs one after the other", () => {
    const gapsAndLengths = fc.array(fc.tuple(fc.nat(3), fc.nat(5)), { maxLength: 8 });
    fc.assert(
      fc.property(gapsAndLengths, fc.integer({ min: 1, max: 30 }), (list, end) => {
        let at = -3;
        const runs = list.map(([gap, duration], i) => run(String(i), (at += gap), (at += duration)));
        // Backwards they take the way of any runs, in order they need no looking back.
        const backwards = criticalPath(until(end), runs.toReversed());
        const inOrder = criticalPath(until(end), runs);
        expect(inOrder.segments).toEqual(backwards.segments);
        expect(inOrder.drag).toEqual(backwards.drag);
      }),
    );
  });

  it("the waiting is the time in which no run is active", () => {
    const forests = fc.tuple(fc.integer({ min: 0, max: 40 }), nestedRuns(20, 8));
    fc.assert(
      fc.property(forests, ([end, runs]) => {
        const waiting = criticalPath(until(end), runs).segments.filter(({ id }) => id === null);
        const active = unionLength(runs.map((one) => clip(one, until(end))));
        expect(waiting.reduce((sum, segment) => sum + length(segment), 0)).toBe(end - active);
      }),
    );
  });
});
