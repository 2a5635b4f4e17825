import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DefinitionHashes } from "./definition-hashes.js";

let root: string;
let now: number;
let hashes: DefinitionHashes;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "oak-test-")));
  now = Date.now();
  hashes = new DefinitionHashes({ project: join(root, "project"), user: join(root, "user") }, () => now);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string, changed = new Date(now)): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, changed, changed);
}

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

describe("DefinitionHashes", () => {
  it("hashes the bytes of the file named after the agent, in any folder below", () => {
    write("project/quality/tester.md", "---\nname: tester\n---\nTest.");
    expect(hashes.of("tester")).toBe(hashOf("---\nname: tester\n---\nTest."));
    expect(hashes.of("nobody")).toBeNull();
  });

  it("takes the project's before the user's", () => {
    write("user/tester.md", "the user's");
    write("user/writer.md", "only the user's");
    write("project/tester.md", "the project's");
    expect(hashes.of("tester")).toBe(hashOf("the project's"));
    expect(hashes.of("writer")).toBe(hashOf("only the user's"));
  });

  it("does not take a file that names another agent", () => {
    write("project/tester.md", '---\nname: "reviewer"\n---\n');
    write("project/writer.md", "---\r\nname: 'writer'\r\n---\r\n");
    expect(hashes.of("tester")).toBeNull();
    expect(hashes.of("writer")).not.toBeNull();
  });

  it("looks again after a second, and sees what changed, went, or came", () => {
    write("project/tester.md", "first");
    expect(hashes.of("tester")).toBe(hashOf("first"));
    write("project/tester.md", "second");
    now += 999;
    expect(hashes.of("tester")).toBe(hashOf("first"));
    now += 1;
    expect(hashes.of("tester")).toBe(hashOf("second"));
    rmSync(join(root, "project/tester.md"));
    now += 1000;
    expect(hashes.of("tester")).toBeNull();
    write("project/newcomer.md", "new");
    now += 30_000;
    expect(hashes.of("newcomer")).toBe(hashOf("new"));
  });

  it("follows a clock that is set back", () => {
    write("project/tester.md", "first");
    expect(hashes.of("tester")).toBe(hashOf("first"));
    write("project/tester.md", "second");
    now -= 60_000;
    expect(hashes.of("tester")).toBe(hashOf("second"));
  });

  it("knows the definition of an earlier time only when its file has not changed since", () => {
    write("project/tester.md", "text", new Date(now - 10_000));
    expect(hashes.of("tester", now - 5000)).toBe(hashOf("text"));
    expect(hashes.of("tester", now - 15_000)).toBeNull();
  });

  it("does not throw where nothing is, or nothing can be read", () => {
    expect(new DefinitionHashes({ project: null, user: null }).of("tester")).toBeNull();
    expect(hashes.of("../../etc/passwd")).toBeNull();
    mkdirSync(join(root, "project", "folder.md"), { recursive: true });
    symlinkSync(join(root, "gone"), join(root, "project", "gone.md"));
    symlinkSync(join(root, "project"), join(root, "project", "circle"));
    write("project/huge.md", "x".repeat(1_000_001));
    for (const agent of ["folder", "gone", "huge"]) expect(hashes.of(agent)).toBeNull();
  });

  it.skipIf(process.getuid?.() === 0)("does not know what it may not read", () => {
    write("project/secret.md", "secret");
    chmodSync(join(root, "project", "secret.md"), 0);
    expect(hashes.of("secret")).toBeNull();
  });
});
