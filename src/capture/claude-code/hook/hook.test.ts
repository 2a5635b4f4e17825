import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../../../test/support/directory.js";
import type { TelemetryEvent } from "../../../event/events.js";
import { handlePayload } from "./hook.js";

const NOW = Date.parse("2026-11-01T12:00:00Z");

const SESSION = [
  { hook_event_name: "UserPromptSubmit", prompt: "Do it", prompt_id: "p" },
  {
    hook_event_name: "PreToolUse",
    tool_name: "Task",
    tool_use_id: "t1",
    tool_input: { subagent_type: "coder", prompt: "Do it" },
  },
  { hook_event_name: "SubagentStart", agent_id: "a1", agent_type: "coder" },
  { hook_event_name: "SubagentStop", agent_id: "a1", agent_type: "coder" },
  { hook_event_name: "Stop" },
].map((payload) => JSON.stringify({ session_id: "s", prompt_id: "p", cwd: "/home/me/shop", ...payload }));

/** Hands payloads to the hook, a second apart. */
async function handle(directory: string, payloads: readonly string[], now = NOW): Promise<TelemetryEvent[]> {
  const events: TelemetryEvent[] = [];
  for (const [i, text] of payloads.entries())
    events.push(...(await handlePayload(text, { directory, env: {}, now: now + i * 1000 })));
  return events;
}

/** Lines of the log, told by their `event_id`. */
function logged(directory: string): string[] {
  return ["workflow_events.jsonl", "agent_invocations.jsonl"]
    .filter((file) => existsSync(join(directory, file)))
    .flatMap((file) => readFileSync(join(directory, file), "utf8").trim().split("\n"))
    .map((line) => (JSON.parse(line) as { event_id: string }).event_id);
}

describe("handlePayload", () => {
  it("writes what it gives, each line once", async () => {
    const directory = temporaryDirectory();
    const events = await handle(directory, SESSION);
    expect(events.map(({ event }) => event)).toEqual([
      "workflow_start",
      "invocation_start",
      "invocation_update",
      "workflow_complete",
    ]);
    expect(logged(directory).toSorted()).toEqual(events.map(({ event_id }) => event_id!).toSorted());
  });

  it("does the work of a process that was killed before it had written", async () => {
    const whole = temporaryDirectory();
    await handle(whole, SESSION);
    for (let killed = 1; killed < SESSION.length; killed++) {
      const directory = temporaryDirectory();
      await handle(directory, SESSION.slice(0, killed));
      // As if the last one had come no further than its journal, half of which another's death left.
      const journal = join(directory, "capture/claude-code/s.jsonl");
      const lines = readFileSync(journal, "utf8").trim().split("\n");
      writeFileSync(journal, `${lines.slice(0, -1).join("\n")}\n{"torn`);
      for (const file of ["workflow_events.jsonl", "agent_invocations.jsonl"]) {
        const path = join(directory, file);
        if (existsSync(path)) writeFileSync(path, "");
      }
      const before = await handle(whole, []);
      expect(before).toEqual([]);
      await handle(directory, SESSION.slice(killed, killed + 1), NOW + killed * 1000 + 60_000);
      const own = await handle(temporaryDirectory(), SESSION.slice(0, killed));
      const last = await handle(temporaryDirectory(), SESSION.slice(0, killed - 1));
      const due = own.slice(last.length).map(({ event_id }) => event_id);
      expect(logged(directory)).toEqual(expect.arrayContaining(due));
    }
  });

  it("keeps a session's journal for itself, whatever is in the folder", async () => {
    const directory = temporaryDirectory();
    await handle(directory, SESSION.slice(0, 1));
    const folder = join(directory, "capture/claude-code");
    appendFileSync(join(folder, "s.jsonl"), 'null\n[]\n"x"\n{"id":1}\n\u0000\n');
    writeFileSync(join(folder, "other.txt"), "");
    const events = await handle(directory, SESSION.slice(1));
    expect(events.map(({ event }) => event)).toContain("workflow_complete");
    expect(readdirSync(folder).toSorted()).toEqual(["other.txt", "s.jsonl"]);
  });

  it("counts what it does not understand, and leaves alone what is of no concern", async () => {
    const directory = temporaryDirectory();
    await handle(directory, ["{", "[]", '{"hook_event_name":"Stop"}', '{"hook_event_name":"PreCompact"}']);
    const refused = readFileSync(join(directory, "capture/claude-code/refused.jsonl"), "utf8");
    expect(
      refused
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { reason: string }).reason),
    ).toEqual(["not_json", "not_a_payload", "not_a_payload"]);
  });
});
