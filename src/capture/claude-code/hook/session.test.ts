import { describe, expect, it } from "vitest";

import type { InvocationStart, TelemetryEvent } from "../../../event/events.js";
import { EVENT_SCHEMAS } from "../../../event/schema.js";
import { invocationId, workflowId } from "../identity.js";
import type { HookRecord } from "./record.js";
import { Session } from "./session.js";

const START = Date.parse("2026-11-01T12:00:00Z");

/** Records of one session, a second apart, in short. */
function records(...list: readonly (Partial<HookRecord> & Pick<HookRecord, "event">)[]): HookRecord[] {
  return list.map((record, i) => ({
    id: String(i),
    at: START + i * 1000,
    prompt_key: "p1",
    cwd: "/home/me/shop",
    ...record,
  }));
}

function tell(list: readonly HookRecord[]): { events: TelemetryEvent[]; session: Session } {
  const session = new Session("s");
  const events = list.flatMap((record) => session.step(record));
  for (const event of events) expect(EVENT_SCHEMAS[event.event].parse(event)).toEqual(event);
  return { events, session };
}

const prompt = { event: "UserPromptSubmit" } as const;
const call = (tool_use_id: string, agent_name = "Explore", more: Partial<HookRecord> = {}) =>
  ({
    event: "PreToolUse",
    tool_use_id,
    call: { agent_name, task_description: `task of ${tool_use_id}` },
    ...more,
  }) as const;
const start = (agent_id: string, agent_type = "Explore", more: Partial<HookRecord> = {}) =>
  ({ event: "SubagentStart", agent_id, ...(agent_type === "" ? {} : { agent_type }), ...more }) as const;
const stop = (agent_id: string, agent_type = "Explore", more: Partial<HookRecord> = {}) =>
  ({ event: "SubagentStop", agent_id, ...(agent_type === "" ? {} : { agent_type }), ...more }) as const;
const result = (tool_use_id: string, agent_id: string, status = "completed", more: Partial<HookRecord> = {}) =>
  ({ event: "PostToolUse", tool_use_id, result: { status, agent_id }, ...more }) as const;
const failure = (tool_use_id: string, interrupted: boolean) =>
  ({ event: "PostToolUseFailure", tool_use_id, error: "no", ...(interrupted ? { interrupted } : {}) }) as const;
const done = { event: "Stop" } as const;
const end = { event: "SessionEnd" } as const;

/** What the events say of each run, merged as readers do. */
function runs(events: readonly TelemetryEvent[]): Record<string, Record<string, unknown>> {
  const merged: Record<string, Record<string, unknown>> = {};
  for (const event of events) {
    if (event.event !== "invocation_start" && event.event !== "invocation_update") continue;
    const { metadata, outcome, task_description, parent_invocation_id, detached } = event as InvocationStart;
    const run = (merged[(metadata as Record<string, string>)["agent_id"]!] ??= {});
    if (event.event === "invocation_start") Object.assign(run, { task_description, parent_invocation_id, detached });
    else Object.assign(run, { status: outcome?.status, end: metadata!["end_reason"], seconds: event.duration_seconds });
  }
  return merged;
}

describe("a session", () => {
  it("tells a request with one subagent as a workflow with one invocation", () => {
    const { events } = tell(records(prompt, call("t1"), start("a1"), stop("a1"), result("t1", "a1"), done));
    const workflow_id = workflowId("s", "p1");
    expect(events.map(({ event }) => event)).toEqual([
      "workflow_start",
      "invocation_start",
      "invocation_update",
      "workflow_complete",
    ]);
    expect(events[0]).toMatchObject({ workflow_id, project_name: "shop", timestamp: "2026-11-01T12:00:01.000Z" });
    expect(events[1]).toMatchObject({
      invocation_id: invocationId("s", "a1"),
      workflow_id,
      agent_name: "Explore",
      task_description: "task of t1",
      timestamp: "2026-11-01T12:00:02.000Z",
    });
    expect(events[2]).toMatchObject({ duration_seconds: 1, outcome: { status: "success" } });
    // From the call to the end of the subagent: what the main agent did before and afterwards is no waiting.
    expect(events[3]).toMatchObject({
      duration_seconds: 2,
      timestamp: "2026-11-01T12:00:03.000Z",
      success: true,
      agents_executed: ["Explore"],
    });
  });

  it("says nothing of requests without subagents, nor of the program's own agents", () => {
    const { events, session } = tell(
      records(prompt, stop("x1", ""), stop("acompact-1", "Explore"), start("w1", ""), stop("w1", ""), done, end),
    );
    expect(events).toEqual([]);
    expect(session.counts).toMatchObject({ runs: 0, phantom_stops: 3 });
  });

  it("believes what was started with a type where nobody tells of calls, but for warm-up", () => {
    const warm_up = { records: 2, tools: [], files_read: [], files_written: [], files_created: [], warm_up: true };
    const list = records(
      start("w1"),
      stop("w1", "Explore", { transcript: warm_up }),
      start("a1"),
      stop("a1"),
      stop("x1", ""),
      start("a2", "Plan"),
      end,
    );
    const { events, session } = tell(list);
    expect(runs(events)).toMatchObject({
      a1: { status: "success", seconds: 1 },
      a2: { status: "unknown", end: "abandoned" },
    });
    expect(session.counts).toMatchObject({ runs: 2, phantom_stops: 2, abandoned: 1 });
    // A session begins with warm-up, before the first prompt.
    const warm = [{ event: "SessionStart" } as const, start("w1"), stop("w1"), prompt, start("a1"), stop("a1"), end];
    expect(Object.keys(runs(tell(records(...warm)).events))).toEqual(["a1"]);
    // Where calls are told, a start without one is none of them.
    const told = tell(
      records(prompt, call("t1"), start("a1"), start("b1", "Plan"), stop("b1", "Plan"), stop("a1"), done),
    );
    expect(Object.keys(runs(told.events))).toEqual(["a1"]);
  });

  it("names a run after its call where nobody says which run the call started", () => {
    const old = {
      event: "PostToolUse",
      tool_use_id: "t1",
      call: { agent_name: "Plan" },
      result: { milliseconds: 700 },
    } as const;
    const { events } = tell(records(prompt, old, done));
    expect(events.find(({ event }) => event === "invocation_start")).toMatchObject({
      invocation_id: invocationId("s", "t1"),
      agent_name: "Plan",
      timestamp: "2026-11-01T12:00:00.300Z",
    });
    expect(runs(events)["t1"]).toMatchObject({ status: "success", seconds: 0.7 });
  });

  it("tells parallel subagents apart by the result of their calls, whatever the order", () => {
    const { events } = tell(
      records(
        prompt,
        call("t1"),
        call("t2"),
        start("a2"),
        start("a1"),
        stop("a1"),
        stop("a2"),
        result("t2", "a2"),
        result("t1", "a1"),
        done,
      ),
    );
    expect(runs(events)).toMatchObject({
      a1: { task_description: "task of t1", status: "success" },
      a2: { task_description: "task of t2", status: "success" },
    });
  });

  it("tells them apart at once by the files beside their transcripts", () => {
    const { events } = tell(
      records(
        prompt,
        call("t1"),
        call("t2"),
        start("a2", "Explore", { spawned_by: { tool_use_id: "t2" } }),
        start("a1", "Explore", { spawned_by: { tool_use_id: "t1" } }),
      ),
    );
    expect(runs(events)).toMatchObject({
      a1: { task_description: "task of t1" },
      a2: { task_description: "task of t2" },
    });
  });

  it("corrects what it had concluded when the result says otherwise", () => {
    // The hook of the first call was slow.
    const { events } = tell(
      records(prompt, call("t2"), start("a1"), call("t1"), start("a2"), result("t1", "a1"), result("t2", "a2"), done),
    );
    expect(runs(events)).toMatchObject({
      a1: { task_description: "task of t1" },
      a2: { task_description: "task of t2" },
    });
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
  });

  it("knows nested subagents, and that they work on the first one's request", () => {
    const { events } = tell(
      records(
        prompt,
        call("t1", "planner"),
        start("a1", "planner"),
        { ...prompt, prompt_key: "p2" },
        call("t2", "Explore", { agent_id: "a1", prompt_key: "p2" }),
        start("a2", "Explore", { prompt_key: "p2" }),
        stop("a2"),
        result("t2", "a2", "completed", { agent_id: "a1" }),
        stop("a1", "planner"),
        done,
      ),
    );
    expect(runs(events)["a2"]).toMatchObject({ parent_invocation_id: invocationId("s", "a1") });
    expect(new Set(events.map((event) => (event as InvocationStart).workflow_id).filter(Boolean))).toEqual(
      new Set([workflowId("s", "p1")]),
    );
  });

  it("waits for subagents in the background before the workflow ends", () => {
    const list = records(prompt, call("t1"), start("a1"), result("t1", "a1", "async_launched"), done, stop("a1"));
    const before = tell(list.slice(0, -1));
    expect(runs(before.events)["a1"]).toMatchObject({ detached: true });
    expect(runs(before.events)["a1"]).not.toHaveProperty("status");
    const { events } = tell(list);
    expect(runs(events)["a1"]).toMatchObject({ status: "success", seconds: 3 });
    expect(events.at(-1)).toMatchObject({ event: "workflow_complete", duration_seconds: 4 });
  });

  it("closes what was interrupted, with what it had started", () => {
    const { events } = tell(
      records(
        prompt,
        call("t1", "planner"),
        start("a1", "planner"),
        call("t2", "Explore", { agent_id: "a1" }),
        start("a2"),
        failure("t1", true),
        { ...prompt, prompt_key: "p2" },
      ),
    );
    expect(runs(events)).toMatchObject({
      a1: { status: "unknown", end: "interrupted" },
      a2: { status: "unknown", end: "interrupted" },
    });
    expect(events.at(-1)).toMatchObject({ event: "workflow_cancelled" });
  });

  it("takes a call that failed for a failure of its subagent, and of none where none had started", () => {
    const { events } = tell(
      records(prompt, call("t1"), start("a1"), failure("t1", false), call("t2", "nobody"), failure("t2", false), done),
    );
    expect(runs(events)).toMatchObject({ a1: { status: "failure", end: "failed" } });
    expect(Object.keys(runs(events))).toEqual(["a1"]);
    expect(events.at(-1)).toMatchObject({ event: "workflow_complete", success: false });
  });

  it("counts a stop that comes twice once, and takes it for another's where its transcript says so", () => {
    const { events, session } = tell(
      records(
        prompt,
        call("t1"),
        start("a1"),
        stop("x9", "Explore", { transcript_agent_id: "a1" }),
        stop("a1"),
        stop("a1"),
        result("t1", "a1"),
        done,
      ),
    );
    expect(Object.keys(runs(events))).toEqual(["a1"]);
    expect(runs(events)["a1"]).toMatchObject({ seconds: 1 });
    expect(session.counts).toMatchObject({ runs: 1, duplicate_stops: 2, phantom_stops: 0 });
  });

  it("closes as abandoned what has no end, when the session ends or falls silent; a later stop overrules", () => {
    for (const event of ["SessionEnd", "Silence"] as const) {
      const list = records(prompt, call("t1"), start("a1"), { event });
      const { events, session } = tell(list);
      expect(runs(events)["a1"]).toMatchObject({ status: "unknown", end: "abandoned" });
      expect(session.counts).toMatchObject({ open: 0, abandoned: 1 });
      const late = tell([...list, ...records(stop("a1")).map((record) => ({ ...record, at: START + 9000 }))]);
      expect(runs(late.events)["a1"]).toMatchObject({ status: "success" });
    }
  });

  it("runs as long as the turn, and ends with the last of its subagents, however many there were before", () => {
    const list = records(
      prompt,
      call("t1"),
      start("a1"),
      stop("a1"),
      result("t1", "a1"),
      call("t2"),
      start("a2"),
      stop("a2"),
      result("t2", "a2"),
      done,
    );
    expect(tell(list.slice(0, 5)).events.map(({ event }) => event)).not.toContain("workflow_complete");
    const ends = tell(list).events.filter(({ event }) => event === "workflow_complete");
    expect(ends).toMatchObject([{ duration_seconds: 6, timestamp: "2026-11-01T12:00:07.000Z" }]);
  });

  it("cancels a workflow whose session ends before the answer, until the answer comes", () => {
    const list = records(prompt, call("t1"), start("a1"), stop("a1"), end, done);
    const before = tell(list.slice(0, -1));
    const reason = "the session ended before the answer";
    expect(before.events.at(-1)).toMatchObject({ event: "workflow_cancelled", reason, duration_seconds: 2 });
    const { events } = tell(list);
    const [cancelled, completed] = events.slice(-2);
    expect(completed).toMatchObject({ event: "workflow_complete", timestamp: cancelled!.timestamp });
    // What was said last counts.
    expect(completed!.sequence).toBeGreaterThan(cancelled!.sequence!);
  });

  it("gives each record the same events, whether or not those of the others are wanted", () => {
    const list = records(
      prompt,
      call("t2"),
      start("a1"),
      call("t1"),
      start("a2"),
      result("t1", "a1"),
      stop("x9", ""),
      stop("a1", "Explore", {
        transcript: { records: 3, tools: [], files_read: [], files_written: [], files_created: [] },
      }),
      result("t2", "a2"),
      done,
      stop("a2"),
      prompt,
      end,
    );
    const all = new Session("s");
    for (const [i, record] of list.entries()) {
      const one = new Session("s");
      for (const before of list.slice(0, i)) expect(one.step(before, false)).toEqual([]);
      expect(one.step(record)).toEqual(all.step(record));
    }
  });

  it("goes on with a run that is resumed", () => {
    const { events, session } = tell(
      records(prompt, call("t1"), start("a1"), stop("a1"), start("a1"), stop("a1"), done),
    );
    expect(runs(events)["a1"]).toMatchObject({ seconds: 3 });
    expect(session.counts).toMatchObject({ runs: 1, duplicate_stops: 0 });
  });

  it("hears of a stop before its start, when the hooks overtake each other", () => {
    const { events } = tell(records(prompt, stop("a1"), start("a1"), call("t1"), result("t1", "a1"), done));
    expect(runs(events)["a1"]).toMatchObject({ status: "success", task_description: "task of t1" });
  });

  it("goes on with a request while the program's own prompts come", () => {
    const { events } = tell(
      records(
        prompt,
        call("t1"),
        start("a1"),
        result("t1", "a1", "async_launched"),
        done,
        stop("a1"),
        { ...prompt, prompt_key: "note", continues: true },
        call("t2", "Plan", { prompt_key: "note" }),
        start("a2", "Plan", { prompt_key: "note" }),
        stop("a2", "Plan", { prompt_key: "note" }),
        { ...done, prompt_key: "note" },
      ),
    );
    expect(events.filter(({ event }) => event === "workflow_start")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ agents_executed: ["Explore", "Plan"] });
  });

  it("tells requests without a key apart by their place", () => {
    const list = records(
      prompt,
      call("t1"),
      start("a1"),
      stop("a1"),
      done,
      prompt,
      call("t2"),
      start("a2"),
      stop("a2"),
      done,
    );
    for (const record of list as { prompt_key?: string }[]) delete record.prompt_key;
    const { events } = tell(list);
    expect(events.filter(({ event }) => event === "workflow_complete")).toHaveLength(2);
  });
});
