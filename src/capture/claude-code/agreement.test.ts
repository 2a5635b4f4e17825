import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../../test/support/directory.js";
import { FakeSession, type RunScript } from "../../../test/support/transcripts.js";
import type { TelemetryEvent } from "../../event/events.js";
import { handlePayload } from "./hook/hook.js";
import { importClaudeCode } from "./import.js";

const run: RunScript = {
  agent: "developer",
  ending: "completed",
  requests: 2,
  edits: ["/a.ts"],
  creates: [],
  reads: [],
  children: [],
  plain: true,
};

type Json = Record<string, any>;

/** What happens in a session: after some lines of its transcript, a hook is given a payload. */
interface Step {
  readonly lines: number;
  readonly at: number;
  readonly payload: Json;
}

/** The payloads that Claude Code gives to hooks while it writes a session's transcript. */
function stepsOf(session: FakeSession, withPromptId: boolean): Step[] {
  const agentOf = new Map([...session.agents].map(([agent_id, { sidecar }]) => [sidecar["toolUseId"], agent_id]));
  let prompt_id: string | undefined;
  return session.lines.flatMap((line, i): Step[] => {
    const { type, message, timestamp, promptId, toolUseResult, origin } = line as Json;
    const at = Date.parse(timestamp as string);
    const step = (payload: Json, lines = i + 1): Step => ({ lines, at, payload: { ...payload, prompt_id } });
    const [block] = Array.isArray(message?.content) ? (message.content as Json[]) : [];
    if (type === "user" && typeof message.content === "string" && !origin) {
      prompt_id = withPromptId ? (promptId as string) : undefined;
      // The hook runs before the request is written.
      return [step({ hook_event_name: "UserPromptSubmit", prompt: message.content as string }, i)];
    }
    if (type === "assistant" && block?.["type"] === "text") return [step({ hook_event_name: "Stop" })];
    if (block?.["type"] === "tool_use") {
      const agent = { agent_id: agentOf.get(block["id"]), agent_type: block["input"].subagent_type as string };
      const call = {
        tool_name: block["name"] as string,
        tool_input: block["input"] as Json,
        tool_use_id: block["id"] as string,
      };
      return [step({ hook_event_name: "PreToolUse", ...call }), step({ hook_event_name: "SubagentStart", ...agent })];
    }
    if (block?.["type"] === "tool_result") {
      const tool_use_id = block["tool_use_id"] as string;
      const agent_id = agentOf.get(tool_use_id);
      return [
        step({ hook_event_name: "SubagentStop", agent_id, agent_type: "developer" }),
        step({ hook_event_name: "PostToolUse", tool_name: "Agent", tool_use_id, tool_response: toolUseResult as Json }),
      ];
    }
    return [];
  });
}

/** Which runs and workflows a log tells of. */
function told(directory: string) {
  const events = ["agent_invocations.jsonl", "workflow_events.jsonl"].flatMap((file) =>
    readFileSync(join(directory, file), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as TelemetryEvent),
  );
  const starts = events.filter((event) => event.event === "invocation_start");
  return {
    runs: new Map(starts.map((event) => [event.invocation_id, event.workflow_id])),
    bounds: events
      .filter(({ event }) => /^workflow_(?:start|complete|cancelled)$/.test(event))
      .map((event) =>
        [event.event, event.timestamp, "duration_seconds" in event ? event.duration_seconds : null].join(" "),
      )
      .toSorted((a, b) => (a < b ? -1 : 1)),
    workflows: new Set(events.filter((event) => event.event === "workflow_start").map((event) => event.workflow_id)),
    starts: starts.length,
    tokens: events
      .filter((event) => event.event === "invocation_update")
      .map((event) => event.metadata?.["output_tokens"]),
  };
}

describe.each([true, false])("hook and import (the program names its prompts: %s)", (withPromptId) => {
  const session = new FakeSession("0b5e2d1c-0000-4000-8000-000000000001", "sidecar")
    .request("first", [run, { ...run, agent: "reviewer" }], { promptId: withPromptId })
    .request("second", [{ ...run, agent: "tester" }], { promptId: withPromptId });

  const prepare = () => {
    const root = temporaryDirectory();
    const project = join(root, "projects", "-home-me-shop");
    session.write(project);
    const transcript = join(project, `${session.id}.jsonl`);
    const text = readFileSync(transcript, "utf8");
    const directory = join(root, "oak");
    const hook = async () => {
      for (const { lines, at, payload } of stepsOf(session, withPromptId)) {
        writeFileSync(transcript, text.split("\n").slice(0, lines).join("\n") + (lines > 0 ? "\n" : ""));
        const folder = join(project, session.id, "subagents");
        const all = {
          session_id: session.id,
          transcript_path: transcript,
          cwd: "/home/me/shop",
          ...payload,
          ...(payload["hook_event_name"] === "SubagentStop"
            ? { agent_transcript_path: join(folder, `agent-${payload["agent_id"]}.jsonl`) }
            : {}),
        };
        await handlePayload(JSON.stringify(all), { directory, now: at, env: {} });
      }
      writeFileSync(transcript, text);
    };
    const transcripts = () => importClaudeCode({ directory, path: root, now: Date.UTC(2026, 10, 1) });
    return { directory, hook, transcripts };
  };

  it("give the same ids alone", async () => {
    const [a, b] = [prepare(), prepare()];
    await a.hook();
    await b.transcripts();
    expect(told(a.directory).runs).toEqual(told(b.directory).runs);
    expect(told(a.directory).workflows).toEqual(told(b.directory).workflows);
    expect(told(b.directory).runs.size).toBe(3);
    expect(told(a.directory).bounds).toEqual(told(b.directory).bounds);
    expect(told(b.directory).bounds.filter((bound) => bound.startsWith("workflow_complete"))).toHaveLength(2);
  });

  it.each(["hook first", "import first"])("give each run once together: %s", async (order) => {
    const { directory, hook, transcripts } = prepare();
    if (order === "hook first") await hook();
    await transcripts();
    if (order !== "hook first") await hook();
    const { runs, workflows, tokens } = told(directory);
    expect(runs.size).toBe(3);
    expect(workflows).toEqual(new Set(runs.values()));
    expect(workflows.size).toBe(2);
    expect(tokens).toContain(120);
    // A second import finds nothing to add.
    expect(await transcripts()).toMatchObject({ lines_added: 0 });
  });
});
