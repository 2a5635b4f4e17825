import fs, { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Appender } from "./append.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oak-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("Appender", () => {
  it("creates the folder and the file for the user alone", () => {
    const path = join(directory, "new", "log.jsonl");
    new Appender(path, false).append("one");
    expect(readFileSync(path, "utf8")).toBe("one\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "new")).mode & 0o777).toBe(0o700);
  });

  it("closes a torn line that another process left before it appends", () => {
    const path = join(directory, "log.jsonl");
    writeFileSync(path, 'whole\n{"torn');
    const appender = new Appender(path, false);
    appender.append("next");
    appender.append("last");
    expect(readFileSync(path, "utf8")).toBe('whole\n{"torn\nnext\nlast\n');
  });

  it("writes to a new file when the old one was deleted or replaced", async () => {
    const path = join(directory, "log.jsonl");
    const appender = new Appender(path, false);
    appender.append("lost");
    rmSync(path);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    appender.append("kept");
    expect(readFileSync(path, "utf8")).toBe("kept\n");
  });

  it("waits for the disk when asked to", () => {
    const path = join(directory, "log.jsonl");
    const appender = new Appender(path, true);
    appender.append("one");
    expect(readFileSync(path, "utf8")).toBe("one\n");
  });

  it("throws what the file system says, and goes on when it can", () => {
    const path = join(directory, "file", "log.jsonl");
    writeFileSync(join(directory, "file"), "not a folder");
    const appender = new Appender(path, false);
    expect(() => appender.append("lost")).toThrow(/EEXIST|ENOTDIR/);
    rmSync(join(directory, "file"));
    appender.append("kept");
    expect(readFileSync(path, "utf8")).toBe("kept\n");
  });

  // Linux keeps a device that is always full.
  it.runIf(existsSync("/dev/full"))("reports a full disk", () => {
    const appender = new Appender("/dev/full", false);
    expect(() => appender.append("lost")).toThrow(/ENOSPC/);
    appender.close();
  });

  it("can be closed and used again", () => {
    const path = join(directory, "log.jsonl");
    const appender = new Appender(path, false);
    appender.append("one");
    appender.close();
    appender.close();
    appendFileSync(path, "two\n");
    appender.append("three");
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\nthree\n");
  });

  it("leaves no descriptor open after close", () => {
    const open = () => fs.readdirSync("/proc/self/fd").length;
    if (!existsSync("/proc/self/fd")) return;
    const before = open();
    const appender = new Appender(join(directory, "log.jsonl"), false);
    appender.append("one");
    appender.close();
    expect(open()).toBe(before);
  });
});
