import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readiness, type Ready } from "./handoffs.js";
import type { Handoff, Run } from "./run.js";

const run = (agent: string, start: number, end: number | null, more: Partial<Run> = {}): Run => ({
  id: `${agent}${start}`,
  agent,
  task_type: null,
  parent_id: null,
  detached: false,
  start,
  end,
  status: end === null ? "running" : "success",
  ...more,
});
const handoff = (from_agent: string, to_agent: string, at: number): Handoff => ({ from_agent, to_agent, at });
const last = (runs: readonly Run[], ...handoffs: Handoff[]): Ready => readiness(runs, handoffs).at(-1)!;

/** The run after which another was ready, by trying every pair: an oracle that knows no sorting and no trees. */
function naivePredecessor(target: Run, runs: readonly Run[], handoffs: readonly Handoff[]) {
  const place = (one: Run) => runs.indexOf(one);
  const length = (one: Run) => (one.end === null ? 1e9 : one.end - one.start);
  const before = (a: Run, b: Run) => {
    if (a.start !== b.start) return a.start < b.start;
    return length(a) === length(b) ? place(a) < place(b) : length(a) < length(b);
  };
  const parentOf = (one: Run) => (one.detached ? undefined : runs.find(({ id }) => id === one.parent_id));
  const ancestorsOf = (one: Run): readonly Run[] => {
    const found: Run[] = [];
    for (let at = parentOf(one); at; at = parentOf(at)) {
      if (found.includes(at)) return [];
      found.push(at);
    }
    return found;
  };
  const related = (a: Run, b: Run) => ancestorsOf(a).includes(b) || ancestorsOf(b).includes(a);
  const best = (candidates: readonly Run[], better: (a: Run, b: Run) => boolean) =>
    candidates.find((one) => candidates.every((other) => other === one || better(one, other)));

  const instances = runs.filter(({ agent }) => agent === target.agent);
  const together = instances.filter(({ start }) => start === target.start);
  const named = handoffs
    .filter(({ to_agent, at }) => to_agent === target.agent && at <= target.start)
    .filter(({ at }) => !instances.some(({ start }) => at <= start && start < target.start))
    .map(({ from_agent, at }) =>
      best(
        runs.filter(
          (one) => one.agent === from_agent && one.start <= at && together.every((other) => before(one, other)),
        ),
        (a, b) => before(b, a),
      ),
    )
    .filter((one) => one !== undefined)
    .filter((one) => !related(one, target));
  const later = (a: Run, b: Run) =>
    a.end! !== b.end! ? a.end! > b.end! : a.start > b.start || (a.start === b.start && place(a) > place(b));
  const endedNamed = [...new Set(named)].filter(({ end }) => end !== null);
  if (named.length > 0)
    return {
      declared: true,
      from: best(endedNamed, later) ?? best([...new Set(named)], (a, b) => !before(a, b)),
    };
  const siblings = runs.filter((one) => one !== target && parentOf(one) === parentOf(target) && one.end !== null);
  return {
    declared: false,
    from: best(
      siblings.filter((one) => one.end! <= target.start && before(one, target)),
      later,
    ),
  };
}

const someRuns = fc
  .array(
    fc.record({
      agent: fc.constantFrom("a", "b", "c"),
      start: fc.nat(9),
      length: fc.option(fc.nat(5), { freq: 6 }),
      parent: fc.option(fc.nat(11)),
      detached: fc.boolean(),
    }),
    { maxLength: 10 },
  )
  .map((list) =>
    list.map(({ agent, start, length, parent, detached }, i) =>
      run(agent, start, length === null ? null : start + length, {
        id: String(i),
        parent_id: parent === null ? null : String(parent),
        detached,
      }),
    ),
  );
const agent = fc.constantFrom("a", "b", "c", "nobody");
const someHandoffs = fc.array(fc.record({ from_agent: agent, to_agent: agent, at: fc.nat(12) }), { maxLength: 6 });

describe("readiness", () => {
  it("finds what an exhaustive search finds", () => {
    fc.assert(
      fc.property(someRuns, someHandoffs, (runs, handoffs) => {
        const found = readiness(runs, handoffs);
        expect(found.map(({ id }) => id)).toEqual(runs.map(({ id }) => id));
        found.forEach(({ ready, from_id, from_agent, declared, latency, overlapping }, i) => {
          const naive = naivePredecessor(runs[i]!, runs, handoffs);
          expect({ declared, from_id, from_agent, ready }).toEqual({
            declared: naive.declared,
            from_id: naive.from?.id ?? null,
            from_agent: naive.from?.agent ?? null,
            ready: naive.from?.end ?? null,
          });
          expect(overlapping).toBe(ready !== null && ready > runs[i]!.start);
          expect(latency).toBe(ready === null || overlapping ? null : runs[i]!.start - ready);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("takes the run that ended last before", () => {
    expect(last([run("a", 0, 10), run("b", 0, 12), run("c", 15, 20)])).toEqual({
      id: "c15",
      ready: 12,
      from_id: "b0",
      from_agent: "b",
      declared: false,
      latency: 3,
      overlapping: false,
    });
  });

  it("knows no predecessor of the first run, nor of one that starts while all others run", () => {
    const none = { ready: null, from_id: null, from_agent: null, declared: false, latency: null, overlapping: false };
    expect(last([run("a", 0, 10)])).toEqual({ id: "a0", ...none });
    expect(last([run("a", 0, 10), run("b", 5, 20)])).toEqual({ id: "b5", ...none });
    expect(last([run("a", 0, null), run("b", 5, 20)])).toEqual({ id: "b5", ...none });
  });

  it("lets runs that touch follow each other without a wait, and those without length in the order given", () => {
    expect(last([run("a", 0, 10), run("b", 10, 20)])).toMatchObject({ from_id: "a0", latency: 0 });
    const [first, second] = readiness([run("a", 5, 5), run("b", 5, 5)], []);
    expect(first).toMatchObject({ from_id: null });
    expect(second).toMatchObject({ from_id: "a5", latency: 0 });
  });

  it("goes by the handoff rather than by who ended last", () => {
    const runs = [run("a", 0, 10), run("b", 0, 12), run("c", 15, 20)];
    expect(last(runs, handoff("a", "c", 11))).toMatchObject({ from_id: "a0", declared: true, latency: 5 });
    expect(last(runs, handoff("a", "c", 11), handoff("b", "c", 13))).toMatchObject({ from_id: "b0", latency: 3 });
  });

  it("does not go by handoffs after the start, to others, or used up by an earlier run of the agent", () => {
    const runs = [run("a", 0, 10), run("c", 11, 12), run("b", 11, 14), run("c", 15, 20)];
    for (const unfit of [handoff("a", "c", 16), handoff("a", "b", 13), handoff("a", "c", 11), handoff("x", "c", 13)])
      expect(last(runs, unfit)).toMatchObject({ from_id: "b11", declared: false });
  });

  it("gives runs that start together the same predecessor, and never each other", () => {
    const together = [run("a", 0, 10), run("c", 12, 20, { id: "c1" }), run("c", 12, 20, { id: "c2" })];
    const found = readiness(together, [handoff("a", "c", 11), handoff("c", "c", 12)]);
    expect(found.slice(1)).toMatchObject([
      { from_id: "a0", declared: true, latency: 2 },
      { from_id: "a0", declared: true, latency: 2 },
    ]);
  });

  it("has no latency where the declared predecessor ended after the start", () => {
    expect(last([run("a", 0, 18), run("c", 15, 20)], handoff("a", "c", 14))).toMatchObject({
      from_id: "a0",
      declared: true,
      ready: 18,
      latency: null,
      overlapping: true,
    });
  });

  it("names a declared predecessor that never ended, without saying since when the run was ready", () => {
    const runs = [run("a", 0, null), run("b", 0, 10), run("c", 15, 20)];
    expect(last(runs, handoff("a", "c", 14))).toMatchObject({
      from_id: "a0",
      declared: true,
      ready: null,
      latency: null,
      overlapping: false,
    });
    expect(last(runs, handoff("a", "c", 14), handoff("b", "c", 14))).toMatchObject({ from_id: "b0", latency: 5 });
    const both = [run("a", 0, null), run("b", 1, null), run("c", 15, 20)];
    expect(last(both, handoff("a", "c", 14), handoff("b", "c", 14))).toMatchObject({ from_id: "b1", ready: null });
  });

  it("compares children of one parent with each other only", () => {
    const parent_id = "p0";
    const runs = [
      run("x", -10, -5),
      run("p", 0, 100),
      run("a", 10, 20, { parent_id }),
      run("b", 25, 30, { parent_id }),
      run("y", 105, 110),
    ];
    const [, parent, first, second, next] = readiness(runs, [handoff("p", "a", 9)]);
    expect(parent).toMatchObject({ from_id: "x-10", latency: 5 });
    expect(first).toMatchObject({ from_id: null, ready: null, declared: false });
    expect(second).toMatchObject({ from_id: "a10", latency: 5 });
    expect(next).toMatchObject({ from_id: "p0", latency: 5 });
  });

  it("lets a detached run follow the one that started it", () => {
    const detached = run("d", 12, 50, { parent_id: "p0", detached: true });
    expect(last([run("p", 0, 10), detached])).toMatchObject({ from_id: "p0", latency: 2 });
    expect(last([run("p", 0, 20), detached])).toMatchObject({ from_id: null });
  });

  it("follows 20,000 runs, nested as deeply, each handed over", () => {
    const runs = Array.from({ length: 20_000 }, (_, i) =>
      run(`agent${i % 7}`, 2 * i, i % 2 === 0 ? 1e6 - i : 2 * i + 1, {
        id: String(i),
        parent_id: i > 1 ? String(i - (i % 2 === 0 ? 2 : 1)) : null,
      }),
    );
    const handoffs = runs.slice(1).map(({ agent: to_agent, start }, i) => handoff(runs[i]!.agent, to_agent, start));
    const found = readiness(runs, handoffs);
    expect(found.filter(({ declared }) => declared).length).toBeGreaterThan(0);
    // Even ones nest; odd ones are children of the even one before, and follow nothing.
    expect(found[19_999]).toMatchObject({ from_id: null, declared: false });
  });
});
