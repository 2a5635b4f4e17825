import fc from "fast-check";
import { expect, it } from "vitest";

import { LowestOverFew, LowestOverMany } from "./lowest-over.js";

const span = fc
  .record({ start: fc.nat(20), length: fc.nat(8) })
  .map(({ start, length }) => ({ start, end: start + length }));
const laidSpan = fc.record({ span, value: fc.nat(9) });
const asked = fc.record({ start: fc.nat(20), length: fc.integer({ min: 1, max: 8 }) });

it("is the same whether all spans are looked at or a tree is", () => {
  fc.assert(
    fc.property(fc.array(laidSpan, { maxLength: 20 }), fc.array(asked), (laid, questions) => {
      const few = new LowestOverFew();
      const many = new LowestOverMany(laid.map((one) => one.span));
      for (const { span: over, value } of laid) {
        few.lay(over, value);
        many.lay(over, value);
        for (const { start, length } of questions)
          expect(many.lowest({ start, end: start + length })).toBe(few.lowest({ start, end: start + length }));
      }
    }),
  );
});
