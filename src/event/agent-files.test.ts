import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { definitionHash, findAgentFolders, listAgentFiles, readAgentFile } from "./agent-files.js";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "oak-test-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const folder = (...parts: string[]) => {
  const path = join(root, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
};

describe("findAgentFolders", () => {
  it("finds the nearest .claude/agents upwards, and the user's", () => {
    const outer = folder("outer", ".claude", "agents");
    const inner = folder("outer", "inner", ".claude", "agents");
    const env = { CLAUDE_CONFIG_DIR: join(root, "config") };
    const user = join(root, "config", "agents");
    expect(findAgentFolders(env, folder("outer", "inner", "src"))).toEqual({ project: inner, user });
    expect(findAgentFolders(env, folder("outer", "other"))).toEqual({ project: outer, user });
  });

  it("does not take the user's folder for a project's", () => {
    const user = folder("home", ".claude", "agents");
    const env = { CLAUDE_CONFIG_DIR: join(root, "home", ".claude") };
    expect(findAgentFolders(env, folder("home", "project"))).toEqual({ project: null, user });
  });

  it("takes ~/.claude for the user's by default", () => {
    expect(findAgentFolders({}, root).user).toBe(join(homedir(), ".claude", "agents"));
  });

  it("leaves a file of that name alone", () => {
    folder(".claude");
    writeFileSync(join(root, ".claude", "agents"), "a file");
    expect(findAgentFolders({}, root).project).toBeNull();
  });
});

describe("listAgentFiles", () => {
  it("lists Markdown files in all folders below, in order, each once", () => {
    folder("b", "c");
    for (const path of ["z.md", "a.md", "b/m.md", "b/c/n.md", "b/text.txt"]) writeFileSync(join(root, path), "");
    symlinkSync(root, join(root, "b", "circle"));
    expect(listAgentFiles(root).map((path) => path.slice(root.length + 1))).toEqual([
      "a.md",
      "b/c/n.md",
      "b/m.md",
      "z.md",
    ]);
  });

  it("says what it could not read", () => {
    const problems: string[][] = [];
    expect(listAgentFiles(join(root, "gone"), (...problem) => problems.push(problem))).toEqual([]);
    expect(problems).toEqual([[join(root, "gone"), "does not exist"]]);
  });
});

describe("definitionHash", () => {
  it("is the beginning of SHA-256: of FIPS 180-2's example, and of nothing", () => {
    expect(definitionHash(Buffer.from("abc"))).toBe("ba7816bf8f01cfea");
    expect(definitionHash(new Uint8Array())).toBe("e3b0c44298fc1c14");
  });

  it("differs when one byte does", () => {
    writeFileSync(join(root, "a.md"), "text\n");
    writeFileSync(join(root, "b.md"), "text\r\n");
    expect(definitionHash(readAgentFile(join(root, "a.md")))).not.toBe(
      definitionHash(readAgentFile(join(root, "b.md"))),
    );
  });
});
