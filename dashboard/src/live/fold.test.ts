import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { TelemetryEvent, WorkflowStart } from "../../../src/event/events.js";
import { after, begun } from "./fold.js";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

const start: WorkflowStart = {
  event: "workflow_start",
  timestamp: at(0),
  workflow_id: "w",
  project_name: "Shop",
  agent_plan: ["a", "b"],
  estimated_duration: 60,
};

const story: readonly TelemetryEvent[] = [
  { event: "invocation_start", timestamp: at(1), invocation_id: "1", agent_name: "a", workflow_id: "w" },
  {
    event: "invocation_update",
    timestamp: at(11),
    invocation_id: "1",
    duration_seconds: 10,
    outcome: { status: "success" },
  },
  { event: "agent_handoff", timestamp: at(12), workflow_id: "w", from_agent: "a", to_agent: "b", artifacts: ["x.md"] },
  { event: "invocation_start", timestamp: at(13), invocation_id: "2", agent_name: "b", workflow_id: "w" },
  {
    event: "invocation_update",
    timestamp: at(20),
    invocation_id: "2",
    outcome: { status: "failure", error_message: "no" },
  },
  {
    event: "workflow_complete",
    timestamp: at(21),
    workflow_id: "w",
    duration_seconds: 21,
    success: false,
    agents_executed: ["a", "b"],
  },
];

describe("after", () => {
  it("follows a workflow from its start to its end", () => {
    const states = story.map((_, i) => story.slice(0, i + 1).reduce(after, begun(start)));
    expect(states[0]).toMatchObject({ running_agents: ["a"], plan: { remaining: ["b"] } });
    expect(states[0]!.runs[0]).toMatchObject({ status: "running", start_offset: 1, end_offset: null });
    expect(states[1]!.runs[0]).toMatchObject({ status: "success", end_offset: 11, duration_seconds: 10 });
    expect(states[2]!.handoffs).toEqual([{ from_agent: "a", to_agent: "b", offset: 12, artifacts: ["x.md"] }]);
    expect(states[4]!.runs[1]).toMatchObject({ status: "failure", end_offset: 20, error_message: "no" });
    expect(states[5]).toMatchObject({ status: "failed", duration_seconds: 21, running_agents: [] });
  });

  it("gives the same object for what is known already, and for what is about others", () => {
    const done = story.reduce(after, begun(start));
    for (const event of story.slice(0, 5)) expect(after(done, event)).toBe(done);
    expect(after(done, { ...story[0]!, workflow_id: "other" } as TelemetryEvent)).toBe(done);
  });

  it("comes to the same end, however often events are told again", () => {
    const once = story.reduce(after, begun(start));
    fc.assert(
      fc.property(fc.array(fc.nat(story.length - 1), { maxLength: 20 }), (again) => {
        // Told in order, with earlier ones again in between.
        const told = story.flatMap((event, i) => [event, ...again.filter((j) => j <= i).map((j) => story[j]!)]);
        expect(told.reduce(after, begun(start))).toEqual(once);
      }),
    );
  });
});
