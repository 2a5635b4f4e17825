import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compact, count, duration, grouped, interval, percent, points, signedInterval } from "./format.js";

describe("numbers as a person would say them", () => {
  it.each([
    [0, "0 s"],
    [0.04, "0 s"],
    [0.42, "0.4 s"],
    [9.96, "10 s"],
    [42.4, "42 s"],
    [59.7, "1 min"],
    [252, "4 min 12 s"],
    [3600, "1 h"],
    [7500, "2 h 5 min"],
    [273_600, "3 d 4 h"],
    [-65, "-1 min 5 s"],
    [null, "–"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("says what is not known", () => {
    expect([percent(null), points(null), interval(null), signedInterval(null)]).toEqual(["–", "–", "–", "–"]);
  });

  it("signs differences", () => {
    expect([points(0.047), points(-0.0004), points(0), points(-0.268)]).toEqual(["+4.7", "0.0", "0.0", "-26.8"]);
    expect(signedInterval([-0.494, 0.031])).toBe("-49 to +3");
  });

  it.each([
    [0, "0"],
    [949.6, "950"],
    [999.6, "1k"],
    [1234, "1.2k"],
    [9949, "9.9k"],
    [9950, "10k"],
    [12_345, "12k"],
    [999_499, "999k"],
    [999_500, "1M"],
    [1_234_567, "1.2M"],
    [null, "–"],
  ])("%d takes little room as %s", (number, text) => {
    expect(compact(number)).toBe(text);
  });

  it("groups the digits of whole numbers", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        expect(grouped(number)).toBe(number.toLocaleString("en"));
      }),
    );
  });

  it("counts", () => {
    expect([count(1, "workflow"), count(1234, "workflow"), count(0, "entry", "entries")]).toEqual([
      "1 workflow",
      "1,234 workflows",
      "0 entries",
    ]);
  });
});
