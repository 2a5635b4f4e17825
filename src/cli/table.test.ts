import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { table, wrap } from "./table.js";

const COLUMNS = [
  { header: "NAME", value: ([name]: readonly [string, string]) => name, wraps: true },
  { header: "N", align: "right" as const, value: ([, number]: readonly [string, string]) => number },
];

describe("table", () => {
  it("aligns its columns, by width on the screen", () => {
    const rows = [
      ["architect", "7"],
      ["日本", "1,234"],
    ] as const;
    expect(table(rows, COLUMNS, 80)).toBe(["NAME           N", "architect      7", "日本       1,234"].join("\n"));
  });

  it("wraps the one column that may give way", () => {
    const lines = table([["one→two→three four", "1"]], COLUMNS, 15).split("\n");
    expect(lines).toEqual(["NAME          N", "one→two→      1", "three four"]);
  });

  it("holds more rows than a function takes arguments", () => {
    const rows = Array.from({ length: 150_000 }, () => ["a", "1"] as const);
    expect(table(rows, COLUMNS, 80).split("\n")).toHaveLength(150_001);
  });

  it("fits the width whatever the texts, and prints no control characters", () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 5 }), fc.integer({ min: 30, max: 100 }), (names, width) => {
        const text = table(
          names.map((name) => [name, "1"] as const),
          COLUMNS,
          width,
        );
        for (const line of text.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
      }),
    );
  });
});

describe("wrap", () => {
  it("breaks after spaces and arrows, and inside a word only when it must", () => {
    expect(wrap("aa bb→cc dd", 6)).toEqual(["aa bb→", "cc dd"]);
    expect(wrap("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
    expect(wrap("", 3)).toEqual([""]);
  });

  it("breaks after hyphens, and keeps the sign with its number", () => {
    expect(wrap("qa-specialist", 10)).toEqual(["qa-", "specialist"]);
    expect(wrap("95%: -26 s", 7)).toEqual(["95%:", "-26 s"]);
    expect(wrap("(-26.8 points)", 8)).toEqual(["(-26.8", "points)"]);
    expect(wrap("with --as-of DAY", 11)).toEqual(["with", "--as-of DAY"]);
  });

  it("loses nothing but spaces", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.integer({ min: 2, max: 20 }), (text, columns) => {
        expect(wrap(text, columns).join("").replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
      }),
    );
  });
});
