import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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
