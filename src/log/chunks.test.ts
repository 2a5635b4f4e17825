import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { cleanChunk, copyChunks, type Chunk } from "./chunks.js";

let directory: string;
let path: string;
let target: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "oak-test-"));
  path = join(directory, "log.jsonl");
  target = join(directory, "chunk.jsonl");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a file is copied as, chunk by chunk. */
async function copy(content: string | Uint8Array, sizes?: { chunk: number; line: number }) {
  writeFileSync(path, content);
  const chunks: (Chunk & { text: string })[] = [];
  for await (const chunk of copyChunks(path, target, sizes && { chunkBytes: sizes.chunk, lineBytes: sizes.line }))
    chunks.push({ ...chunk, text: readFileSync(chunk.path, "utf8") });
  return chunks;
}

describe("copyChunks", () => {
  it("gives nothing for a missing or an empty file", async () => {
    expect(await copy("")).toEqual([]);
    rmSync(path);
    for await (const _ of copyChunks(path, target)) expect.unreachable();
  });

  it("copies every whole line once, in order, and nothing else, whatever the sizes", async () => {
    const line = fc.oneof(fc.nat(12), fc.nat(60)).map((length) => JSON.stringify({ t: "x".repeat(length) }));
    const sizes = fc.record({ chunk: fc.integer({ min: 1, max: 64 }), line: fc.integer({ min: 16, max: 64 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom("", '{"t":1}', '{"t":'),
        sizes,
        async (lines, tail, size) => {
          const text = lines.map((each) => `${each}\n`).join("") + tail;
          const chunks = await copy(text, size);
          // A line is too long when it does not fit, with its end, into the largest buffer.
          const fits = (each: string) => each.length < size.line || each.length < size.chunk;
          const expected = lines.filter(fits).map((each) => `${each}\n`);
          const copied = chunks.map((chunk) => chunk.text).join("");
          expect(copied.startsWith(expected.join(""))).toBe(true);
          expect([expected.join(""), expected.join("") + '{"t":1}']).toContain(copied);
          expect(chunks.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(lines.length - expected.length);
          // The chunks follow each other without a gap.
          chunks.forEach(({ from }, i) => expect(from).toBe(i === 0 ? 0 : chunks[i - 1]!.to));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("takes a whole last line without a line end, and leaves one that is not whole", async () => {
    expect((await copy('{"a":1}\n{"b":2}'))[0]!.text).toBe('{"a":1}\n{"b":2}');
    expect((await copy('{"a":1}\n{"b":'))[0]!.text).toBe('{"a":1}\n');
    expect(await copy('{"b":')).toEqual([]);
  });

  it("leaves out a BOM", async () => {
    expect((await copy('\uFEFF{"a":1}\n'))[0]!.text).toBe('{"a":1}\n');
  });
});

describe("cleanChunk", () => {
  it("keeps what can be read, mended, and counts what cannot", async () => {
    writeFileSync(target, '{"a":1}\nnot\n\n{"b":"\\ud83d"}\n{"c":NaN,}\n{"timestamp":1,{"timestamp":2}\n');
    expect(await cleanChunk(target)).toBe(2);
    expect(readFileSync(target, "utf8")).toBe('{"a":1}\n{"b":"\uFFFD"}\n{"c":null}\n{"timestamp":2}\n');
  });
});
