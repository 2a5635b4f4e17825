import { describe, expect, it } from "vitest";

import { since } from "./options.js";

const NOW = Date.parse("2026-11-08T12:00:00Z");

describe("since", () => {
  it.each([
    ["30m", "2026-11-08T11:30:00.000Z"],
    ["24h", "2026-11-07T12:00:00.000Z"],
    ["7d", "2026-11-01T12:00:00.000Z"],
    ["2w", "2026-10-25T12:00:00.000Z"],
    ["90s", "2026-11-08T11:58:30.000Z"],
    ["1.5h", "2026-11-08T10:30:00.000Z"],
    ["0d", "2026-11-08T12:00:00.000Z"],
    // Long before there were computers is as good as ever.
    ["999999d", "1970-01-01T00:00:00.000Z"],
    ["2026-11-01", "2026-11-01"],
    ["2026-11-01T12:00:00+02:00", "2026-11-01T12:00:00+02:00"],
  ])("reads %s", (text, time) => {
    expect(since(text)(NOW)).toBe(time);
  });

  it.each(["", "7", "d", "-7d", "7 d", "7D", "7days", "yesterday", "1e3d", "2026-02-30", "2026-11"])(
    "refuses %j",
    (text) => {
      expect(() => since(text)).toThrow("30m, 24h or 7d");
    },
  );
});
