import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatTimestamp, isTimestamp, steadyClock, parseTimestamp } from "./clock.js";

describe("parseTimestamp", () => {
  it.each([
    ["2026-11-01T12:00:00Z", "2026-11-01T12:00:00.000Z"],
    ["2026-11-01T12:00:00.123456Z", "2026-11-01T12:00:00.123Z"],
    ["2026-11-01T12:00:00", "2026-11-01T12:00:00.000Z"],
    ["2026-11-01 12:00:00", "2026-11-01T12:00:00.000Z"],
    ["2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00.000Z"],
    ["2026-11-01T12:00:00-0130", "2026-11-01T13:30:00.000Z"],
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
    ["2028-02-29", "2028-02-29T00:00:00.000Z"],
  ])("reads %s", (text, expected) => {
    expect(formatTimestamp(parseTimestamp(text)!)).toBe(expected);
  });

  it.each(["", "yesterday", "2026-13-01", "2026-02-30", "2026-02-29T00:00:00Z", "2026-11-01T25:00:00Z", "1762000000"])(
    "refuses %s",
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined();
      expect(isTimestamp(text)).toBe(false);
    },
  );

  it("reads back whatever is formatted", () => {
    const dates = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTimestamp(formatTimestamp(date.getTime()))).toBe(date.getTime());
      }),
    );
  });
});

describe("steadyClock", () => {
  const times = (...readings: number[]) => {
    const queue = [...readings];
    const clock = steadyClock(() => queue.shift()!);
    return readings.map(() => clock());
  };

  it("does not run backwards by the little that clocks are set back", () => {
    const readings = fc.array(fc.integer({ min: 0, max: 999 }));
    fc.assert(
      fc.property(readings, (list) => {
        const result = times(...list);
        expect(result).toEqual(result.toSorted((a, b) => a - b));
      }),
    );
  });

  it("follows when it was wrong before", () => {
    expect(times(5000, 86_405_000, 5001, 5002)).toEqual([5000, 86_405_000, 5001, 5002]);
  });
});
