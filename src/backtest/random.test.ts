import { describe, expect, it } from "vitest";

import { bootstrapInterval } from "./bootstrap.js";
import { drawBeta, randomOf, shuffled } from "./random.js";
import { mean } from "./scores.js";

describe("drawn numbers", () => {
  it.each([
    [1, 1],
    [2, 5],
    [40, 3],
  ])("Beta(%d, %d) has the mean and variance of the distribution", (a, b) => {
    const random = randomOf(1, 2);
    const draws = Array.from({ length: 20_000 }, () => drawBeta(a, b, random));
    const centre = a / (a + b);
    expect(mean(draws)).toBeCloseTo(centre, 2);
    const variance = mean(draws.map((draw) => (draw - centre) ** 2));
    expect(variance / ((centre * (1 - centre)) / (a + b + 1))).toBeCloseTo(1, 1);
  });

  it("are the same for the same seed and purpose, and others for others", () => {
    const draw = (seed: number, purpose: number) => randomOf(seed, purpose)();
    expect(draw(3, 1)).toBe(draw(3, 1));
    expect(new Set([draw(3, 1), draw(3, 2), draw(4, 1), draw(4, 2)]).size).toBe(4);
  });

  it("shuffle without losing anything, each order as often", () => {
    const random = randomOf(5, 0);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffled(["a", "b", "c"], random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(count / 1000).toBeCloseTo(1, 0);
  });
});

describe("a bootstrap interval", () => {
  it("of a mean is as wide as theory has it", () => {
    const random = randomOf(8, 0);
    const sample = Array.from({ length: 400 }, () => random());
    const [low, high] = bootstrapInterval(sample, mean);
    expect((high - low) / (2 * 1.96 * Math.sqrt(1 / 12 / 400))).toBeCloseTo(1, 0);
    expect(low).toBeLessThan(mean(sample));
    expect(high).toBeGreaterThan(mean(sample));
  });
});
