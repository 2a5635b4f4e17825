import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { splitWaits, type QueuedRun } from "./waits.js";

/** Goes through every wait second by second and looks at all the other runs. */
function naiveSplit(runs: readonly QueuedRun[]) {
  const since = ({ enabled, start }: QueuedRun) => (enabled > start ? start : enabled);
  return runs.map((run) => {
    const split = { contention: 0, prioritization: 0, other: 0 };
    for (let second = run.enabled; second < run.start; second++) {
      const inTheWay = runs.filter((other) => other !== run && other.start <= second && second < other.end);
      if (inTheWay.some((other) => since(other) <= since(run))) split.contention++;
      else if (inTheWay.length > 0) split.prioritization++;
      else split.other++;
    }
    return split;
  });
}

const queuedRun = fc
  .record({ enabled: fc.nat(40), wait: fc.integer({ min: -3, max: 25 }), length: fc.nat(15) })
  .map(({ enabled, wait, length }) => ({ enabled, start: enabled + wait, end: enabled + wait + length }));

describe("splitWaits", () => {
  it("finds what looking at every second finds", () => {
    fc.assert(
      fc.property(fc.array(queuedRun, { maxLength: 12 }), (runs) => {
        expect(splitWaits(runs)).toEqual(naiveSplit(runs));
      }),
      { numRuns: 1000 },
    );
  });

  it("tells who was first by when each was enabled, not by when it started", () => {
    const [late, early] = splitWaits([
      { enabled: 10, start: 30, end: 40 },
      { enabled: 0, start: 12, end: 20 },
    ]);
    expect(late).toEqual({ contention: 8, prioritization: 0, other: 12 });
    expect(early).toEqual({ contention: 0, prioritization: 0, other: 12 });
    expect(
      splitWaits([
        { enabled: 10, start: 30, end: 40 },
        { enabled: 11, start: 12, end: 20 },
      ])[0],
    ).toEqual({ contention: 0, prioritization: 8, other: 12 });
  });

  it("counts what was enabled at the same time, and what runs beside a later one, as contention", () => {
    const [waiting] = splitWaits([
      { enabled: 10, start: 30, end: 40 },
      { enabled: 10, start: 12, end: 20 },
      { enabled: 15, start: 15, end: 25 },
    ]);
    expect(waiting).toEqual({ contention: 8, prioritization: 5, other: 7 });
  });

  it("takes a run that started before it was enabled for one that did not wait", () => {
    expect(splitWaits([{ enabled: 20, start: 10, end: 30 }])).toEqual([{ contention: 0, prioritization: 0, other: 0 }]);
  });

  it("splits 100,000 short waits beside a run that lasts through all of them", () => {
    const short = Array.from({ length: 100_000 }, (_, i) => ({
      enabled: 10 * i + 1,
      start: 10 * i + 5,
      end: 10 * i + 6,
    }));
    const splits = splitWaits([{ enabled: 0, start: 0, end: 1_000_000 }, ...short]);
    expect(splits).toHaveLength(100_001);
    expect(new Set(splits.slice(1).map((split) => JSON.stringify(split)))).toEqual(
      new Set([JSON.stringify({ contention: 4, prioritization: 0, other: 0 })]),
    );
  });
});
