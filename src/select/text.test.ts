import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { terms, TEXT_READ } from "./text.js";

describe("the terms of a text", () => {
  it.each([
    ["Fix the HTTPServer of loginPage", ["fix", "http", "server", "login", "pag"]],
    ["Designing APIs, designed queries; designs classes", ["design", "api", "design", "query", "design", "class"]],
    ["OAuth2 in 3 steps", ["oauth2", "3", "step"]],
    ["ＡＰＩ Größe naïve", ["api", "größ", "naïv"]],
    ["数据库设计", ["数据", "据库", "库设", "设计"]],
    ["the of and", []],
    ["", []],
  ])("%s", (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it("are the same in another case and for words that are repeated", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("design", "database", "page", "running"), { maxLength: 8 }), (words) => {
        expect(terms(words.join(" ").toUpperCase())).toEqual(terms(words.join("-")));
        expect(terms(words.join(" ")).length).toBe(words.length);
      }),
    );
  });

  it("come from the beginning of long texts only", () => {
    const text = `${"word ".repeat(TEXT_READ)} zebra`;
    expect(terms(text)).not.toContain("zebra");
    expect(terms(text).length).toBe(TEXT_READ / 5);
  });

  it("are never empty, of whatever text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(terms(text).filter((term) => !/^[\p{L}\p{M}\p{N}]+$/u.test(term))).toEqual([]);
      }),
    );
  });
});
