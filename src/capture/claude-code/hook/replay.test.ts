import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../../../test/support/directory.js";
import { handlePayload } from "./hook.js";
import { replay } from "./replay.js";

const START = Date.parse("2026-03-01T12:00:00Z");

/** Payloads as a hook logged them: a session with a run, and what only stops. */
function logged(session_id: string): object[] {
  return [
    { hook_event_name: "SessionStart", source: "startup" },
    { hook_event_name: "UserPromptSubmit", prompt: "Do it" },
    { hook_event_name: "PreToolUse", tool_name: "Bash", tool_use_id: "b1", tool_input: {} },
    { hook_event_name: "PreToolUse", tool_name: "Agent", tool_use_id: "t1", tool_input: { subagent_type: "coder" } },
    { hook_event_name: "SubagentStart", agent_id: "a1", agent_type: "coder" },
    { hook_event_name: "SubagentStop", agent_id: "x1", agent_type: "" },
    { hook_event_name: "SubagentStop", agent_id: "a1", agent_type: "coder" },
    {
      hook_event_name: "PostToolUse",
      tool_name: "Agent",
      tool_use_id: "t1",
      tool_response: { status: "completed", agentId: "a1" },
    },
    { hook_event_name: "SubagentStop", agent_id: "a1", agent_type: "coder" },
    { hook_event_name: "Stop" },
  ].map((payload, i) => ({
    timestamp: new Date(START + i * 1000).toISOString(),
    session_id,
    cwd: "/work",
    ...payload,
  }));
}

const lines = (payloads: readonly object[]) => payloads.map((each) => `${JSON.stringify(each)}\n`).join("");

function log(directory: string): string[] {
  return ["agent_invocations.jsonl", "workflow_events.jsonl"].flatMap((file) =>
    readFileSync(join(directory, file), "utf8").trim().split("\n"),
  );
}

describe("replay", () => {
  it("does what the hook would have done, and counts by kind", async () => {
    const [directory, hooked] = [temporaryDirectory(), temporaryDirectory()];
    const path = join(temporaryDirectory(), "hooks.jsonl");
    // Sessions in turn, as they run beside each other.
    const sessions = ["s1", "s2", "s3"].map(logged);
    const payloads = sessions[0]!.flatMap((_, i) => sessions.map((session) => session[i]!));
    writeFileSync(path, `${lines(payloads)}{"torn\n\n{"hook_event_name":"Stop"}\nnoise\n`);
    const result = await replay(path, directory);
    expect(result).toMatchObject({
      payloads: 31,
      payloads_by_event: { SubagentStop: 9, PreToolUse: 6, Stop: 4 },
      irrelevant: 3,
      refused: 3,
      refused_by_reason: { not_json: 2, not_a_payload: 1 },
      sessions: 3,
      runs: 3,
      open: 0,
      abandoned: 0,
      phantom_stops: 3,
      duplicate_stops: 3,
    });
    for (const payload of payloads) {
      const now = Date.parse((payload as { timestamp: string }).timestamp);
      await handlePayload(JSON.stringify(payload), { directory: hooked, now, env: {} });
    }
    expect(log(directory).toSorted()).toEqual(log(hooked).toSorted());
    expect(result.events).toBe(log(directory).length);
  });

  it("adds only what is new when the file is replayed again, and has grown", async () => {
    const directory = temporaryDirectory();
    const path = join(temporaryDirectory(), "hooks.jsonl");
    const payloads = logged("s");
    writeFileSync(path, lines(payloads.slice(0, 6)));
    await replay(path, directory);
    const before = log(directory);
    expect(await replay(path, directory)).toMatchObject({ known: 5, events: 0 });
    expect(log(directory)).toEqual(before);
    appendFileSync(path, lines(payloads.slice(6)));
    expect(await replay(path, directory)).toMatchObject({ known: 5, runs: 1, duplicate_stops: 1 });
    const rerun = log(directory);
    expect(await replay(path, directory)).toMatchObject({ known: 9, events: 0 });
    expect(log(directory)).toEqual(rerun);
  });

  it.each([
    ["a list", (payloads: object[]) => JSON.stringify(payloads)],
    ["a list on many lines", (payloads: object[]) => JSON.stringify(payloads, undefined, 2)],
    ["an object with a list", (payloads: object[]) => JSON.stringify({ version: 1, entries: payloads }, undefined, 2)],
  ])("reads a file that is %s", async (_, write) => {
    const path = join(temporaryDirectory(), "hooks.json");
    writeFileSync(path, write(logged("s")));
    expect(await replay(path, temporaryDirectory())).toMatchObject({ payloads: 10, runs: 1, refused: 0 });
  });

  it("tells what is no log of payloads", async () => {
    const path = join(temporaryDirectory(), "notes.txt");
    writeFileSync(path, "some\nnotes\n");
    expect(await replay(path, temporaryDirectory())).toMatchObject({ payloads: 0, refused: 2, events: 0 });
    await expect(replay(join(path, "missing"), temporaryDirectory())).rejects.toThrow(/ENOTDIR/);
  });
});
