import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { anyText } from "../../../test/support/events.js";
import { fits, fittingTable, paragraph, sections, type FittingColumn } from "./fit.js";

type Row = readonly [name: string, a: number, b: number];

const COLUMNS: readonly FittingColumn<Row>[] = [
  { header: "NAME", value: ([name]) => name, wraps: true },
  { header: "FIRST NUMBER", align: "right", value: ([, a]) => String(a), gives: 2 },
  { header: "SECOND NUMBER", align: "right", value: ([, , b]) => String(b), gives: 1 },
];

describe("fittingTable", () => {
  it.each([
    [80, "NAME        FIRST NUMBER  SECOND NUMBER"],
    [34, "NAME        FIRST NUMBER"],
    [20, "NAME"],
  ])("leaves out in %d columns what there is no room for", (available, header) => {
    const [first, ...rows] = fittingTable([["abcdefghij", 1, 2]], COLUMNS, available).split("\n");
    expect(first).toBe(header);
    expect(rows).toHaveLength(1);
  });

  it("leaves out what would make the wrapped column uncomfortably narrow", () => {
    const comfortable = [{ ...COLUMNS[0]!, comfort: 20 }, ...COLUMNS.slice(1)];
    const header = (columns: typeof COLUMNS) => fittingTable([["a".repeat(90), 1, 2]], columns, 45).split("\n")[0];
    expect(header(COLUMNS)).toMatch(/^NAME +FIRST NUMBER +SECOND NUMBER$/);
    expect(header(comfortable)).toMatch(/^NAME +FIRST NUMBER$/);
  });

  it("never is wider than the terminal", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 5 }), fc.integer({ min: 12, max: 90 }), (names, available) => {
        const rows = names.map((name, i) => [name, i, 1e9] as const);
        expect(fits(fittingTable(rows, COLUMNS, available), available)).toBe(true);
      }),
    );
  });
});

describe("paragraph", () => {
  it("breaks a sentence into lines, without what steers the terminal", () => {
    expect(paragraph("one two \u001b[31mthree", undefined, 10)).toBe("one two\n\uFFFD[31mthree");
  });

  it("never is wider than the terminal", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 4, max: 90 }), (text, available) => {
        for (const line of paragraph(text, undefined, available).split("\n"))
          expect(stringWidth(line)).toBeLessThanOrEqual(available);
      }),
    );
  });
});

describe("sections", () => {
  it("leaves out what is not there", () => {
    expect(sections("a", undefined, "", "b")).toBe("a\n\nb");
  });
});
