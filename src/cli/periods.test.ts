import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";

import { CommandError } from "./errors.js";
import { periodsOf, timeSpan } from "./periods.js";

const NOW = Date.parse("2026-11-01T12:00:00Z");

describe("timeSpan", () => {
  it("reads two dates or times", () => {
    expect(timeSpan("2026-10-01..2026-10-15")).toEqual({
      start: "2026-10-01T00:00:00.000Z",
      end: "2026-10-15T00:00:00.000Z",
    });
    expect(timeSpan("2026-10-01T12:00:00+02:00 .. 2026-10-15").start).toBe("2026-10-01T10:00:00.000Z");
  });

  it.each(["2026-10-01", "..", "2026-10-01..", "2026-02-30..2026-03-01", "a..b", "2026-10-01..2026-10-02..2026-10-03"])(
    "refuses %j",
    (text) => {
      expect(() => timeSpan(text)).toThrow(InvalidArgumentError);
    },
  );

  it.each(["2026-10-02..2026-10-01", "2026-10-01..2026-10-01"])("refuses %j, which holds nothing", (text) => {
    expect(() => timeSpan(text)).toThrow("must end after it starts");
  });
});

describe("periodsOf", () => {
  const before = timeSpan("2026-09-01..2026-10-01");
  const after = timeSpan("2026-10-01..2026-11-01");

  it("takes two periods as they are", () => {
    expect(periodsOf({ before, after }, NOW)).toEqual([before, after]);
  });

  it("splits all there is at a time", () => {
    expect(periodsOf({ split: "2026-10-15" }, NOW)).toEqual([
      { start: "1970-01-01T00:00:00.000Z", end: "2026-10-15T00:00:00.000Z" },
      { start: "2026-10-15T00:00:00.000Z", end: "2026-11-01T12:00:00.000Z" },
    ]);
  });

  it("takes the last days and as many before, 7 unless told", () => {
    const [earlier, later] = periodsOf({ days: 2 }, NOW);
    expect(earlier).toEqual({ start: "2026-10-28T12:00:00.000Z", end: "2026-10-30T12:00:00.000Z" });
    expect(later).toEqual({ start: "2026-10-30T12:00:00.000Z", end: "2026-11-01T12:00:00.000Z" });
    expect(periodsOf({}, NOW)).toEqual(periodsOf({ days: 7 }, NOW));
  });

  it.each([
    [{ before }, "used together"],
    [{ after }, "used together"],
    [{ before, after, days: 3 }, "only one"],
    [{ split: "2026-10-15", days: 3 }, "only one"],
    [{ split: "2026-12-01" }, "in the past"],
    [{ split: "1970-01-01" }, "after 1970"],
    [{ days: 1e6 }, "beyond 1970"],
  ])("refuses %j", (options, message) => {
    expect(() => periodsOf(options, NOW)).toThrow(message);
    expect(() => periodsOf(options, NOW)).toThrow(CommandError);
  });
});
