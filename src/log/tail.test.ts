import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";

import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { LOG_FILES, type LogKind } from "../event/directory.js";
import { endsOf, LogTail, readFrom, type TailEntry } from "./tail.js";

const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 60_000 });

const pathOf = (directory: string, kind: LogKind = "invocation") => join(directory, LOG_FILES[kind]);
const lineOf = (id: number | string, text = "") => `${JSON.stringify({ invocation_id: String(id), text })}\n`;
const idsOf = (entries: readonly TailEntry[]) => entries.map(({ object }) => object["invocation_id"]);

/** Follows a log; what it says is gathered. */
async function follow(directory: string) {
  const heard = { entries: [] as TailEntry[], resets: 0, troubles: 0, ids: () => idsOf(heard.entries) };
  const tail = await LogTail.start(directory, {
    onEntries: (entries) => heard.entries.push(...entries),
    onReset: () => heard.resets++,
    onTrouble: () => heard.troubles++,
  });
  onTestFinished(() => tail.stop());
  return { heard, tail };
}

describe("following a log", () => {
  it("gives what is appended from now on, with how far it has read", async () => {
    const directory = temporaryDirectory();
    appendFileSync(pathOf(directory), lineOf("before"));
    const { heard, tail } = await follow(directory);
    appendFileSync(pathOf(directory), lineOf(1) + lineOf(2));
    appendFileSync(pathOf(directory, "feedback"), lineOf(3));
    await until(() => heard.entries.length === 3);
    expect(new Set(heard.ids())).toEqual(new Set(["1", "2", "3"]));
    expect(tail.offsets).toEqual(await endsOf(directory));
    expect(heard.entries.find(({ object }) => object["invocation_id"] === "2")?.to).toBe(tail.offsets.invocation);
    expect(heard.resets).toBe(0);
  });

  it("gives a line when its end is there, and never a damaged one", async () => {
    const directory = temporaryDirectory();
    const { heard } = await follow(directory);
    const line = lineOf(2);
    appendFileSync(pathOf(directory), lineOf(1) + line.slice(0, 10));
    await until(() => heard.entries.length === 1);
    appendFileSync(pathOf(directory), line.slice(10));
    await until(() => heard.entries.length === 2);
    appendFileSync(pathOf(directory), `damage\n`);
    appendFileSync(pathOf(directory), `{"torn":\n${lineOf(3)}`);
    await until(() => heard.entries.length === 3);
    expect(heard.ids()).toEqual(["1", "2", "3"]);
    expect(heard.resets).toBe(0);
  });

  it("passes over empty lines, and gives what comes behind them once", async () => {
    const directory = temporaryDirectory();
    appendFileSync(pathOf(directory), `${lineOf(0)}\n`);
    const { heard, tail } = await follow(directory);
    appendFileSync(pathOf(directory), "\n\r\n");
    appendFileSync(pathOf(directory, "feedback"), lineOf(1));
    await until(() => heard.entries.length === 1);
    appendFileSync(pathOf(directory), `\n${lineOf(2)}\n${lineOf(3)}`);
    await until(() => heard.entries.length === 3);
    expect(heard.ids()).toEqual(["1", "2", "3"]);
    expect(tail.offsets).toEqual(await endsOf(directory));
    expect(heard.resets + heard.troubles).toBe(0);
  });

  it("starts where a torn last line begins", async () => {
    const directory = temporaryDirectory();
    const line = lineOf(1);
    writeFileSync(pathOf(directory), lineOf(0) + line.slice(0, 12));
    const { heard } = await follow(directory);
    appendFileSync(pathOf(directory), line.slice(12));
    await until(() => heard.entries.length === 1);
    expect(heard.ids()).toEqual(["1"]);
  });

  it("follows a directory that comes later, and one that is replaced", async () => {
    const directory = join(temporaryDirectory(), "later");
    const { heard } = await follow(directory);
    mkdirSync(directory);
    appendFileSync(pathOf(directory), lineOf(1));
    await until(() => heard.entries.length === 1);
    renameSync(directory, `${directory}-old`);
    await until(() => heard.resets === 1);
    mkdirSync(directory);
    appendFileSync(pathOf(directory), lineOf(2));
    await until(() => heard.ids().includes("2"));
    expect(heard.ids()).toEqual(["1", "2"]);
  });

  it.each([
    ["in place, as the Python logger does", (path: string) => writeFileSync(path, lineOf(1, "changed") + lineOf(2))],
    ["to as many bytes", (path: string) => writeFileSync(path, lineOf(7) + lineOf(8))],
    ["shorter", (path: string) => truncateSync(path, lineOf(1).length)],
    ["not at all any more", (path: string) => rmSync(path)],
  ])("says so when a file is written anew: %s; and goes on", async (_, rewrite) => {
    const directory = temporaryDirectory();
    const { heard } = await follow(directory);
    appendFileSync(pathOf(directory), lineOf(1) + lineOf(2));
    await until(() => heard.entries.length === 2);
    rewrite(pathOf(directory));
    await until(() => heard.resets > 0);
    appendFileSync(pathOf(directory), lineOf("next"));
    await until(() => heard.ids().includes("next"));
    expect(heard.ids().filter((id) => id === "next")).toHaveLength(1);
  });

  it("says so when a file is written anew while it is being read", async () => {
    const directory = temporaryDirectory();
    appendFileSync(pathOf(directory), lineOf("before"));
    let resets = 0;
    let rewritten = false;
    const tail = await LogTail.start(directory, {
      onEntries: () => {
        if (rewritten) return;
        rewritten = true;
        writeFileSync(pathOf(directory), lineOf("other") + lineOf("another") + lineOf("a third"));
      },
      onReset: () => resets++,
      onTrouble: () => undefined,
    });
    onTestFinished(() => tail.stop());
    appendFileSync(pathOf(directory), lineOf(0));
    await until(() => rewritten);
    appendFileSync(pathOf(directory), lineOf("next"));
    await until(() => resets > 0);
    expect(rewritten).toBe(true);
  });

  it("says so when a file is written anew to as many bytes as soon as it has been read", async () => {
    const directory = temporaryDirectory();
    const ids: unknown[] = [];
    let resets = 0;
    const tail = await LogTail.start(directory, {
      onEntries: (entries) => {
        if (ids.length === 0) writeFileSync(pathOf(directory), lineOf(7) + lineOf(8));
        ids.push(...idsOf(entries));
      },
      onReset: () => resets++,
      onTrouble: () => undefined,
    });
    onTestFinished(() => tail.stop());
    // The clock of a file system may tick every few milliseconds only.
    writeFileSync(pathOf(directory), lineOf(1) + lineOf(2));
    utimesSync(pathOf(directory), 1, 1);
    await until(() => resets > 0);
    expect(ids.slice(0, 2)).toEqual(["1", "2"]);
  });

  it("says what is wrong, and goes on when it is not wrong any more", async () => {
    const directory = temporaryDirectory();
    const { heard } = await follow(directory);
    mkdirSync(pathOf(directory, "feedback"));
    appendFileSync(pathOf(directory), lineOf(1));
    await until(() => heard.troubles > 0);
    rmSync(pathOf(directory, "feedback"), { recursive: true });
    await until(() => heard.ids().includes("1"));
    expect(heard.resets).toBe(0);
  });

  it("gives every whole line exactly once, in the order of its file, however the bytes come", async () => {
    const kind = fc.constantFrom<LogKind>("workflow", "invocation", "feedback");
    const write = fc.record({ kind, bytes: fc.nat(60), waits: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 40 }), fc.nat(20), async (writes, before) => {
        const directory = temporaryDirectory();
        const given: Record<LogKind, string[]> = { workflow: [], invocation: [], feedback: [] };
        const texts = { workflow: "", invocation: "", feedback: "" };
        for (const name of ["workflow", "invocation", "feedback"] as const)
          for (let i = 0; i < 120; i++) texts[name] += lineOf(`${name}-${i}`, "ü".repeat(i % 7));
        const bytes = { workflow: 0, invocation: 0, feedback: 0 };
        const put = (name: LogKind, count: number) => {
          const part = Buffer.from(texts[name]).subarray(bytes[name], bytes[name] + count);
          appendFileSync(pathOf(directory, name), part);
          bytes[name] += part.length;
        };
        put("workflow", before);
        const from = await endsOf(directory);
        const tail = await LogTail.start(directory, {
          onEntries: (entries) => {
            for (const { kind: name, object } of entries) given[name].push(object["invocation_id"] as string);
          },
          onReset: () => expect.unreachable("nothing was written anew"),
          onTrouble: (error) => expect.unreachable(String(error)),
        });
        const expected = (name: LogKind) =>
          Buffer.from(texts[name])
            .subarray(from[name], bytes[name])
            .toString()
            .split("\n")
            .slice(0, -1)
            .map((line) => (JSON.parse(line) as { invocation_id: string }).invocation_id);
        try {
          for (const { kind: name, bytes: count, waits } of writes) {
            put(name, count);
            if (waits) await turn();
          }
          for (const name of ["workflow", "invocation", "feedback"] as const) {
            await until(() => given[name].length >= expected(name).length);
            expect(given[name]).toEqual(expected(name));
          }
        } finally {
          tail.stop();
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("reading a part of a log", () => {
  it("gives the lines between two places, whichever they are", async () => {
    const directory = temporaryDirectory();
    const ends = [0];
    for (let i = 0; i < 20; i++) {
      const line = lineOf(i, "é".repeat(i));
      appendFileSync(pathOf(directory), line);
      ends.push(ends.at(-1)! + Buffer.byteLength(line));
    }
    appendFileSync(pathOf(directory), lineOf("torn").slice(0, -1));
    const at = (place: number) => ({ workflow: 0, feedback: 0, invocation: ends[place]! });
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.nat(20), async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const found: TailEntry[] = [];
        for await (const entries of readFrom(directory, at(from), at(to))) found.push(...entries);
        expect(idsOf(found)).toEqual(Array.from({ length: to - from }, (_, i) => String(from + i)));
        expect(found.map((entry) => entry.to)).toEqual(ends.slice(from + 1, to + 1));
      }),
      { numRuns: 60 },
    );
  });
});
