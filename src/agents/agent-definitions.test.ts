import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { readAgentDefinitions } from "./agent-definitions.js";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "oak-test-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string | Uint8Array): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const agent = (name: string, description = "") =>
  `---\nname: ${name}\ndescription: ${description}\n---\nBody of ${name}`;
const read = (directory = "agents") => readAgentDefinitions({ directory, cwd: root });

describe("readAgentDefinitions", () => {
  it("reads what a file says, by name", async () => {
    const text = "---\nname: b\ndescription: Does b.\ntools: Read\nmodel: opus\n---\n\nDo b.\n";
    const path = write("agents/deep/down/file.md", text);
    write("agents/a.md", agent("a"));
    const { definitions, problems } = await read();
    expect(problems).toEqual([]);
    expect(definitions.map(({ agent_name }) => agent_name)).toEqual(["a", "b"]);
    expect(definitions[1]).toEqual({
      agent_name: "b",
      description: "Does b.",
      body: "Do b.",
      tools: ["Read"],
      model: "opus",
      definition_hash: createHash("sha256").update(text).digest("hex").slice(0, 16),
      path,
      source: "given",
    });
  });

  it("calls an agent without a name after its file", async () => {
    write("agents/tester.md", "---\ndescription: Tests.\n---\n");
    expect((await read()).definitions[0]).toMatchObject({ agent_name: "tester", description: "Tests." });
  });

  it("looks in the project, upwards, and at the user's; the project's counts", async () => {
    write("project/.claude/agents/both.md", agent("both", "the project's"));
    write("config/agents/other-file.md", agent("both", "the user's"));
    write("config/agents/mine.md", agent("mine"));
    mkdirSync(join(root, "project", "src"));
    const env = { CLAUDE_CONFIG_DIR: join(root, "config") };
    const { definitions, problems } = await readAgentDefinitions({ env, cwd: join(root, "project", "src") });
    expect(problems).toEqual([]);
    expect(definitions.map(({ agent_name, source }) => [agent_name, source])).toEqual([
      ["both", "project"],
      ["mine", "user"],
    ]);
  });

  it("finds nothing, and no fault, where nobody has defined an agent", async () => {
    const env = { CLAUDE_CONFIG_DIR: join(root, "none") };
    expect(await readAgentDefinitions({ env, cwd: root })).toEqual({ definitions: [], problems: [] });
  });

  it("says that a given folder is not there, or none", async () => {
    expect((await read()).problems).toEqual([{ path: join(root, "agents"), reason: "does not exist" }]);
    const path = write("file.md", agent("a"));
    expect((await read("file.md")).problems).toEqual([{ path, reason: "is not a folder" }]);
  });

  it("reports what is no definition, and reads the others", async () => {
    const like = (pattern: RegExp): unknown => expect.stringMatching(pattern);
    const expected = {
      "no-front-matter.md": like(/no front matter/),
      "no-end.md": like(/no end/),
      "empty.md": like(/no front matter/),
      "nothing-said.md": like(/neither name nor description/),
      "binary.md": like(/not a text/),
      "huge.md": like(/1000001 bytes/),
      "folder.md": like(/not a file/),
      "gone.md": like(/does not exist/),
      "second.md": like(/defines good, as .*good\.md does/),
    };
    write("agents/good.md", agent("good"));
    write("agents/no-front-matter.md", "# Agent\n");
    write("agents/no-end.md", "---\nname: a\n");
    write("agents/empty.md", "");
    write("agents/nothing-said.md", "---\ntitle: x\n---\n");
    write("agents/binary.md", new Uint8Array([0, 1, 2, 255]));
    write("agents/huge.md", "x".repeat(1_000_001));
    mkdirSync(join(root, "agents", "folder.md"));
    symlinkSync(join(root, "nowhere"), join(root, "agents", "gone.md"));
    write("agents/second.md", agent("good"));
    write("agents/README.md", "# About these agents");
    write("agents/notes.txt", "not Markdown");
    const { definitions, problems } = await read();
    expect(definitions.map(({ agent_name }) => agent_name)).toEqual(["good"]);
    const reasons = Object.fromEntries(problems.map(({ path, reason }) => [path.slice(root.length + 8), reason]));
    expect(reasons).toEqual(expected);
  });

  it.skipIf(process.getuid?.() === 0)("reports what it may not read", async () => {
    chmodSync(write("agents/secret.md", agent("secret")), 0);
    write("agents/closed/a.md", agent("a"));
    chmodSync(join(root, "agents", "closed"), 0);
    const { problems } = await read();
    chmodSync(join(root, "agents", "closed"), 0o700);
    expect(problems.map(({ reason }) => reason)).toEqual([
      "may not be read: permission denied",
      "may not be read: permission denied",
    ]);
  });

  it("follows links but not in circles, and does not wait for a pipe", async () => {
    write("shared/tester.md", agent("tester"));
    write("agents/a.md", agent("a"));
    symlinkSync(join(root, "shared"), join(root, "agents", "shared"));
    symlinkSync(join(root, "agents"), join(root, "shared", "back"));
    symlinkSync("self.md", join(root, "agents", "self.md"));
    execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", join(root, "agents", "pipe.md")]);
    const { definitions, problems } = await read();
    expect(definitions.map(({ agent_name }) => agent_name)).toEqual(["a", "tester"]);
    expect(problems.map(({ reason }) => reason)).toEqual(["is not a file", "is a link that leads back to itself"]);
  });

  it("leaves out hidden folders and node_modules", async () => {
    write("agents/.git/a.md", agent("a"));
    write("agents/node_modules/x/b.md", agent("b"));
    write("agents/c.md", agent("c"));
    expect((await read()).definitions.map(({ agent_name }) => agent_name)).toEqual(["c"]);
  });

  it("reads thousands of files, and says when it stops", async () => {
    for (let i = 0; i < 1000; i++) write(`agents/${i % 10}/agent-${i}.md`, agent(`agent-${i}`));
    expect((await read()).definitions).toHaveLength(1000);
    for (let i = 0; i < 20_001; i++) writeFileSync(join(root, "agents", "0", `${i}.txt`), "");
    const { problems } = await read();
    expect(problems[0]?.reason).toMatch(/more than 20000 files/);
  });

  it("never rejects, whatever a file holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array()),
        fc.boolean(),
        async (content, framed) => {
          const path = write("agents/any.md", framed ? `---\n${String(content)}\n---\n` : content);
          const { definitions, problems } = await read();
          const paths = [...definitions, ...problems].map((one) => one.path);
          expect(paths).toEqual([path]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
