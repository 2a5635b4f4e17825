import { expect } from "vitest";

import { invocationId } from "../../src/capture/claude-code/identity.js";
import type { InvocationStart, InvocationUpdate, TelemetryEvent } from "../../src/event/events.js";
import { EVENT_SCHEMAS } from "../../src/event/schema.js";
import type { FakeSession, TrueRun } from "./transcripts.js";

/** What a log says of each run: its start, and its last update. */
export function runsOf(events: readonly TelemetryEvent[]) {
  const runs = new Map<string, { start: InvocationStart; update: InvocationUpdate | undefined }>();
  for (const event of events)
    if (event.event === "invocation_start") runs.set(event.invocation_id, { start: event, update: undefined });
  for (const event of events) if (event.event === "invocation_update") runs.get(event.invocation_id)!.update = event;
  return runs;
}

/** The log says of a session's runs what is true, and of nothing else. */
export function expectTruth(events: readonly TelemetryEvent[], sessions: readonly FakeSession[]): void {
  const runs = runsOf(events);
  const truth = sessions.flatMap((session) => session.runs.map((run) => [session, run] as const));
  expect(runs.size).toBe(truth.length);
  for (const [session, run] of truth) {
    const { start, update } = runs.get(invocationId(session.id, run.agent_id))!;
    expect({ ...factsOf(start, update!) }).toEqual(expectedOf(session, run));
  }
  // One workflow for each request that started runs.
  const requestOf = new Map<unknown, string>();
  for (const [session, run] of truth) {
    const { workflow_id } = runs.get(invocationId(session.id, run.agent_id))!.start;
    const request = `${session.id} ${run.request}`;
    expect(requestOf.get(workflow_id) ?? request).toBe(request);
    requestOf.set(workflow_id, request);
  }
  expect(new Set(requestOf.values()).size).toBe(requestOf.size);
  for (const event of events) expect(EVENT_SCHEMAS[event.event].safeParse(event).error).toBeUndefined();
}

function factsOf(start: InvocationStart, update: InvocationUpdate) {
  return {
    agent_name: start.agent_name,
    parent: start.parent_invocation_id,
    status: update.outcome?.status,
    end_reason: update.metadata?.["end_reason"],
    files_modified: update.outcome?.files_modified,
    files_created: update.outcome?.files_created,
    tools_used: update.tools_used,
    input_tokens: update.metadata?.["input_tokens"] ?? 0,
    output_tokens: update.metadata?.["output_tokens"] ?? 0,
  };
}

function expectedOf(session: FakeSession, run: TrueRun) {
  const { agent_name, parent, status, end_reason, files_created, input_tokens, output_tokens } = run;
  const by = (list: readonly string[]) => [...list].toSorted();
  return {
    agent_name,
    status,
    end_reason,
    files_created,
    input_tokens,
    output_tokens,
    parent: parent === undefined ? null : invocationId(session.id, parent),
    files_modified: expect.toSatisfy((files: string[]) => by(files).join() === by(run.files_modified).join()),
    tools_used: expect.toSatisfy((tools: string[]) => by(tools).join() === by(run.tools_used).join()),
  };
}
