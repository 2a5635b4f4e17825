import { expect, it } from "vitest";

import { luckOf } from "./luck.js";

it("is the same for the same words, and normally distributed over others", () => {
  expect(luckOf("a", "task", "1")).toBe(luckOf("a", "task", "1"));
  expect(luckOf("ab", "c")).not.toBe(luckOf("a", "bc"));
  const draws = Array.from({ length: 20_000 }, (_, i) => luckOf("backend", "design the database", String(i)));
  const others = draws.map((_, i) => luckOf("frontend", "design the database", String(i)));
  const mean = (of: (i: number) => number) => draws.reduce((sum, _, i) => sum + of(i), 0) / draws.length;
  expect(Math.abs(mean((i) => draws[i]!))).toBeLessThan(0.03);
  expect(Math.abs(mean((i) => draws[i]! ** 2) - 1)).toBeLessThan(0.05);
  expect(Math.abs(mean((i) => (Math.abs(draws[i]!) < 1.96 ? 1 : 0)) - 0.95)).toBeLessThan(0.01);
  expect(Math.abs(mean((i) => draws[i]! * others[i]!))).toBeLessThan(0.03);
});
