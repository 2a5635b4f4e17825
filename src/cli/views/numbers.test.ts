import { describe, expect, it } from "vitest";

import { contains0, probability, pValue, shortDuration, signedDuration, signedNumber } from "./numbers.js";

describe("durations in one unit", () => {
  it.each([
    [0, "0 s"],
    [0.42, "0.4 s"],
    [9.96, "10 s"],
    [42.4, "42 s"],
    [59.7, "60 s"],
    [59.99, "1 min"],
    [235, "3.9 min"],
    [3598, "1 h"],
    [18_720, "5.2 h"],
    [86_400, "1 d"],
    [86_400 * 123.4, "123 d"],
    [-65, "-1.1 min"],
    [null, "–"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(shortDuration(seconds)).toBe(text);
  });

  it("signs differences", () => {
    expect([27, -234, 0.01, -0.01, 0, null].map(signedDuration)).toEqual([
      "+27 s",
      "-3.9 min",
      "0 s",
      "0 s",
      "0 s",
      "–",
    ]);
    expect([signedNumber(0.123, 2), signedNumber(-0.001, 2), signedNumber(-1.5, 1)]).toEqual(["+0.12", "0.00", "-1.5"]);
  });
});

describe("chance", () => {
  it("is never certain", () => {
    expect([0, 0.0141, 0.9995, 1, null].map(probability)).toEqual(["<0.1%", "1.4%", ">99.9%", ">99.9%", "–"]);
    expect([0.0314, 0.00001, 1, null].map(pValue)).toEqual(["p = 0.031", "p < 0.001", "p = 1.0", "p –"]);
  });

  it("explains a change whose interval contains 0, bounds included", () => {
    expect([contains0([-0.1, 0.2]), contains0([0, 0.2]), contains0([0.01, 0.2])]).toEqual([true, true, false]);
  });
});
