import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { domainFeatures, mixtureOf } from "./domain-features.js";
import type { SparseVector } from "./tf-idf.js";

function dot(a: SparseVector, b: SparseVector): number {
  return a.ids.reduce((sum, id, i) => sum + a.values[i]! * (b.values[b.ids.indexOf(id)] ?? 0), 0);
}

function alike(names: readonly string[]): number[][] {
  const { vectors } = domainFeatures(names);
  return vectors.map((a) => vectors.map((b) => Math.round(100 * dot(a, b)) / 100));
}

describe("domains", () => {
  it("are like themselves alone where no two names share a word", () => {
    expect(domainFeatures(["code-review", "testing", "?", ""])).toEqual({
      count: 4,
      vectors: [0, 1, 2, 3].map((domain) => ({ ids: Int32Array.of(domain), values: Float64Array.of(1) })),
    });
  });

  it("are alike by the words that their names share, rare words more", () => {
    // apiDesign has a word with each of the others; "api" is in three names, "design" in two.
    const [, design, , web] = alike(["api_docs", "apiDesign", "api testing", "web design"]);
    expect(design).toEqual([0.25, 1, 0.25, 0.36]);
    expect(web).toEqual([0, 0.36, 0, 1]);
  });

  it("whose names are the same words are not quite the same", () => {
    expect(alike(["Code Review", "code-reviews"])).toEqual([
      [1, 0.75],
      [0.75, 1],
    ]);
  });

  it("have unit length, and are never more alike than by their names", () => {
    const name = fc.array(fc.constantFrom("api", "web", "test", "design", "x"), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(
          name.map((words) => words.join(" ")),
          { maxLength: 8 },
        ),
        (names) => {
          const { count, vectors } = domainFeatures(names);
          for (const [i, a] of vectors.entries()) {
            expect(dot(a, a)).toBeCloseTo(1, 12);
            expect(new Set(a.ids).size).toBe(a.ids.length);
            expect(Math.max(...a.ids)).toBeLessThan(count);
            for (const b of vectors.slice(0, i)) expect(dot(a, b)).toBeLessThanOrEqual(0.75 + 1e-12);
          }
        },
      ),
    );
  });

  it("mix by their shares", () => {
    const domains = domainFeatures(["api design", "api test", "web"]);
    const mixture = mixtureOf(domains, [
      [0, 0.5],
      [1, 0.25],
      [2, 0.25],
    ]);
    for (const vector of domains.vectors)
      expect(dot(mixture, vector)).toBeCloseTo(
        [0.5, 0.25, 0.25].reduce((sum, share, i) => sum + share * dot(domains.vectors[i]!, vector), 0),
        12,
      );
    expect(new Set(mixture.ids).size).toBe(mixture.ids.length);
  });
});
