import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { clip, unionLength } from "./intervals.js";

const span = fc.tuple(fc.nat(60), fc.nat(60)).map(([start, length]) => ({ start, end: start + length }));

describe("unionLength", () => {
  it("is the number of ticks that some span covers", () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        let covered = 0;
        for (let tick = 0; tick < 200; tick++)
          if (spans.some(({ start, end }) => start <= tick && tick < end)) covered++;
        expect(unionLength(spans)).toBe(covered);
      }),
    );
  });

  it("does not count what only touches, nor what has no length", () => {
    expect(
      unionLength([
        { start: 0, end: 5 },
        { start: 5, end: 9 },
        { start: 7, end: 7 },
      ]),
    ).toBe(9);
  });
});

describe("clip", () => {
  it("keeps what lies inside the window", () => {
    fc.assert(
      fc.property(span, span, (inner, window) => {
        const clipped = clip(inner, window);
        for (let tick = 0; tick < 130; tick++) {
          const inside = inner.start <= tick && tick < inner.end && window.start <= tick && tick < window.end;
          expect(clipped.start <= tick && tick < clipped.end).toBe(inside);
        }
      }),
    );
  });
});
