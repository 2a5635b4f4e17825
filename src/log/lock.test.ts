import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { LockedError, withLock } from "./lock.js";

const lockPath = () => join(temporaryDirectory(), "some.lock");

const done = async () => "done";

describe("withLock", () => {
  it("lets one in at a time, and leaves nothing behind", async () => {
    const path = lockPath();
    const answer = await withLock(path, async () => {
      expect(readFileSync(path, "utf8")).toBe(String(process.pid));
      await expect(withLock(path, done)).rejects.toThrow(LockedError);
      return "first";
    });
    expect(answer).toBe("first");
    expect(existsSync(path)).toBe(false);
    expect(await withLock(path, done)).toBe("done");
  });

  it("waits for no process that has died", async () => {
    const path = lockPath();
    // No system gives out such an id.
    writeFileSync(path, "2147483646");
    expect(await withLock(path, done)).toBe("done");
  });

  it("lets one in at a time also of those who find at once that its holder has died", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "some.lock");
    let inside = 0;
    const together: number[] = [];
    const refusals = new Set<string>();
    for (let round = 0; round < 200; round++) {
      writeFileSync(path, "2147483646");
      const contenders = Array.from({ length: 4 }, async (_, i) => {
        // They find it and take it at different times.
        for (let turns = (round * i) % 7; turns > 0; turns--) await turn();
        await withLock(path, async () => {
          together.push(++inside);
          await sleep(1);
          inside--;
        }).catch((error: unknown) => refusals.add((error as Error).name));
      });
      await Promise.all(contenders);
    }
    expect(together.length).toBeGreaterThanOrEqual(200);
    expect(new Set(together)).toEqual(new Set([1]));
    expect(refusals).toEqual(new Set(["LockedError"]));
    expect(readdirSync(directory)).toEqual([]);
  });

  it("waits for no predecessor that had the id of this process, as in a container that was restarted", async () => {
    const path = lockPath();
    writeFileSync(path, String(process.pid));
    await expect(withLock(path, done)).rejects.toThrow(LockedError);
    const before = Date.now() / 1000 - process.uptime() - 10;
    utimesSync(path, before, before);
    expect(await withLock(path, done)).toBe("done");
  });

  it("holds up who cannot know whose it is, and says what to do", async () => {
    const path = lockPath();
    writeFileSync(path, "");
    await expect(withLock(path, done)).rejects.toThrow(`process unknown is at it (if not, delete ${path})`);
  });
});
