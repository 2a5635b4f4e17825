import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { cut, fitted, flow, padded, wrapped, shortIds } from "./layout.js";

const anyText = fc.string({ unit: "binary" });

describe("cut", () => {
  it("says that something is missing", () => {
    expect(cut("architect", 9)).toBe("architect");
    expect(cut("architect", 5)).toBe("arch…");
    expect(cut("日本語", 5)).toBe("日本…");
    expect(cut("日本語", 4)).toBe("日…");
    expect(cut("architect", 0)).toBe("");
  });
});

describe("every line", () => {
  it("is no wider than it may be, whatever it holds, and steers no terminal", () => {
    fc.assert(
      fc.property(fc.array(anyText), fc.integer({ min: 1, max: 200 }), (texts, columns) => {
        const lines = [
          fitted(columns, ...texts),
          padded(texts.join(""), columns),
          ...flow(
            texts.map((text) => [text, ["bold", text]]),
            columns,
            2,
          ),
          ...wrapped(texts.join(" "), columns, 2),
        ];
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/[\u0000-\u001f]/);
        }
      }),
    );
  });
});

describe("flow", () => {
  it("breaks between items", () => {
    expect(flow([["✓ a"], ["✓ b"], ["○ c"]], 9, 2)).toEqual(["  ✓ a", "  ✓ b", "  ○ c"]);
    expect(flow([["a rather long item"], ["b"]], 10)).toEqual(["a rather …", "b"]);
  });
});

describe("shortIds", () => {
  it("tells ids apart by as little as it takes", () => {
    const uuids = ["wf-ec109952-ac75-48c5-a262-40404d9737d7", "wf-23a1c43f-089c-4dad-b9c8-aab6ac83cbb3"];
    expect([...shortIds(uuids).values()]).toEqual(["wf-ec109952", "wf-23a1c43f"]);
    expect([...shortIds(["ec109952-ac75-48c5-a262-40404d9737d7"]).values()]).toEqual(["ec109952"]);
    expect([...shortIds(["wf-0042", "nightly-build-1", "nightly-build-2"]).values()]).toEqual([
      "wf-0042",
      "nightly-build-1",
      "nightly-build-2",
    ]);
    // Three characters are not worth a cut.
    expect([...shortIds(["of-2026-11-01-a", "of-2026-11-02-b-and-more"]).values()]).toEqual([
      "of-2026-11-01-a",
      "of-2026-11-02",
    ]);
  });
});
