import * as fc from "fast-check";
import stringWidth from "string-width";
import { expect, it } from "vitest";

import { textWidth } from "./text-width.js";

it("is what the library says, of any text", () => {
  const signs = fc.string({ unit: fc.constantFrom(...Array.from("aZ 0~–—…→·×±≥≤#\u0301\ufe0f\u200d\u001b漢👍")) });
  fc.assert(
    fc.property(fc.oneof(signs, fc.string({ unit: "binary" })), (text) => {
      expect(textWidth(text)).toBe(stringWidth(text));
    }),
    { numRuns: 300 },
  );
});
