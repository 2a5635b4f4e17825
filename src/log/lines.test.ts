import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readLines, type RawLine } from "./lines.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "oak-test-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function read(content: Uint8Array): Promise<RawLine[]> {
  const path = join(directory, "log.jsonl");
  writeFileSync(path, content);
  const lines: RawLine[] = [];
  for await (const batch of readLines(path)) lines.push(...batch);
  return lines;
}

describe("readLines", () => {
  it("gives nothing for a missing or an empty file", async () => {
    for await (const _ of readLines(join(directory, "missing"))) expect.unreachable();
    expect(await read(Buffer.from(""))).toEqual([]);
  });

  it("throws when the path is no file", async () => {
    await expect(readLines(directory).next()).rejects.toThrow(/is not a file/);
  });

  it("knows number, offset and end of each line", async () => {
    const lines = await read(Buffer.from("ab\n\nc"));
    expect(lines.map(({ bytes, ...rest }) => ({ ...rest, text: bytes!.toString() }))).toEqual([
      { number: 1, offset: 0, length: 2, terminated: true, text: "ab" },
      { number: 2, offset: 3, length: 0, terminated: true, text: "" },
      { number: 3, offset: 4, length: 1, terminated: false, text: "c" },
    ]);
  });

  it("puts together lines that are longer than one read, as splitting the text would", async () => {
    const lengths = fc.array(fc.oneof(fc.nat(20), fc.integer({ min: 1_000_000, max: 1_100_000 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.boolean(), async (sizes, terminated) => {
        const text = sizes.map((size, i) => String(i % 10).repeat(size)).join("\n") + (terminated ? "\n" : "");
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        const lines = await read(Buffer.from(text));
        expect(lines.map(({ bytes }) => bytes!.toString()) as unknown[]).toEqual(expected);
        for (const { offset, length, bytes } of lines)
          expect(text.slice(offset, offset + length)).toBe(bytes!.toString());
      }),
      { numRuns: 30 },
    );
  });
});
