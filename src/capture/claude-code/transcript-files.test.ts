import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../../test/support/directory.js";
import { findSessions, readSidecar } from "./transcript-files.js";

const RECORD = '{"type":"user","sessionId":"s1"}\n';

/** A folder with these files; their content is a record of session `s1` where nothing else is said. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory();
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content || RECORD);
  }
  return root;
}

async function found(path: string) {
  const unreadable: string[] = [];
  const sessions = await findSessions(path, (place) => unreadable.push(place));
  return sessions
    .map(({ name, project, transcript, agents }) => ({
      name,
      project,
      whole: transcript !== undefined,
      agents: agents.map(({ agent_id }) => agent_id).toSorted(),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

describe("the files of sessions", () => {
  it("are found in every layout", async () => {
    const root = folderOf({
      "projects/-p/s1.jsonl": "",
      "projects/-p/agent-flat.jsonl": "",
      "projects/-p/s1/agent-beside.jsonl": "",
      "projects/-p/s1/subagents/agent-below.jsonl": "",
      "projects/-p/s1/subagents/workflows/w1/agent-deep.jsonl": "",
      "projects/-p/s1/tool-results/x.jsonl.txt": "",
      "projects/-q/s2.jsonl": "",
      "projects/-q/gone/subagents/agent-orphan.jsonl": "",
      "projects/-q/notes.md": "",
      "settings.json": "",
    });
    const s1 = { name: "s1", project: "-p", whole: true, agents: ["below", "beside", "deep", "flat"] };
    const others = [
      { name: "gone", project: "-q", whole: false, agents: ["orphan"] },
      { name: "s2", project: "-q", whole: true, agents: [] },
    ];
    const all = [...others, s1].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(await found(root)).toEqual(all);
    expect(await found(join(root, "projects"))).toEqual(all);
    expect(await found(join(root, "projects", "-p"))).toEqual([s1]);
    expect(await found(join(root, "projects", "-p", "s1.jsonl"))).toEqual([s1]);
    expect(await found(join(root, "projects", "-p", "agent-flat.jsonl"))).toEqual([s1]);
  });

  it("name their session where the first line is too long to be read whole", async () => {
    const root = folderOf({
      "p/agent-a.jsonl": `{"sessionId":"s1","message":{"content":"${"x".repeat(100_000)}"}}\n`,
      "p/agent-b.jsonl": `damaged\n${RECORD}`,
      "p/agent-c.jsonl": "nothing of use\n",
    });
    expect((await found(root)).map(({ name, agents }) => [name, agents])).toEqual([
      ["agent-c.jsonl", ["c"]],
      ["s1", ["a", "b"]],
    ]);
  });

  it("are not looked for outside, nor in what is no folder of transcripts", async () => {
    const root = folderOf({ "a/b/c/d/e.jsonl": "", "p/s.jsonl": "", "p/x.txt": "" });
    symlinkSync(root, join(root, "p", "loop"));
    expect((await found(root)).map(({ name }) => name)).toEqual(["s"]);
    expect(await found(join(root, "p", "x.txt"))).toEqual([]);
    await expect(found(join(root, "nowhere"))).rejects.toThrow("ENOENT");
  });

  it("come with what stands beside them, if it can be read", async () => {
    const root = folderOf({
      "agent-a.jsonl": "",
      "agent-a.meta.json": '{"agentType":"Explore","toolUseId":"t","spawnDepth":1,"parentAgentId":7}',
      "agent-b.meta.json": "[1]",
      "agent-c.meta.json": '{"agentType',
    });
    expect(await readSidecar(join(root, "agent-a.jsonl"))).toEqual({
      agent_type: "Explore",
      description: undefined,
      tool_use_id: "t",
      parent_agent_id: undefined,
    });
    for (const agent of ["b", "c", "d"]) expect(await readSidecar(join(root, `agent-${agent}.jsonl`))).toBeUndefined();
  });
});
