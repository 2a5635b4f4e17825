import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { mulberry32, phaseBand, type IdleTime } from "./band.js";

const MINUTE = 60e6;

/** As many workflows of one hour, each with this idle share in percent. */
const alike = (percent: number, count: number): IdleTime[] =>
  Array.from({ length: count }, () => ({ idle: (percent * 60 * MINUTE) / 100, wall: 60 * MINUTE }));

const workflow = fc
  .integer({ min: 1, max: 10 * 60 * MINUTE })
  .chain((wall) => fc.record({ wall: fc.constant(wall), idle: fc.nat(wall) }));

const bandsOf = (times: readonly IdleTime[], completed = times.length) => phaseBand(times, completed).bands;

describe("phaseBand", () => {
  it.each([
    [0, "stay"],
    [14.99, "stay"],
    [15, "monitor"],
    [30, "monitor"],
    [30.01, "consider"],
    [100, "consider"],
  ])("%d percent in every workflow is %s", (percent, band) => {
    expect(phaseBand(alike(percent, 5), 5)).toEqual({
      status: "decided",
      bands: [band],
      idle_share: percent / 100,
      interval: [percent / 100, percent / 100],
    });
  });

  it("names the bands that the interval touches", () => {
    const around = (percent: number) => [...alike(percent - 10, 10), ...alike(percent + 10, 10)];
    expect(bandsOf(around(15))).toEqual(["stay", "monitor"]);
    expect(bandsOf(around(30))).toEqual(["monitor", "consider"]);
    expect(bandsOf([...alike(0, 5), ...alike(50, 5)])).toEqual(["stay", "monitor", "consider"]);
    expect(phaseBand(around(15), 20)).toMatchObject({
      status: "undecided",
      reason: expect.stringMatching(/reaches into 2 bands$/),
    });
  });

  it.each([
    [5, ["stay", "monitor"]],
    [16, ["stay", "monitor"]],
    [22.5, ["stay", "monitor"]],
    [23, ["monitor", "consider"]],
    [30, ["monitor", "consider"]],
    [80, ["monitor", "consider"]],
  ])("%d percent in 4 workflows: %o", (percent, bands) => {
    expect(phaseBand(alike(percent, 4), 4)).toEqual({
      status: "undecided",
      bands,
      idle_share: percent / 100,
      interval: null,
      reason: "5 completed workflows are needed, there are 4",
    });
  });

  it("asks for 5 workflows and 5 groups of them, with wall time", () => {
    expect(phaseBand(alike(5, 6), 4).status).toBe("undecided");
    expect(phaseBand(alike(5, 4), 400).status).toBe("undecided");
    expect(phaseBand([...alike(5, 4), { idle: 0, wall: 0 }], 5).status).toBe("undecided");
    expect(phaseBand(alike(5, 5), 400).status).toBe("decided");
  });

  it.each([[[]], [[{ idle: 0, wall: 0 }]]])("knows nothing without wall time", (times) => {
    expect(phaseBand(times, times.length)).toEqual({
      status: "undecided",
      bands: [],
      idle_share: null,
      interval: null,
      reason: "no workflow has wall time",
    });
  });

  it("goes by other limits, and does not name a band that they leave no room for", () => {
    const at = (percent: number, stay: number, consider: number, count = 4) =>
      phaseBand(alike(percent, count), count, { stay, consider }).bands;
    expect(at(35, 40, 50, 5)).toEqual(["stay"]);
    expect(at(1, 0, 30)).toEqual(["monitor", "consider"]);
    expect(at(99, 15, 100)).toEqual(["stay", "monitor"]);
    expect(at(50, 0, 100)).toEqual(["monitor"]);
  });

  it.each([
    [{ stay: -1, consider: 30 }, /^stay /],
    [{ stay: 101, consider: 102 }, /^stay /],
    [{ stay: Number.NaN, consider: 30 }, /^stay /],
    [{ stay: 31, consider: 30 }, /^consider /],
    [{ stay: 15, consider: 101 }, /^consider /],
    [{ stay: 15, consider: Number.NaN }, /^consider /],
  ])("does not take the limits %o", (thresholds, message) => {
    expect(() => phaseBand([], 0, thresholds)).toThrow(RangeError);
    expect(() => phaseBand([], 0, thresholds)).toThrow(message);
  });

  it("is the same each time, and its interval lies among the workflows' own shares", () => {
    fc.assert(
      fc.property(fc.array(workflow, { minLength: 5, maxLength: 30 }), (times) => {
        const estimate = phaseBand(times, times.length);
        expect(phaseBand(times, times.length)).toEqual(estimate);
        const shares = times.map(({ idle, wall }) => idle / wall);
        const [lower, upper] = estimate.interval!;
        expect(lower).toBeLessThanOrEqual(upper);
        expect(lower).toBeGreaterThanOrEqual(Math.min(...shares) - 1e-12);
        expect(upper).toBeLessThanOrEqual(Math.max(...shares) + 1e-12);
        expect(estimate.bands.length === 1).toBe(estimate.status === "decided");
      }),
      { numRuns: 30 },
    );
  });

  it("does not depend on the unit of time", () => {
    const times = [3, 20, 35, 8, 61, 12, 18].map((idle, i) => ({ idle, wall: 100 + 64 * i }));
    const longer = times.map(({ idle, wall }) => ({ idle: 1024 * idle, wall: 1024 * wall }));
    expect(phaseBand(longer, 7)).toEqual(phaseBand(times, 7));
  });

  it("covers the true share in about 95 % of samples of 60 workflows of very different length", () => {
    const random = mulberry32(7);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    // Log-normal durations; the share, a product of two uniform numbers, does not depend on them: 1/4 of all time.
    const sample = () =>
      Array.from({ length: 60 }, () => {
        const wall = 10 * MINUTE * Math.exp(0.8 * normal());
        return { idle: wall * random() * random(), wall };
      });
    const covered = Array.from({ length: 500 }, () => phaseBand(sample(), 60).interval!).filter(
      ([lower, upper]) => lower <= 0.25 && upper >= 0.25,
    );
    expect(covered.length / 500).toBeGreaterThan(0.9);
    expect(covered.length / 500).toBeLessThan(0.97);
  });
});

describe("mulberry32", () => {
  it("is the published generator", () => {
    expect(Array.from({ length: 3 }, mulberry32(0))).toEqual([
      0.26642920868471265, 0.0003297457005828619, 0.2232720274478197,
    ]);
  });

  it("gives uniform numbers", () => {
    const random = mulberry32(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]!++;
    // Pearson's χ² with 9 degrees of freedom: 27.9 is passed once in 1,000.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });
});
