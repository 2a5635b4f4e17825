import { describe, expect, it } from "vitest";

import { readLogged } from "./logged.js";

const payload = { session_id: "s", hook_event_name: "SubagentStop", agent_id: "a1", agent_type: "Explore" };
const AT = Date.parse("2026-03-01T12:00:00Z");

describe("readLogged", () => {
  it.each([
    ["the payload alone", payload, undefined],
    ["a time beside it", { timestamp: "2026-03-01T12:00:00Z", ...payload }, AT],
    ["seconds since 1970", { ts: AT / 1000 + 0.25, ...payload }, AT + 250],
    ["milliseconds since 1970", { ...payload, received_at: AT }, AT],
    ["milliseconds as text", { ...payload, _timestamp: String(AT) }, AT],
    ["in a field", { ts: "2026-03-01T12:00:00Z", payload }, AT],
    ["in a field with its own time", { input: { ...payload, timestamp: "2026-03-01T12:00:00Z" }, pid: 1 }, AT],
    ["in a field as text", { logged_at: "2026-03-01 12:00:00", stdin: JSON.stringify(payload) }, AT],
  ])("reads %s", (_, line, at) => {
    expect(readLogged(JSON.stringify(line))).toMatchObject({ payload, at });
    expect(readLogged(JSON.stringify(line))!.at).toBe(at);
  });

  it("takes the event's name from beside the payload", () => {
    const { hook_event_name: event, ...rest } = payload;
    expect(readLogged(JSON.stringify({ event, data: rest }))).toMatchObject({ payload });
    expect(readLogged(JSON.stringify({ event, ...rest }))).toMatchObject({ payload });
  });

  it("passes over what stands before it, but for a time", () => {
    expect(readLogged(`[2026-03-01T12:00:00Z] ${JSON.stringify(payload)}`)).toMatchObject({ payload, at: AT });
    expect(readLogged(`hook: ${JSON.stringify(payload)}`)).toMatchObject({ payload, at: undefined });
  });

  it.each(["", "{", "[]", "null", '"x"', "{}", '{"a":1}', '{"event":"deploy","data":{}}', "INFO started", "}{"])(
    "finds nothing in %j",
    (line) => {
      expect(readLogged(line)).toBeUndefined();
    },
  );

  it("does not take an impossible time", () => {
    for (const ts of [0, -1, 12, Number.MAX_VALUE, "yesterday", "2026-02-30T00:00:00Z", null, {}])
      expect(readLogged(JSON.stringify({ ...payload, ts }))!.at).toBeUndefined();
  });
});
