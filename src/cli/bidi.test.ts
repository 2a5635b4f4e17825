import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { anyText } from "../../test/support/events.js";
import { isolated } from "./bidi.js";
import { table } from "./table.js";
import { printable } from "./terminal.js";

const [FSI, PDI] = ["\u2068", "\u2069"];
const wrapped = (name: string) => `${FSI}${name}${PDI}`;

describe("isolated", () => {
  it.each([
    ["בודק  12  83.3%", `${wrapped("בודק")}  12  83.3%`],
    ["Getting worse: בודק-1, מבקר.", `Getting worse: ${wrapped("בודק-1")}, ${wrapped("מבקר")}.`],
    ["qa-בודק→مدقق", `${wrapped("qa-בודק")}→${wrapped("مدقق")}`],
    ["No run of בודק איכות with", `No run of ${wrapped("בודק איכות")} with`],
    ["בודק  מבקר", `${wrapped("בודק")}  ${wrapped("מבקר")}`],
    ["\u001b[31mבודק\u001b[39m 3", `\u001b[31m${wrapped("בודק")}\u001b[39m 3`],
    ["oak serve --dir /home/דוד/.oak", "oak serve --dir /home/דוד/.oak"],
    ["漢字 naïve 3%", "漢字 naïve 3%"],
  ])("%j", (line, expected) => {
    expect(isolated(line)).toBe(expected);
  });

  it("changes no more than that, takes no columns, and leaves nothing open, whatever stands there", () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from("אבגمر 1a-.:→%\n"), "\u001b[31m") });
    fc.assert(
      fc.property(fc.oneof(letters, anyText.map(printable)), (text) => {
        for (const line of text.split("\n")) {
          const shown = isolated(line);
          expect(shown.replaceAll(/[\u2068\u2069]/g, "")).toBe(line);
          expect(stringWidth(shown)).toBe(stringWidth(line));
          expect(shown.replaceAll(/\u2068[^\u2068\u2069]+\u2069/g, "")).not.toMatch(/[\u2068\u2069]/);
        }
      }),
    );
  });

  it("takes a time that grows with the text only", () => {
    const text = "a-".repeat(500_000);
    expect(isolated(`${text} ב`)).toBe(`${text} ${wrapped("ב")}`);
  });

  it("keeps the columns of a table", () => {
    const rows = [
      ["בודק", "1"],
      ["architect", "20"],
    ] as const;
    const text = table(rows, [
      { header: "AGENT", value: ([name]) => name },
      { header: "RUNS", align: "right", value: ([, runs]) => runs },
    ]);
    expect(text.split("\n").map((line) => stringWidth(isolated(line)))).toEqual([15, 15, 15]);
    expect(isolated(text)).toContain(`\n${wrapped("בודק")}          1\n`);
  });
});
