import { describe, expect, it } from "vitest";

import type { InvocationStart, TelemetryEvent, WorkflowComplete, WorkflowStart } from "../src/event/events.js";
import { EVENT_SCHEMAS } from "../src/event/schema.js";
import { eventLog, isoTime, jaegerTrace, microseconds, type LogRow } from "./support/event-log.js";
import { executionsIn, PATIENTS } from "./support/published-logs.js";

const isValid = (event: TelemetryEvent) => EVENT_SCHEMAS[event.event].safeParse(event).success;
const starts = (events: readonly TelemetryEvent[]) =>
  events.filter((event): event is InvocationStart => event.event === "invocation_start");
const workflows = (events: readonly TelemetryEvent[]) =>
  events.filter((event): event is WorkflowStart => event.event === "workflow_start");
const completions = (events: readonly TelemetryEvent[]) =>
  events.filter((event): event is WorkflowComplete => event.event === "workflow_complete");

describe("times of published logs", () => {
  it.each([
    ["2010-12-30 14:32:00+01:00", "2010-12-30T13:32:00.000Z"],
    ["2010-12-30 14:32:00 +0100", "2010-12-30T13:32:00.000Z"],
    ["2010-12-30T14:32:00-01", "2010-12-30T15:32:00.000Z"],
    ["2017-01-02 11:41:53", "2017-01-02T11:41:53.000Z"],
    ["2017-01-02 11:41:53 UTC", "2017-01-02T11:41:53.000Z"],
    ["2017/01/02 11:41:53.500", "2017-01-02T11:41:53.500Z"],
    ["2017-01-02 11:41", "2017-01-02T11:41:00.000Z"],
    ["2017-01-02", "2017-01-02T00:00:00.000Z"],
    ["2022-05-16T10:00:00.25-07:30", "2022-05-16T17:30:00.250Z"],
    ["2022-05-16T10:00:00.000123Z", "2022-05-16T10:00:00.000123Z"],
    ["2022-05-16T10:00:00.000123999Z", "2022-05-16T10:00:00.000123Z"],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
    ["1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"],
  ])("%s is %s", (text, utc) => {
    expect(isoTime(microseconds(text))).toBe(utc);
  });

  it.each(["", "yesterday", "2017-13-01", "2017-01-02T25:00:00", "12:00:00"])("%j is none", (text) => {
    expect(() => microseconds(text)).toThrow("not a time");
  });
});

describe("event logs", () => {
  const row = (name: string, activity: string, start: number, end: number | null): LogRow => ({
    case: name,
    activity,
    resource: `${activity}'s`,
    start: isoTime(start * 1e6),
    end: end === null ? null : isoTime(end * 1e6),
  });

  it("become a workflow for each case and an invocation for each row, as the log takes them", () => {
    const rows = [row("1", "a", 0, 5), row("1", "b", 5, 9), row("2", "a", 3, 4)];
    const events = eventLog(rows, { agent: "resource", agent_plan: ["a's"] });
    for (const event of events) expect(isValid(event)).toBe(true);
    expect(events.map(({ event }) => event).toSorted()).toEqual([
      ...Array<string>(3).fill("invocation_start"),
      ...Array<string>(3).fill("invocation_update"),
      ...Array<string>(2).fill("workflow_complete"),
      ...Array<string>(2).fill("workflow_start"),
    ]);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
    expect(new Set(starts(events).map(({ invocation_id }) => invocation_id)).size).toBe(3);
    expect(workflows(events)).toMatchObject([{ agent_plan: ["a's"] }, { agent_plan: ["a's"] }]);
    expect(completions(events)).toMatchObject([
      { workflow_id: "1", duration_seconds: 9, agents_executed: ["a's", "b's"] },
      { workflow_id: "2", duration_seconds: 1, agents_executed: ["a's"] },
    ]);
  });

  it("are the same events in whatever order their rows are", () => {
    const rows = [row("1", "a", 0, 5), row("1", "b", 0, 3), row("1", "c", 4, 4), row("1", "d", 4, null)];
    const events = eventLog(rows, { agent: "activity" });
    expect(starts(events).map(({ agent_name }) => agent_name)).toEqual(["b", "a", "c", "d"]);
    expect(eventLog(rows.toReversed(), { agent: "activity" })).toEqual(events);
    // The last never ended: it stays open, and the case ends with the others.
    expect(completions(events)).toMatchObject([{ duration_seconds: 5 }]);
    expect(events.filter(({ event }) => event === "invocation_update")).toHaveLength(3);
  });

  it("may call their columns as they like, quote fields, and separate them by something else", () => {
    const csv =
      '\uFEFFwho;"what";from;till;id\r\nAnn;"say ""a;b""\nand go";2020-01-01;2020-01-02;7\r\nBob;;2020-01-03;;\r\n';
    const columns = { case: "id", activity: "what", resource: "who", start: "from", end: "till", separator: ";" };
    expect(executionsIn(csv, columns)).toEqual([
      { case: "7", activity: 'say "a;b"\nand go', resource: "Ann", start: "2020-01-01", end: "2020-01-02" },
      { case: "", activity: "", resource: "Bob", start: "2020-01-03", end: null },
    ]);
    const { resource: _, ...without } = columns;
    expect(executionsIn(csv, without)[0]).toMatchObject({ resource: 'say "a;b"\nand go' });
    expect(() => executionsIn(csv, { ...columns, case: "case" })).toThrow("no column case among who, what");
  });

  it("may have a line for each start and each completion, in any order", () => {
    const lines = [
      "2,wash,r1,10,complete,2020-01-01T04:00:00",
      "2,wash,r1,10,START,2020-01-01T03:00:00",
      "1,wash,r1,11,start,2020-01-01T01:00:00",
      "1,wash,r1,11,suspend,2020-01-01T01:30:00",
      "1,wash,r1,12,start,2020-01-01T00:00:00",
      "1,wash,r1,11,complete,2020-01-01T02:00:00",
      "1,dry,r1,13,complete,2020-01-01T05:00:00",
      "1,wash,r1,12,complete,2020-01-01T06:00:00",
      "1,iron,r1,14,start,2020-01-01T07:00:00",
    ];
    const csv = ["patient,handling,employee,handling_id,registration_type,time", ...lines].join("\n");
    const times = (rows: readonly LogRow[]) =>
      rows.map(({ activity, start, end }) => `${activity} ${start.slice(11, 13)}–${end?.slice(11, 13) ?? ""}`);
    const byInstance = executionsIn(csv, PATIENTS);
    expect(times(byInstance)).toEqual(["wash 00–06", "wash 01–02", "wash 03–04", "iron 07–", "dry 05–05"]);
    // Where nothing says which completion is whose: first come, first served.
    const { instance: _, ...columns } = PATIENTS as Extract<typeof PATIENTS, { lifecycle: string }>;
    expect(times(executionsIn(csv, columns))).toEqual([
      "wash 00–02",
      "wash 01–06",
      "wash 03–04",
      "iron 07–",
      "dry 05–05",
    ]);
  });
});

describe("traces", () => {
  const span = (spanID: string, startTime: number, duration: number, more: object = {}) => ({
    spanID,
    operationName: `op ${spanID}`,
    processID: "p",
    startTime,
    duration,
    ...more,
  });
  const childOf = (spanID: string, more: object = {}) => ({ references: [{ refType: "CHILD_OF", spanID, ...more }] });
  const trace = (traceID: string, ...spans: ReturnType<typeof span>[]) => ({
    traceID,
    processes: { p: { serviceName: "s" } },
    spans,
  });

  it("become a workflow each, whatever ids their spans have in common", () => {
    const events = jaegerTrace({
      data: [
        trace("1", span("a", 10, 5, { references: [] }), span("b", 11, 2, childOf("a"))),
        // The child stands first.
        trace("2", span("b", 21, 2, childOf("a")), span("a", 20, 9)),
      ],
    });
    for (const event of events) expect(isValid(event)).toBe(true);
    expect(starts(events)).toMatchObject([
      { workflow_id: "1", invocation_id: "1/a", agent_name: "[s] op a", parent_invocation_id: null },
      { workflow_id: "1", invocation_id: "1/b", agent_name: "[s] op b", parent_invocation_id: "1/a" },
      { workflow_id: "2", invocation_id: "2/a", parent_invocation_id: null },
      { workflow_id: "2", invocation_id: "2/b", parent_invocation_id: "2/a" },
    ]);
    expect(completions(events)).toMatchObject([{ duration_seconds: 5e-6 }, { duration_seconds: 9e-6 }]);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
  });

  it("may have no references, references to elsewhere, and to what does not wait", () => {
    const events = jaegerTrace({
      data: [
        trace(
          "1",
          span("a", 0, 10, { references: null }),
          span("lost", 2, 3, childOf("not there")),
          span("linked", 12, 3, childOf("a", { traceID: "another" })),
          span("behind", 5, 9, { references: [{ refType: "FOLLOWS_FROM", spanID: "a" }] }),
          span("both", 6, 1, {
            processID: "q",
            references: [{ refType: "FOLLOWS_FROM", spanID: "lost" }, { spanID: "a" }],
          }),
        ),
      ],
    });
    expect(starts(events)).toMatchObject([
      { invocation_id: "1/a", parent_invocation_id: null },
      { invocation_id: "1/lost", parent_invocation_id: null },
      { invocation_id: "1/behind", parent_invocation_id: "1/a", detached: true },
      { invocation_id: "1/both", agent_name: "[unknown] op both", parent_invocation_id: "1/a" },
      { invocation_id: "1/linked", parent_invocation_id: null },
    ]);
    expect(starts(events).filter((event) => "detached" in event)).toHaveLength(1);
    // From the first start of a root to the last end of one.
    expect(completions(events)).toMatchObject([{ duration_seconds: 15e-6 }]);
  });

  it("have a root", () => {
    const circle = trace("1", span("a", 0, 1, childOf("b")), span("b", 0, 1, childOf("a")));
    expect(() => jaegerTrace({ data: [circle] })).toThrow("trace 1 has no root span");
  });
});
