import { describe, expect, it } from "vitest";

import { runsOf, type NoRun } from "./runs.js";
import { SessionReader } from "./session-reader.js";
import type { Sidecar } from "./transcript-files.js";

type Line = Record<string, unknown>;

const START = Date.UTC(2026, 9, 1);
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

const user = (seconds: number, content: unknown, more: Line = {}): Line => ({
  type: "user",
  uuid: `u${seconds}`,
  sessionId: "s",
  timestamp: at(seconds),
  message: { role: "user", content },
  ...more,
});
const assistant = (seconds: number, ...content: unknown[]): Line => ({
  type: "assistant",
  uuid: `a${seconds}`,
  sessionId: "s",
  timestamp: at(seconds),
  message: { id: `m${seconds}`, role: "assistant", content },
});
const call = (seconds: number, id: string, name = "Agent", input: Line = { subagent_type: "developer", prompt: "p" }) =>
  assistant(seconds, { type: "tool_use", id, name, input });
const result = (seconds: number, id: string, toolUseResult: unknown, block: Line = {}) =>
  user(seconds, [{ type: "tool_result", tool_use_id: id, content: "text", ...block }], { toolUseResult });
const notification = (id: string, status: string) =>
  `<task-notification>\n<task-id>${id}</task-id>\n<status>${status}</status>\n</task-notification>`;
const launched = (seconds: number, id: string, agentId: string) =>
  result(seconds, id, { status: "async_launched", agentId });

/** What a session's transcript and those of its subagents say of runs. */
function read(
  lines: readonly Line[],
  agents: Readonly<Record<string, readonly Line[]>> = {},
  { sidecars = {}, now = 7 * 86_400 }: { sidecars?: Record<string, Partial<Sidecar>>; now?: number } = {},
) {
  const troubles: string[] = [];
  const noRuns: NoRun[] = [];
  const reader = new SessionReader((kind) => troubles.push(kind), new Set(Object.keys(agents)));
  for (const line of lines) reader.see(line);
  for (const [agent_id, records] of Object.entries(agents))
    for (const record of records) reader.seeOfAgent(agent_id, { ...record, agentId: agent_id, isSidechain: true });
  const beside = new Map(Object.entries(sidecars) as [string, Sidecar][]);
  const facts = { reader, sidecars: beside, complete: true, name: "s" };
  const runs = runsOf(facts, START + now * 1000, (reason) => noRuns.push(reason)).map(
    ({ agent_id, agent_name, end, detached, parent, inferred }) => ({
      agent_id,
      agent_name,
      reason: end?.reason,
      seconds: end?.seconds,
      detached,
      parent,
      inferred,
    }),
  );
  return { runs, noRuns, troubles };
}

const request = user(0, "please");

describe("the runs of a session", () => {
  it("continue when they are resumed: the last end counts, and the time from the first start", () => {
    const lines = [
      request,
      call(1, "t1"),
      result(10, "t1", { status: "completed", agentId: "a1", totalDurationMs: 8000 }),
      call(20, "t2", "Agent", { prompt: "go on", resume: "a1" }),
      result(30, "t2", { status: "completed", agentId: "a1", totalDurationMs: 9000 }),
    ];
    const { runs, noRuns } = read(lines, { a1: [user(2, "p"), assistant(29, { type: "text", text: "done" })] });
    expect(runs).toEqual([
      expect.objectContaining({ agent_id: "a1", reason: "completed", seconds: 27, inferred: ["duration_seconds"] }),
    ]);
    expect(noRuns).toEqual([]);
  });

  it("are open again when they go on after they had ended", () => {
    const lines = [request, call(1, "t1"), launched(2, "t1", "a1"), user(10, notification("a1", "completed"))];
    const agent = [user(2, "p"), assistant(9, { type: "text", text: "done" }), user(50, "more")];
    expect(read(lines, { a1: agent }, { now: 60 }).runs[0]!.reason).toBeUndefined();
    expect(read(lines, { a1: agent }).runs[0]!.reason).toBe("abandoned");
  });

  it.each([
    ["a notification that was delivered", user(10, notification("a1", "failed")), "failed"],
    [
      "one that was only queued",
      { type: "queue-operation", content: notification("a1", "killed"), timestamp: at(10) },
      "killed",
    ],
    [
      "one in an attachment",
      {
        type: "attachment",
        attachment: { type: "queued_command", prompt: notification("a1", "completed") },
        timestamp: at(10),
      },
      "completed",
    ],
    ["its output that was asked for", result(10, "x", { task: { task_id: "a1", status: "completed" } }), "completed"],
    ["the call that stopped it", call(10, "x", "TaskStop", { task_id: "a1" }), "killed"],
  ])("in the background end by %s", (_, line, reason) => {
    const lines = [request, call(1, "t1"), launched(2, "t1", "a1"), line];
    expect(read(lines, { a1: [user(2, "p"), call(9, "b", "Bash", {})] }).runs).toEqual([
      expect.objectContaining({ reason, detached: true }),
    ]);
  });

  it("are those of skills, of teammates and of other machines too", () => {
    const { runs, troubles } = read([
      request,
      call(1, "t1", "Skill", { skill: "review" }),
      result(5, "t1", { status: "forked", agentId: "a1", commandName: "review", result: "fine" }),
      call(6, "t2"),
      result(7, "t2", { status: "teammate_spawned", agent_id: "ann@team", agent_type: "tester" }),
      call(8, "t3"),
      result(9, "t3", { status: "remote_launched", taskId: "r1" }),
    ]);
    expect(runs.map(({ agent_id, agent_name, detached }) => [agent_id, agent_name, detached])).toEqual([
      ["a1", "review", false],
      ["ann@team", "tester", true],
      ["r1", "developer", true],
    ]);
    expect(troubles).toEqual([]);
  });

  it("are known by what stands beside their transcripts, whoever started them", () => {
    const agents = { a1: [user(2, "p")], a2: [user(3, "q")], a3: [user(4, "r")] };
    const sidecars = {
      a1: { agent_type: "Explore", tool_use_id: "t1" },
      a2: { agent_type: "workflow-subagent" },
      a3: {},
    };
    const { runs, noRuns } = read([request, call(1, "t1")], agents, { sidecars });
    expect(runs.map(({ agent_name }) => agent_name)).toEqual(["Explore", "workflow-subagent"]);
    expect(noRuns).toEqual(["not_requested"]);
  });

  it("are not calls that were refused, nor those of which nothing more was heard", () => {
    const refused = "The user doesn't want to proceed with this tool use.";
    const { runs, noRuns } = read([
      request,
      call(1, "t1"),
      result(2, "t1", "User rejected tool use", { content: refused, is_error: true }),
      call(3, "t2"),
    ]);
    expect(runs).toEqual([]);
    expect(noRuns).toEqual(["not_started", "not_started"]);
  });

  it("were left alone when the user asked for something else", () => {
    const lines = [request, call(1, "t1"), user(60, "something else")];
    const agents = { a1: [user(2, "p"), call(5, "b", "Bash", {})] };
    expect(read(lines, agents, { now: 70 }).runs).toEqual([
      expect.objectContaining({
        reason: "abandoned",
        seconds: 3,
        inferred: ["tool_use_id", "outcome", "duration_seconds"],
      }),
    ]);
  });

  it("say what kind of end was not understood", () => {
    const lines = [request, call(1, "t1"), result(2, "t1", { status: "evaporated", agentId: "a1" })];
    expect(read(lines, { a1: [user(2, "p")] }, { now: 10 })).toMatchObject({
      runs: [{ reason: undefined }],
      troubles: ["result with status evaporated"],
    });
  });
});
