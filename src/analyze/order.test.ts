import fc from "fast-check";
import { expect, it } from "vitest";

import { inOrder } from "./order.js";

const byNumber = (a: readonly [number, number], b: readonly [number, number]) => a[0] - b[0];

it("is what sorting gives, and the list itself when there is nothing to sort", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat())), (list) => {
      const sorted = inOrder(list, byNumber);
      expect(sorted).toEqual(list.toSorted(byNumber));
      expect(inOrder(sorted, byNumber)).toBe(sorted);
    }),
  );
});
