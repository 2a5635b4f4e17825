import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseLine } from "./parse.js";

const parse = (text: string) => parseLine(Buffer.from(text));
const LINE = '{"timestamp":"2026-11-01T12:00:00Z","event_id":"1"}';

describe("parseLine", () => {
  it.each([
    ["a line", LINE],
    ["a line with CRLF", `${LINE}\r`],
    ["a line with a BOM", `\uFEFF${LINE}`],
    ["a line with spaces around it", `  ${LINE}  `],
  ])("reads %s", (_, text) => {
    expect(parse(text)).toEqual({ objects: [JSON.parse(LINE)], exact: true });
  });

  it.each(["", "  ", "\r", "\t"])("takes %j for blank, not for damage", (text) => {
    expect(parse(text)).toEqual({ objects: [] });
  });

  it.each([
    ['{"timestamp":"2026', "truncated"],
    [`${LINE.slice(0, -1)},`, "truncated"],
    ["[1, 2]", "not a JSON object"],
    ["null", "not a JSON object"],
    ['"text"', "not a JSON object"],
    ["garbage", "not JSON"],
    ["\0\0\0\0", "NUL bytes"],
    ['{"a":1}}', "not JSON"],
  ])("says of %j that it is %s", (text, damage) => {
    expect(parse(text)).toEqual({ objects: [], damage });
  });

  it("says of bytes that are no UTF-8 that they are none", () => {
    expect(parseLine(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))).toEqual({ objects: [], damage: "invalid UTF-8" });
  });

  it("saves the whole line behind a torn one", () => {
    expect(parse(`{"timestamp":"2026-11-01T12:0${LINE}`)).toEqual({
      objects: [JSON.parse(LINE)],
      damage: "torn line with whole ones behind it",
    });
  });

  it("reads lines that lost the line end between them", () => {
    expect(parse(LINE + LINE)).toEqual({
      objects: [JSON.parse(LINE), JSON.parse(LINE)],
      damage: "lines without a line end between them",
    });
  });

  it("reads Python's NaN and Infinity as not known, but not inside texts", () => {
    expect(parse('{"q": NaN, "r": -Infinity, "t": "NaN, \\"Infinity\\""}')).toEqual({
      objects: [{ q: null, r: null, t: 'NaN, "Infinity"' }],
      exact: false,
    });
  });

  it("reads a comma behind the last element, as the SQL engine does", () => {
    expect(parse('{"a": [1, 2,], "b": ",}",}')).toEqual({ objects: [{ a: [1, 2], b: ",}" }], exact: false });
  });

  it("reads back any object, and never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object);
        expect(parse(text)).toEqual({ objects: [JSON.parse(text)], exact: true });
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { objects, damage } = parseLine(Buffer.from(bytes));
        expect(objects.length === 0 || damage === undefined).toBe(true);
      }),
    );
  });
});
