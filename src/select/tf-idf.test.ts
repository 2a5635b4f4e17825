import { describe, expect, it } from "vitest";

import { Vocabulary } from "./tf-idf.js";

describe("a vocabulary", () => {
  it("weighs terms by how often they occur and how few texts have them", () => {
    const { vectors, size } = new Vocabulary(["zebra zebra page", "page", ""]);
    const zebra = (1 + Math.log(2)) * (Math.log(4 / 2) + 1);
    const page = Math.log(4 / 3) + 1;
    const length = Math.hypot(zebra, page);
    expect(size).toBe(2);
    expect([...vectors[0]!.ids]).toEqual([0, 1]);
    expect(vectors[0]!.values[0]).toBeCloseTo(zebra / length, 14);
    expect(vectors[0]!.values[1]).toBeCloseTo(page / length, 14);
    expect([...vectors[1]!.values]).toEqual([1]);
    expect(vectors[2]!.ids.length).toBe(0);
  });

  it("gives a text of its own the same vector again", () => {
    const vocabulary = new Vocabulary(["zebra zebra page", "page", "login page"]);
    expect(vocabulary.vector("zebra zebra page")).toEqual(vocabulary.vectors[0]);
  });

  it("finds a text with unknown terms less like all others", () => {
    const vocabulary = new Vocabulary(["zebra", "page"]);
    expect(vocabulary.vector("zebra").values[0]).toBe(1);
    expect(vocabulary.vector("zebra unheard").values[0]).toBeLessThan(0.7);
    expect(vocabulary.vector("unheard").ids.length).toBe(0);
  });
});
