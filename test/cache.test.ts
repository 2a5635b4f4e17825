import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { writeHistory } from "../bench/history.mjs";
import { TelemetryAnalyzer, type Report } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";
import { node } from "./support/oak.js";

const script = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url));

const AS_OF = "2026-12-01T00:00:00Z";

async function report(directory: string, as_of = AS_OF): Promise<Report> {
  const analyzer = new TelemetryAnalyzer({ directory, as_of });
  try {
    return await analyzer.generateReport();
  } finally {
    analyzer.close();
  }
}

/** A directory with a history that is long enough to be cached. */
function longHistory(): { directory: string; tables: string } {
  const directory = temporaryDirectory();
  writeHistory(directory, 4000);
  return { directory, tables: join(directory, "tables") };
}

describe("the cached tables", () => {
  it("give what the log gives, after more was written and after they were deleted", async () => {
    const { directory, tables } = longHistory();
    const cold = await report(directory);
    expect(readdirSync(tables)).toContain("tables.duckdb");
    const written = statSync(join(tables, "tables.duckdb")).ino;
    expect(await report(directory)).toEqual(cold);

    writeHistory(directory, 50, { seed: 2, from: Date.UTC(2026, 9, 20), to: Date.UTC(2026, 9, 25) });
    const warm = await report(directory);
    expect(warm.statistics.total_invocations).toBe(4050);
    // So little is not worth a new file.
    expect(statSync(join(tables, "tables.duckdb")).ino).toBe(written);
    rmSync(tables, { recursive: true });
    expect(await report(directory)).toEqual(warm);
  });

  it("are of no use for what was logged later than the time that is asked for", async () => {
    const { directory } = longHistory();
    const middle = "2026-05-01T00:00:00Z";
    const before = await report(directory, middle);
    await report(directory);
    expect(await report(directory, middle)).toEqual(before);
    expect(before.statistics.total_invocations).toBeLessThan(4000);
  });

  it.each([
    ["are not theirs", (file: string) => writeFileSync(file, "nothing of the kind")],
    ["were cut off", (file: string) => truncateSync(file, 100_000)],
    ["are empty", (file: string) => truncateSync(file, 0)],
  ])("are made again where the files %s", async (_, damage) => {
    const { directory, tables } = longHistory();
    const cold = await report(directory);
    damage(join(tables, "tables.duckdb"));
    expect(await report(directory)).toEqual(cold);
  });

  it("are made again where a block is damaged that only some questions look at", async () => {
    const { directory, tables } = longHistory();
    const cold = await report(directory);
    const file = join(tables, "tables.duckdb");
    const bytes = readFileSync(file);
    // One byte in each block of 256 KB but the first, which holds what is read at once.
    for (let at = 12_288 + 262_144 + 1000; at < bytes.length; at += 262_144) bytes[at]! ^= 0xff;
    writeFileSync(file, bytes);
    expect(await report(directory)).toEqual(cold);
  });

  it("are not kept of a log that was replaced while it was read", async () => {
    const { directory } = longHistory();
    const other = temporaryDirectory();
    writeHistory(other, 4500, { seed: 6 });
    let replaced = false;
    const analyzer = new TelemetryAnalyzer({
      directory,
      onProgress: () => {
        if (replaced) return;
        replaced = true;
        for (const name of readdirSync(other)) renameSync(join(other, name), join(directory, name));
      },
    });
    await analyzer.unreadableLines();
    analyzer.close();
    expect((await report(directory)).statistics.total_invocations).toBe(4500);
  });

  it("are made again when the log is another one", async () => {
    const { directory } = longHistory();
    await report(directory);
    for (const name of readdirSync(directory)) if (name.endsWith(".jsonl")) rmSync(join(directory, name));
    writeHistory(directory, 4100, { seed: 3 });
    expect((await report(directory)).statistics.total_invocations).toBe(4100);
    // Shorter, too.
    for (const name of readdirSync(directory)) if (name.endsWith(".jsonl")) rmSync(join(directory, name));
    writeHistory(directory, 10, { seed: 4 });
    expect((await report(directory)).statistics.total_invocations).toBe(10);
  });

  it("are done without where their folder cannot be written", async () => {
    const { directory, tables } = longHistory();
    writeFileSync(tables, "a file in the place of the folder");
    expect((await report(directory)).statistics.total_invocations).toBe(4000);
    expect((await report(directory)).statistics.total_invocations).toBe(4000);
  });

  it("leave nothing behind but themselves; what a killed process left is removed after an hour", async () => {
    const { directory, tables } = longHistory();
    await report(directory);
    for (const [name, hours] of [
      ["1-1-old.tmp", 2],
      ["1-1-new.tmp", 0],
    ] as const) {
      writeFileSync(join(tables, name), "");
      const time = Date.now() / 1000 - hours * 3600;
      utimesSync(join(tables, name), time, time);
    }
    writeHistory(directory, 3000, { seed: 5 });
    await report(directory);
    expect(readdirSync(tables).toSorted()).toEqual([".gitignore", "1-1-new.tmp", "tables.duckdb"]);
  });
});

describe("ten readers, four writers and one that deletes the cache", () => {
  it("no error, no wrong number, and the last reader sees everything", async () => {
    const directory = temporaryDirectory();
    const stop = join(temporaryDirectory(), "stop");
    const workflows = 1500;
    const agents = ["a", "b", "c", "d"];
    const writers = agents.map((agent) => node([script("workflow-writer.mjs"), directory, agent, String(workflows)]));
    const readers = Array.from({ length: 10 }, () => node([script("reader.mjs"), directory, stop]));
    const progress = { deleted: 0, failed: false };
    void Promise.race(readers).then(() => (progress.failed = true));
    const deleter = (async () => {
      while (!existsSync(stop)) {
        if (existsSync(join(directory, "tables", "tables.duckdb"))) progress.deleted++;
        // A reader may put a file into the folder while it is being deleted.
        await rm(join(directory, "tables"), { recursive: true, force: true }).catch(() => undefined);
        await sleep(50);
      }
    })();
    for (const { code, stderr } of await Promise.all(writers))
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // Long enough for the cache to be written and deleted, and for every reader to have been at it.
    while (progress.deleted < 3 && !progress.failed) await sleep(100);
    writeFileSync(stop, "");
    await deleter;
    for (const { code, stdout, stderr } of await Promise.all(readers)) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({
        total: agents.length * workflows * 2,
        workflows: agents.length * workflows,
        ...Object.fromEntries(agents.map((agent) => [agent, workflows * 2])),
      });
    }
  });
});
