import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { sparkline } from "./sparkline.js";

/** A day with this many successes of this many runs. */
function day(days_ago: number, successes: number, total: number) {
  return { days_ago, successes, total, median_duration_seconds: null };
}

describe("sparkline", () => {
  it("draws a day a character, oldest first, blank without runs", () => {
    expect(sparkline([day(4, 1, 1), day(3, 0, 2), day(1, 1, 2), day(0, 0, 0)], 5)).toBe("█▁ ▅ ");
  });

  it("has the lowest level for no success only when there is none of many, the highest for all", () => {
    expect(sparkline([day(2, 0, 9), day(1, 5, 9), day(0, 9, 9)], 3)).toBe("▁▅█");
  });

  it("leaves out what is older than it is long", () => {
    expect(sparkline([day(9, 1, 1), day(0, 1, 1)], 2)).toBe(" █");
  });

  it("is as wide as the days, 30 at the most, whatever it is given", () => {
    const days = fc.record({
      days_ago: fc.integer({ min: -3, max: 400 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      total: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(days), fc.double({ min: 0, max: 400, noNaN: true }), (list, length) => {
        const text = sparkline(
          list.map(({ days_ago, part, total }) => day(days_ago, Math.round(part * total), total)),
          length,
        );
        expect(stringWidth(text)).toBe(Math.min(30, Math.floor(length)));
        expect(text).toMatch(/^[ ▁▂▃▄▅▆▇█]*$/);
      }),
    );
  });
});
