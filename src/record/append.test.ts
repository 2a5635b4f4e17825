import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Appender } from "./append.js";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oak-test-"));
  path = join(directory, "log.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What became of the lines: how many went out in each write, and what failed. */
let writes: (number | string)[];
function appender(to = path, fsync = false): Appender {
  writes = [];
  return new Appender({
    path: to,
    fsync,
    onWritten: (lines, error) =>
      writes.push(error === undefined ? lines : ((error as NodeJS.ErrnoException).code ?? "?")),
  });
}
const content = (of = path) => readFileSync(of, "utf8");

describe("Appender", () => {
  it("creates the folder and the file for the user alone", () => {
    const nested = join(directory, "new", "log.jsonl");
    appender(nested).append("one", 1);
    expect(content(nested)).toBe("one\n");
    expect(statSync(nested).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "new")).mode & 0o777).toBe(0o700);
  });

  it("writes a line at once, unless another was written in the same millisecond", () => {
    const file = appender();
    file.append("one", 1);
    expect(content()).toBe("one\n");
    file.append("two", 2);
    expect(content()).toBe("one\ntwo\n");
    file.append("three", 2);
    file.append("four", 2);
    expect(content()).toBe("one\ntwo\n");
    file.append("five", 3);
    expect(content()).toBe("one\ntwo\nthree\nfour\nfive\n");
    expect(writes).toEqual([1, 1, 3]);
  });

  it("writes a burst when the running job ends", async () => {
    const file = appender();
    const other = appender(join(directory, "other.jsonl"));
    for (const line of ["one", "two", "three"]) {
      file.append(line, 1);
      other.append(line, 1);
    }
    await Promise.resolve();
    expect(content()).toBe("one\ntwo\nthree\n");
    expect(content(join(directory, "other.jsonl"))).toBe("one\ntwo\nthree\n");
    file.append("four", 1);
    await Promise.resolve();
    expect(content()).toBe("one\ntwo\nthree\nfour\n");
  });

  it("writes a burst when it has grown large, and when it is closed", () => {
    const file = appender();
    const line = "x".repeat(1000);
    for (let i = 0; i < 100; i++) file.append(line, 1);
    expect(writes[0]).toBe(1);
    expect(writes[1]).toBe(17);
    file.close();
    expect(content()).toBe(`${line}\n`.repeat(100));
  });

  it("gathers nothing when each line must reach the disk", () => {
    const file = appender(path, true);
    file.append("one", 1);
    file.append("two", 1);
    expect(content()).toBe("one\ntwo\n");
    expect(writes).toEqual([1, 1]);
  });

  it("closes a torn line that another process left before it appends", () => {
    writeFileSync(path, 'whole\n{"torn');
    const file = appender();
    file.append("next", 1);
    file.append("last", 2);
    expect(content()).toBe('whole\n{"torn\nnext\nlast\n');
  });

  it("writes to a new file when the old one was deleted, at the latest a second later", () => {
    const file = appender();
    file.append("lost", 1);
    rmSync(path);
    file.append("lost too", 500);
    file.append("kept", 1500);
    expect(content()).toBe("kept\n");
  });

  it("says what the file system says, counts what is lost, and goes on when it can", () => {
    const blocked = join(directory, "file");
    writeFileSync(blocked, "not a folder");
    const file = appender(join(blocked, "log.jsonl"));
    file.append("lost", 1);
    rmSync(blocked);
    file.append("kept", 2);
    expect(writes).toEqual([expect.stringMatching(/EEXIST|ENOTDIR/), 1]);
    expect(content(join(blocked, "log.jsonl"))).toBe("kept\n");
  });

  // Linux keeps a device that is always full.
  it.runIf(existsSync("/dev/full"))("reports a full disk", () => {
    const file = appender("/dev/full");
    file.append("lost", 1);
    expect(writes).toEqual(["ENOSPC"]);
    file.close();
  });

  it.runIf(existsSync("/proc/self/fd"))("leaves no descriptor open after close", () => {
    const open = () => readdirSync("/proc/self/fd").length;
    const before = open();
    const file = appender();
    file.append("one", 1);
    expect(open()).toBe(before + 1);
    file.close();
    expect(open()).toBe(before);
  });

  it.runIf(existsSync("/proc/self/fd"))("opens the file anew when somebody closed its descriptor", () => {
    const file = appender();
    file.append("one", 1);
    const ours = readdirSync("/proc/self/fd").find((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === realpathSync(path);
      } catch {
        return false;
      }
    });
    closeSync(Number(ours));
    file.append("lost", 2);
    file.append("kept", 3);
    expect(writes).toEqual([1, "EBADF", 1]);
    expect(content()).toBe("one\nkept\n");
  });

  it("writes what the handler of a failure logs", async () => {
    const file = appender();
    file.append("one", 1);
    const broken = new Appender({
      path: "/dev/null/broken",
      fsync: false,
      onWritten: (lines) => file.append(`${lines} lost`, 1),
    });
    for (let i = 0; i < 3; i++) broken.append("lost", 1);
    await Promise.resolve();
    await Promise.resolve();
    expect(content()).toBe("one\n1 lost\n2 lost\n");
  });

  it("can be closed and used again", () => {
    const file = appender();
    file.append("one", 1);
    file.close();
    file.close();
    appendFileSync(path, "two\n");
    file.append("three", 2);
    file.close();
    expect(content()).toBe("one\ntwo\nthree\n");
  });
});
