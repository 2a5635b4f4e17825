import { appendFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FakeSession, type Layout, type RunScript } from "../../../test/support/transcripts.js";
import { expectTruth, runsOf } from "../../../test/support/truth.js";
import { temporaryDirectory } from "../../../test/support/directory.js";
import type { InvocationStart, TelemetryEvent } from "../../event/events.js";
import { contentEventId, invocationId, startEventId } from "./identity.js";
import { importClaudeCode, UnknownProjectError, type ClaudeCodeImportOptions } from "./import.js";

const NOW = Date.UTC(2026, 10, 1);

/** Imports into `telemetry` from `projects`, both below a folder. */
function importFrom(root: string, options: Partial<ClaudeCodeImportOptions> = {}) {
  return importClaudeCode({ directory: join(root, "oak"), path: join(root, "projects"), now: NOW, ...options });
}

function logOf(root: string): TelemetryEvent[] {
  return ["agent_invocations.jsonl", "workflow_events.jsonl"].flatMap((file) => {
    try {
      return readFileSync(join(root, "oak", file), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as TelemetryEvent);
    } catch {
      return [];
    }
  });
}

const simple: RunScript = {
  agent: "developer",
  ending: "completed",
  requests: 2,
  edits: [],
  creates: [],
  reads: [],
  children: [],
  plain: true,
};

const LAYOUTS: readonly Layout[] = ["sidecar", "folder", "flat", "progress"];

const file = fc.constantFrom("/a.ts", "/b.ts", "/c/d.ts");
const runScript = (depth: number): fc.Arbitrary<RunScript> =>
  fc.record({
    agent: fc.constantFrom("developer", "reviewer", "Explore", "general-purpose"),
    ending: fc.constantFrom("completed", "failed", "interrupted", "async", "killed", "silent"),
    requests: fc.integer({ min: 1, max: 3 }),
    edits: fc.uniqueArray(file, { maxLength: 2 }),
    creates: fc.uniqueArray(fc.constantFrom("/new.ts", "/new/e.ts"), { maxLength: 2 }),
    reads: fc.uniqueArray(file, { maxLength: 2 }),
    failedEdit: fc.constant("/never.ts"),
    children: depth === 0 ? fc.constant([]) : fc.array(runScript(depth - 1), { maxLength: 2 }),
    plain: fc.boolean(),
  });

describe("the import of transcripts", () => {
  it.each(LAYOUTS)("finds every run and nothing else, whatever the session was: layout %s", async (layout) => {
    const request = fc.record({
      runs: fc.array(runScript(layout === "progress" ? 0 : 1), { maxLength: 3 }),
      parallel: fc.boolean(),
      promptId: fc.boolean(),
      noise: fc.constantFrom("compaction", "warm_up", "not_requested", "refused"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(request, { maxLength: 3 }), { minLength: 1, maxLength: 3 }),
        async (script) => {
          const root = mkdtempSync(join(tmpdir(), "oak-test-"));
          try {
            const sessions = script.map((requests, i) => {
              const session = new FakeSession(`session-${i}`, layout);
              for (const { runs, parallel, promptId, noise } of requests)
                session.request("please", runs, { parallel, promptId }).noise(noise);
              session.write(join(root, "projects", "-home-me-shop"));
              return session;
            });
            await importFrom(root);
            expectTruth(logOf(root), sessions);
            const again = await importFrom(root);
            expect(again).toMatchObject({ lines_added: 0, invocations: { added: 0 }, not_understood: {} });
          } finally {
            rmSync(root, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it("makes one workflow of each request that started runs", async () => {
    const root = temporaryDirectory();
    new FakeSession("s", "sidecar")
      .request("first", [
        { ...simple, children: [{ ...simple, agent: "tester" }] },
        { ...simple, agent: "reviewer" },
      ])
      .request("nothing to start here", [])
      .request("third", [{ ...simple, ending: "failed" }], { promptId: true })
      .write(join(root, "projects", "p"));
    await importFrom(root);
    const ends = logOf(root).filter((event) => event.event === "workflow_complete");
    expect(ends.map(({ success, agents_executed }) => ({ success, agents_executed }))).toEqual([
      { success: true, agents_executed: ["developer", "tester", "reviewer"] },
      { success: false, agents_executed: ["developer"] },
    ]);
    const start = logOf(root).find((event) => event.event === "workflow_start");
    expect(start).toMatchObject({ project_name: "shop", agent_plan: [], session_id: "s" });
  });

  it("sees handoffs: of files where the later one reads what the earlier one wrote, else by sequence", async () => {
    const root = temporaryDirectory();
    new FakeSession("s", "sidecar")
      .request("go", [
        { ...simple, agent: "architect", creates: ["/plan.md"] },
        { ...simple, agent: "researcher" },
        { ...simple, agent: "developer", reads: ["/plan.md", "/other"] },
      ])
      .request(
        "go",
        [
          { ...simple, agent: "a" },
          { ...simple, agent: "b" },
        ],
        { parallel: true },
      )
      .write(join(root, "projects", "p"));
    await importFrom(root);
    const handoffs = logOf(root).filter((event) => event.event === "agent_handoff");
    expect(handoffs.map(({ from_agent, to_agent, artifacts }) => [from_agent, to_agent, artifacts])).toEqual([
      ["architect", "researcher", []],
      ["architect", "developer", ["/plan.md"]],
    ]);
  });

  it("adds only what is new when a session has grown, line by line", async () => {
    const root = temporaryDirectory();
    const project = join(root, "projects", "p");
    const session = new FakeSession("s", "folder");
    session.request("go", [
      { ...simple, ending: "async", edits: ["/a.ts"] },
      { ...simple, agent: "reviewer" },
    ]);
    session.request("on", [
      { ...simple, ending: "killed" },
      { ...simple, ending: "failed" },
    ]);
    session.write(project);
    const path = join(project, "s.jsonl");
    const whole = readFileSync(path, "utf8").split("\n");
    // As if the program were at work: nothing has been silent for long.
    const now = Date.UTC(2026, 9, 1, 0, 5);
    const seen = new Set<string>();
    for (let lines = 0; lines < whole.length; lines++) {
      writeFileSync(path, whole.slice(0, lines + 1).join("\n"));
      await importFrom(root, { now });
      const log = logOf(root);
      expect(new Set(log.map(({ event_id }) => event_id)).size).toBe(log.length);
      for (const { event_id } of log) seen.add(event_id!);
      expect(seen.size).toBe(log.length);
    }
    const starts = logOf(root).filter((event) => event.event === "invocation_start");
    expect(starts.length).toBe(4);
    expectTruth(logOf(root), [session]);
  });

  it("leaves a run open that may go on, and calls it abandoned when it has long been silent", async () => {
    const root = temporaryDirectory();
    const session = new FakeSession("s", "sidecar").request("go", [{ ...simple, edits: ["/a.ts"] }]);
    // Killed in the middle: no answer, no result.
    const [agent] = [...session.agents.values()];
    agent!.lines.length -= 2;
    session.lines.length -= 2;
    session.write(join(root, "projects", "p"));
    await importFrom(root, { now: Date.UTC(2026, 9, 1, 0, 1) });
    expect(logOf(root).map(({ event }) => event)).toEqual(["invocation_start", "workflow_start"]);
    await importFrom(root);
    const [run] = runsOf(logOf(root)).values();
    expect(run!.update).toMatchObject({
      outcome: { status: "unknown" },
      metadata: { end_reason: "abandoned", inferred: ["outcome", "duration_seconds"] },
    });
    expect(logOf(root).filter(({ event }) => event === "workflow_complete")).toEqual([]);
    expect(logOf(root).find(({ event }) => event === "workflow_cancelled")).toMatchObject({
      reason: "the session ended before the answer",
    });
  });

  it.each(["same", "new", "forkedFrom"])(
    "counts runs once that another session has copied (session ids: %s)",
    async (ids) => {
      const root = temporaryDirectory();
      const project = join(root, "projects", "p");
      const session = new FakeSession("original", "sidecar").request("go", [{ ...simple, edits: ["/a.ts"] }]);
      session.write(project);
      const copied = session.lines.map((line) => ({
        ...(line as object),
        ...(ids === "same" ? {} : { sessionId: "copy" }),
        ...(ids === "forkedFrom" ? { forkedFrom: { sessionId: "original", messageUuid: "m" } } : {}),
      }));
      writeFileSync(join(project, "copy.jsonl"), copied.map((line) => `${JSON.stringify(line)}\n`).join(""));
      await importFrom(root);
      expectTruth(logOf(root), [session]);
      // Claude Code has deleted the original.
      renameSync(join(project, "original.jsonl"), join(root, "gone.jsonl"));
      rmSync(join(project, "original"), { recursive: true });
      expect(await importFrom(root)).toMatchObject({ invocations: { added: 0 }, workflows: { added: 0 } });
      expectTruth(logOf(root), [session]);
    },
  );

  it("reads transcripts of subagents whose session is gone", async () => {
    const root = temporaryDirectory();
    const session = new FakeSession("s", "sidecar").request("go", [simple], { promptId: true }).noise("warm_up");
    session.write(join(root, "projects", "p"));
    rmSync(join(root, "projects", "p", "s.jsonl"));
    expect(await importFrom(root)).toMatchObject({ invocations: { added: 1 }, left_out: { warm_up: 1 } });
    expectTruth(logOf(root), [session]);
  });

  it("passes over damage, and counts it by kind", async () => {
    const root = temporaryDirectory();
    const project = join(root, "projects", "p");
    const session = new FakeSession("s", "flat").request("go", [simple]);
    session.lines.push('{"type":"user","mess', "\0\0\0\0", "null", "[1]", "", '{"a":1}', '{"type":"hologram"}');
    session.lines.push({ type: "assistant", message: "no object" }, { type: "user", message: { content: 7 } });
    session.lines.push({
      type: "assistant",
      message: { content: [null, 3, "text", { type: "tool_use" }] },
      timestamp: 5,
    });
    session.lines.push({
      type: "user",
      toolUseResult: { agentId: {}, status: [] },
      message: { content: [{ type: "tool_result" }] },
    });
    session.lines.push(`{"type":"user","x":"${"y".repeat(33 * 1024 * 1024)}"}`);
    session.request("more", [{ ...simple, agent: "reviewer" }]);
    session.write(project);
    appendFileSync(join(project, "s.jsonl"), '{"type":"user","being":"writ');
    const { not_understood } = await importFrom(root);
    expect(not_understood).toEqual({
      "damaged line": 4,
      "record without a type": 1,
      "record of type hologram": 1,
      "line longer than 32 MB": 1,
    });
    expectTruth(logOf(root), [session]);
  });

  it("gives what the hook has captured before once, and adds what only the transcripts know", async () => {
    const root = temporaryDirectory();
    const session = new FakeSession("s", "sidecar").request("go", [simple, { ...simple, agent: "reviewer" }]);
    session.write(join(root, "projects", "p"));
    mkdirSync(join(root, "oak"));
    const [run] = session.runs;
    const invocation_id = invocationId("s", run!.agent_id);
    const start = {
      timestamp: "2026-10-01T00:00:01.000Z",
      event: "invocation_start",
      invocation_id,
      agent_name: "developer",
      // Known by another key of the request.
      workflow_id: "cc-of-the-hook",
      session_id: "s",
      event_id: startEventId(invocation_id),
    } as const;
    const update = { ...start, event: "invocation_update", outcome: { status: "success" } } as const;
    const lines = [start, { ...update, event_id: contentEventId(update) }];
    writeFileSync(
      join(root, "oak", "agent_invocations.jsonl"),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
    expect(await importFrom(root)).toMatchObject({ invocations: { found: 2, added: 1 } });
    const log = logOf(root);
    const found = log.filter((event) => event.event.startsWith("invocation"));
    expect(new Set(found.map((event) => (event as InvocationStart).invocation_id)).size).toBe(2);
    // What it was to do, and its tokens.
    const said = found.filter(
      (event) => (event as InvocationStart).invocation_id === invocation_id,
    ) as InvocationStart[];
    expect(said.map(({ task_description }) => task_description).filter(Boolean)).toEqual([
      expect.stringContaining("Part of"),
    ]);
    expect(said.at(-1)!.metadata).toMatchObject({ input_tokens: run!.input_tokens });
    expect(said.filter((event) => "workflow_id" in event).map((event) => event.workflow_id)).toEqual(
      expect.not.arrayContaining([expect.not.stringMatching("cc-of-the-hook")]),
    );
    expect(await importFrom(root)).toMatchObject({ lines_added: 0 });
  });

  it("chooses by project and by time, and adds nothing in a dry run", async () => {
    const root = temporaryDirectory();
    const early = new FakeSession("early", "sidecar", Date.UTC(2026, 8, 1)).request("go", [simple]);
    const late = new FakeSession("late", "sidecar", Date.UTC(2026, 9, 20)).request("go", [simple]);
    early.write(join(root, "projects", "-home-me-shop"));
    late.write(join(root, "projects", "-home-me-bank"));
    expect(await importFrom(root, { dry_run: true })).toMatchObject({ lines_added: 8, invocations: { added: 2 } });
    expect(logOf(root)).toEqual([]);
    await importFrom(root, { since: Date.UTC(2026, 9, 1) });
    expectTruth(logOf(root), [late]);
    await importFrom(root, { project: "/home/me/shop" });
    expectTruth(logOf(root), [early, late]);
    await expect(importFrom(root, { project: "/home/me/inn" })).rejects.toThrow(UnknownProjectError);
  });

  it("takes a project's folder, a transcript, and the folder of Claude Code itself", async () => {
    const session = new FakeSession("s", "flat").request("go", [simple]);
    for (const place of [".", "projects", "projects/p", "projects/p/s.jsonl"]) {
      const root = temporaryDirectory();
      session.write(join(root, "projects", "p"));
      new FakeSession("other", "flat").request("go", []).write(join(root, "projects", "p"));
      await importFrom(root, { path: join(root, place) });
      expectTruth(logOf(root), [session]);
    }
    await expect(importFrom("/nowhere")).rejects.toThrow("ENOENT");
  });

  it("goes on where a killed import stopped, even in the middle of a line", async () => {
    const session = new FakeSession("s", "sidecar");
    session.request("go", [
      { ...simple, edits: ["/a.ts"] },
      { ...simple, agent: "reviewer", ending: "async" },
    ]);
    const root = temporaryDirectory();
    session.write(join(root, "projects", "p"));
    await importFrom(root);
    const path = join(root, "oak", "agent_invocations.jsonl");
    const whole = readFileSync(path, "utf8");
    for (let length = 0; length < whole.length; length += 97) {
      writeFileSync(path, whole.slice(0, length));
      await importFrom(root);
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      const ids = lines.flatMap((line) => /"event_id":"([^"]+)"[^"]*(?:"sequence":\d+)?\}$/.exec(line)?.[1] ?? []);
      // Every line is there once, besides the torn one.
      expect(new Set(ids)).toEqual(new Set([...whole.matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id)));
      expect(new Set(ids).size).toBe(ids.length);
      expect(lines.length - ids.length).toBeLessThanOrEqual(1);
    }
  });

  it("refuses while another import is under way, and says when the log cannot be written", async () => {
    const root = temporaryDirectory();
    new FakeSession("s", "sidecar").request("go", [simple]).write(join(root, "projects", "p"));
    mkdirSync(join(root, "oak", "capture"), { recursive: true });
    const lock = join(root, "oak", "capture", "import.lock");
    writeFileSync(lock, String(process.pid));
    await expect(importFrom(root)).rejects.toThrow(`process ${process.pid} is at it`);
    rmSync(lock);
    const elsewhere = temporaryDirectory();
    symlinkSync("/dev/full", join(elsewhere, "workflow_events.jsonl"));
    // Not seen as a file while it is read, nor takes it a line.
    await expect(importFrom(root, { directory: elsewhere })).rejects.toThrow("workflow_events.jsonl");
    expect(await importFrom(root)).toMatchObject({ invocations: { added: 1 } });
  });

  it("writes no secret", async () => {
    const root = temporaryDirectory();
    const secret = `ghp_${"a1B2".repeat(9)}`;
    const session = new FakeSession("s", "sidecar").request("go", [
      { ...simple, agent: "developer", ending: "failed" },
    ]);
    session.write(join(root, "projects", "p"));
    const path = join(root, "projects", "p", "s.jsonl");
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("Do part", `Use ${secret}`).replaceAll("broke", secret));
    await importFrom(root);
    const log = JSON.stringify(logOf(root));
    expect(log).toContain("[REDACTED]");
    expect(log).not.toContain(secret);
  });
});
