import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { criticalPath as pathOf, type PathSegment } from "./critical-path.js";
import { clip, unionLength, type Span } from "./intervals.js";
import type { EndedRun } from "./run.js";

const run = (id: string, start: number, end: number, parent_id: string | null = null, detached = false): EndedRun => ({
  id,
  agent: id,
  task_type: null,
  parent_id,
  detached,
  start,
  end,
  status: "success",
});

/** The path, with the drag of each run on it by its id. */
interface CriticalPath {
  readonly segments: readonly PathSegment[];
  readonly drag: ReadonlyMap<string, number>;
  readonly outside_parent: number;
}
function criticalPath(window: Span, runs: readonly EndedRun[]): CriticalPath {
  const { segments, drag: drags, outside_parent } = pathOf(window, runs);
  const onPath = runs.flatMap(({ id }, i) => (drags[i] === null ? [] : [[id, drags[i]!] as const]));
  return { segments, drag: new Map(onPath), outside_parent };
}

const until = (end: number): Span => ({ start: 0, end });
const length = ({ start, end }: Span) => end - start;

/** Segments as `[id, start, end]`. */
const stretches = ({ segments }: CriticalPath) => segments.map(({ id, start, end }) => [id, start, end]);
const path = (end: number, ...runs: EndedRun[]) => stretches(criticalPath(until(end), runs));
const drag = (end: number, ...runs: EndedRun[]) => Object.fromEntries(criticalPath(until(end), runs).drag);

describe("the path between top-level runs", () => {
  it("takes the longest branch of a fan-out", () => {
    const runs = [run("planner", 0, 10), run("w1", 10, 20), run("w2", 10, 25)];
    expect(path(25, ...runs)).toEqual([
      ["planner", 0, 10],
      ["w2", 10, 25],
    ]);
  });

  it("takes the last branch of a fan-in", () => {
    expect(path(20, run("w1", 0, 10), run("w2", 0, 8), run("merger", 10, 20))).toEqual([
      ["w1", 0, 10],
      ["merger", 10, 20],
    ]);
  });

  it("goes to the run that ends exactly there, although another is under way since earlier", () => {
    expect(path(30, run("background", 0, 29), run("a", 5, 10), run("b", 10, 30))).toEqual([
      ["background", 0, 5],
      ["a", 5, 10],
      ["b", 10, 30],
    ]);
  });

  it("goes to the one under way that started first, up to there", () => {
    expect(path(25, run("late", 10, 25), run("first", 2, 12), run("second", 6, 20))).toEqual([
      [null, 0, 2],
      ["first", 2, 10],
      ["late", 10, 25],
    ]);
  });

  it("waits only while no run is active", () => {
    expect(path(40, run("a", 5, 10), run("b", 20, 30))).toEqual([
      [null, 0, 5],
      ["a", 5, 10],
      [null, 10, 20],
      ["b", 20, 30],
      [null, 30, 40],
    ]);
  });

  it("takes the longer of two that end together, the first listed of two alike", () => {
    expect(path(10, run("short", 5, 10), run("long", 0, 10))).toEqual([["long", 0, 10]]);
    expect(path(10, run("one", 0, 10), run("other", 0, 10))).toEqual([["one", 0, 10]]);
  });

  it("cuts off what lies outside of the window", () => {
    const runs = [run("before", -20, -10), run("a", -5, 5), run("b", 5, 50), run("after", 60, 70)];
    expect(stretches(criticalPath({ start: 0, end: 40 }, runs))).toEqual([
      ["a", 0, 5],
      ["b", 5, 40],
    ]);
  });

  it("is one stretch of waiting without runs, and nothing in an empty window", () => {
    expect(path(10)).toEqual([[null, 0, 10]]);
    expect(criticalPath({ start: 5, end: 5 }, [run("a", 0, 10)])).toEqual({
      segments: [],
      drag: new Map(),
      outside_parent: 0,
    });
  });

  it("never has a run without length", () => {
    expect(
      path(10, run("start", 0, 0), run("a", 0, 5), run("middle", 5, 5), run("b", 5, 10), run("end", 10, 10)),
    ).toEqual([
      ["a", 0, 5],
      ["b", 5, 10],
    ]);
  });
});

describe("the path within a run", () => {
  it("goes from child to child, the rest is the parent's own time", () => {
    const runs = [run("p", 0, 80), run("b", 10, 30, "p"), run("c", 20, 45, "p"), run("d", 40, 65, "p")];
    expect(path(80, ...runs)).toEqual([
      ["p", 0, 10],
      ["b", 10, 30],
      ["p", 30, 40],
      ["d", 40, 65],
      ["p", 65, 80],
    ]);
  });

  it("keeps children that touch, and leaves a parent out that has no time of its own", () => {
    const runs = [run("p", 0, 20), run("a", 0, 10, "p"), run("b", 10, 20, "p"), run("c", 5, 19, "p")];
    const result = criticalPath(until(20), runs);
    expect(stretches(result)).toEqual([
      ["a", 0, 10],
      ["b", 10, 20],
    ]);
    expect([...result.drag.keys()]).toEqual(["a", "b"]);
  });

  it("walks a run that was under way only up to there, with its children", () => {
    const runs = [
      run("p", 0, 15),
      run("over", 2, 5, "p"),
      run("short", 7, 11, "p"),
      run("long", 6, 14, "p"),
      run("inner", 8, 13, "long"),
      run("last", 10, 25),
    ];
    expect(path(25, ...runs)).toEqual([
      ["p", 0, 2],
      ["over", 2, 5],
      ["p", 5, 6],
      ["long", 6, 8],
      ["inner", 8, 10],
      ["last", 10, 25],
    ]);
  });

  it("cuts a child down to its parent, and that one's children with it", () => {
    const runs = [run("p", 10, 20), run("c", 5, 30, "p"), run("d", 0, 12, "c"), run("e", 25, 28, "c")];
    expect(path(40, ...runs)).toEqual([
      [null, 0, 10],
      ["d", 10, 12],
      ["c", 12, 20],
      [null, 20, 40],
    ]);
  });

  it("leaves out and counts children that lie wholly outside, with all below them", () => {
    const runs = [run("p", 10, 20), run("c", 20, 30, "p"), run("d", 22, 28, "c"), run("e", 0, 10, "p")];
    const result = criticalPath(until(40), runs);
    expect(result.outside_parent).toBe(2);
    expect(stretches(result)).toEqual([
      [null, 0, 10],
      ["p", 10, 20],
      [null, 20, 40],
    ]);
  });

  it.each([
    ["that touches from before", 0, 10, 1],
    ["that touches from behind", 20, 25, 1],
    ["with a microsecond in common", 19, 25, 0],
    ["around it", 0, 30, 0],
    ["without length at its start", 10, 10, 0],
    ["without length at its end", 20, 20, 0],
    ["without length before it", 9, 9, 1],
    ["without length after it", 21, 21, 1],
  ])("counts a child %s rightly", (_, start, end, outside) => {
    const runs = [run("p", 10, 20), run("c", start, end, "p")];
    expect(criticalPath(until(40), runs).outside_parent).toBe(outside);
    expect(criticalPath(until(15), runs).outside_parent).toBe(outside);
  });

  it("takes as top-level who is detached, names a stranger, or is its own ancestor", () => {
    expect(path(20, run("p", 0, 10), run("d", 10, 20, "p", true))).toEqual([
      ["p", 0, 10],
      ["d", 10, 20],
    ]);
    expect(path(20, run("p", 0, 20, "stranger"))).toEqual([["p", 0, 20]]);
    expect(path(20, run("p", 0, 20, "p"))).toEqual([["p", 0, 20]]);
    expect(path(30, run("a", 0, 10, "b"), run("b", 10, 20, "a"), run("c", 20, 30, "c"), run("d", 5, 8, "a"))).toEqual([
      ["a", 0, 5],
      ["d", 5, 8],
      ["a", 8, 10],
      ["b", 10, 20],
      ["c", 20, 30],
    ]);
  });
});

describe("drag", () => {
  it("is limited by the run beside it that ends last", () => {
    expect(drag(25, run("planner", 0, 10), run("w1", 10, 20), run("w2", 10, 25))).toEqual({ planner: 10, w2: 5 });
  });

  it("is the whole time of each run in a chain", () => {
    expect(drag(30, run("a", 0, 10), run("b", 10, 17), run("c", 20, 30))).toEqual({ a: 10, b: 7, c: 10 });
  });

  it("is limited by runs on the path too", () => {
    expect(drag(25, run("s1", 0, 15), run("s2", 10, 25))).toEqual({ s1: 0, s2: 10 });
  });

  it("is nothing when another run ends just then", () => {
    expect(drag(10, run("a", 0, 10), run("b", 0, 10), run("c", 0, 10))).toEqual({ a: 0 });
  });

  it("is limited by siblings of ancestors, but not by what is below other runs, nor above or below the run", () => {
    const runs = [
      run("p", 0, 20),
      run("c", 2, 18, "p"),
      run("d", 4, 16, "c"),
      run("beside d", 5, 9, "c"),
      run("beside p", 3, 17),
      run("below beside p", 4, 17, "beside p"),
    ];
    expect(drag(20, ...runs)).toEqual({ p: 3, c: 3, d: 3 });
    expect(drag(20, ...runs.slice(0, 4))).toEqual({ p: 4, c: 4, d: 9 });
  });

  it("lets a run end later until the next of its siblings starts, or its parent ends", () => {
    const runs = [run("p", 0, 30), run("a", 0, 10, "p"), run("beside", 0, 4, "p"), run("b", 9, 30, "p")];
    expect(drag(30, ...runs)).toEqual({ p: 5, beside: 4, b: 20 });
    const [p, a, beside] = runs;
    expect(drag(30, p!, a!, beside!)).toEqual({ p: 20, a: 10 });
    expect(drag(30, p!, a!, beside!, run("c", 6, 7, "p"))).toEqual({ p: 20, a: 2 });
  });
});

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

describe("a large workflow", () => {
  const many = 20_000;
  const each = <T>(make: (i: number) => T) => Array.from({ length: many }, (_, i) => make(i));

  it("of runs one after the other", () => {
    const { segments, drag: drags } = criticalPath(
      until(10 * many),
      each((i) => run(String(i), 10 * i, 10 * i + 9)),
    );
    expect(segments).toHaveLength(2 * many);
    expect(drags.size).toBe(many);
    expect(new Set(drags.values())).toEqual(new Set([9]));
  });

  it("of runs that all overlap the next, at the top and within a run", () => {
    const overlapping = (parent: string | null) => each((i) => run(String(i), 10 * i, 10 * i + 15, parent));
    const top = criticalPath(until(10 * many + 5), overlapping(null));
    expect(top.segments.map(({ id }) => id)).toEqual(each(String));
    expect(top.drag.get("0")).toBe(5);
    const inner = criticalPath(until(10 * many + 5), [run("p", 0, 10 * many + 5), ...overlapping("p")]);
    expect(inner.segments.filter(({ id }) => id !== "p").map(({ id }) => id)).toEqual(
      each(String).filter((_, i) => i % 2 === 1),
    );
  });

  it("of runs that are all under way until near the end", () => {
    const { segments, drag: drags } = criticalPath(
      until(3 * many),
      each((i) => run(String(i), i, 3 * many - i)),
    );
    expect(segments).toEqual([{ start: 0, end: 3 * many, id: "0" }]);
    expect([...drags]).toEqual([["0", 1]]);
  });

  it("of 10 000 levels, each with a run beside it", () => {
    const levels = many / 2;
    const runs = Array.from({ length: levels }, (_, i) => {
      const parent = i === 0 ? null : `p${i - 1}`;
      return [run(`p${i}`, 2 * i, 100_000 - 2 * i, parent), run(`q${i}`, 2 * i, 2 * i + 3, parent)];
    }).flat();
    const { segments, drag: drags } = criticalPath(until(100_000), runs);
    expect(segments).toHaveLength(2 * levels - 1);
    expect(segments[levels - 1]).toEqual({ start: 2 * levels - 2, end: 100_002 - 2 * levels, id: `p${levels - 1}` });
    expect(drags.size).toBe(levels);
    expect([...drags].slice(0, 3)).toEqual([
      ["p0", 4],
      ["p1", 4],
      ["p2", 4],
    ]);
  });

  it("of a circle of parents", () => {
    const { segments } = criticalPath(
      until(many),
      each((i) => run(String(i), i, i + 1, String((i + 1) % many))),
    );
    expect(segments.map(({ id }) => id)).toEqual(each(String));
  });
});
