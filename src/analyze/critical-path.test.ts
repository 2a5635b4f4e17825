import { describe, expect, it } from "vitest";

import { criticalPath, drag, path, run, stretches, until } from "../../test/support/critical-path.js";

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
