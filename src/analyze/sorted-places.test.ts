import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { sortedPlaces } from "./sorted-places.js";

function sortedByComparing(numbers: readonly number[]): readonly number[] {
  const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
  return numbers.map((_, place) => place).toSorted((a, b) => compare(numbers[a]!, numbers[b]!));
}

describe("sortedPlaces", () => {
  it.each([
    ["any numbers", fc.double({ noNaN: true })],
    ["small ones, often equal, some below zero", fc.integer({ min: -3, max: 3 })],
    ["times in microseconds", fc.integer({ min: 1.7e15, max: 1.7e15 + 3e13 })],
  ])("gives what comparing gives: %s", (_, number: fc.Arbitrary<number>) => {
    fc.assert(
      fc.property(fc.array(number), fc.constantFrom(8, 16), (numbers, width) => {
        expect([...sortedPlaces(Float64Array.from(numbers), width)]).toEqual(sortedByComparing(numbers));
      }),
    );
  });

  it("keeps equal ones in order among very many", () => {
    const numbers = Array.from({ length: 30_000 }, (_, i) => 1.7e15 + ((i * 7919) % 10_007) * 1e6);
    expect([...sortedPlaces(Float64Array.from(numbers))]).toEqual(sortedByComparing(numbers));
  });
});
