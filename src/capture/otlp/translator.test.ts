import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { captured, type Captured } from "../../../test/support/captured.js";
import {
  agent,
  chat,
  emitSpans,
  exporter,
  requestOf,
  toolCall,
  translated,
  workflow,
} from "../../../test/support/emitted.js";
import type { TelemetryEvent } from "../../event/events.js";
import { EVENT_SCHEMAS } from "../../event/schema.js";
import { OtlpTranslator } from "./translator.js";

emitSpans();

describe("traces that arrive in pieces", () => {
  /** A trace with nested and parallel agents. */
  async function sample(): Promise<ReadableSpan[]> {
    exporter.reset();
    await workflow("Shop", async () => {
      await Promise.all([
        agent("a", () => agent("b", () => toolCall("grep", () => chat({ "gen_ai.usage.input_tokens": 3 })))),
        agent("c", () => chat({ "gen_ai.usage.output_tokens": 4 })),
      ]);
    });
    await agent("d", () => agent("e"));
    return exporter.getFinishedSpans();
  }

  it("in any order and any cut give the same as in one piece, and nothing twice", async () => {
    const spans = await sample();
    const whole = captured(translated());
    const order = fc.shuffledSubarray(spans, { minLength: spans.length });
    const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 5 }), flush: fc.constant(false) }), {
      maxLength: 12,
    });
    const sorted = ({ runs, workflows, handoffs }: Captured) => ({
      runs: runs.map((run) => JSON.stringify(run)).toSorted(),
      workflows: workflows.map((each) => JSON.stringify(each)).toSorted(),
      handoffs: handoffs.toSorted(),
    });
    fc.assert(
      fc.property(order, cuts, (shuffled, sizes) => {
        const translator = new OtlpTranslator();
        const events: TelemetryEvent[] = [];
        let at = 0;
        for (const { size } of [...sizes, { size: spans.length }]) {
          const piece = shuffled.slice(at, at + size);
          at += size;
          // Senders send again what they believe to be lost.
          for (let time = 0; time < 2; time++) events.push(...translator.receive(requestOf(piece)).events);
        }
        events.push(...translator.flush());
        expect(sorted(captured(events))).toEqual(sorted(whole));
        expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
      }),
      { numRuns: 100 },
    );
  });

  it("are amended when a span comes after its trace was told", async () => {
    const spans = await sample();
    const late = spans.find(({ name }) => name === "execute_tool grep")!;
    const translator = new OtlpTranslator();
    const { events } = translator.receive(requestOf(spans.filter((each) => each !== late)));
    const before = captured([...events, ...translator.flush(0)]);
    const after = captured([...events, ...translator.receive(requestOf([late])).events]);
    expect(before.runs.flatMap(({ tools }) => tools)).toEqual([]);
    expect(after.runs.flatMap(({ tools }) => tools)).toEqual(["grep"]);
  });

  it("are told and forgotten, the longest silent first, when there are too many", async () => {
    const spans = await sample();
    const translator = new OtlpTranslator({ max_spans: 3 });
    const events = spans.flatMap((each) => translator.receive(requestOf([each])).events);
    expect(captured([...events, ...translator.flush()]).runs.length).toBeGreaterThan(0);
  });

  it("give events and nothing else, whatever emitters say", () => {
    const hex = (bytes: number) => fc.integer({ min: 1, max: 6 }).map((n) => n.toString(16).padStart(2 * bytes, "0"));
    const text = fc.oneof(
      fc.constantFrom(
        "invoke_agent",
        "invoke_workflow",
        "chat",
        "AGENT",
        "TOOL",
        "ai.generateText",
        "",
        "transfer_to_x",
      ),
      fc.string({ maxLength: 3 }),
    );
    const value = fc.oneof(
      text.map((stringValue) => ({ stringValue })),
      fc.double({ noNaN: true }).map((doubleValue) => ({ doubleValue })),
      fc.boolean().map((boolValue) => ({ boolValue })),
    );
    const keys =
      "gen_ai.operation.name gen_ai.agent.name gen_ai.usage.input_tokens gen_ai.agent.handoff.target.name " +
      "openinference.span.kind ai.operationId ai.telemetry.functionId error.type session.id agent_id prompt.id " +
      "duration_ms agent_type oak.record oak.workflow_id oak.has_start";
    const key = fc.constantFrom(...keys.split(" "));
    const attributes = fc.array(fc.record({ key, value }), { maxLength: 5 });
    const time = fc.oneof(
      fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
      fc.double({ noNaN: true }),
      fc.integer({ min: 1, max: 9 }).map((n) => `${n}000000`),
    );
    const names = ["invoke_agent a", "claude_code.interaction", "claude_code.tool", "claude_code.llm_request", ""];
    const spans = fc.array(
      fc.record({
        traceId: hex(16),
        spanId: hex(8),
        parentSpanId: fc.option(hex(8)),
        name: fc.constantFrom(...names),
        startTimeUnixNano: time,
        endTimeUnixNano: fc.option(time),
        attributes,
        status: fc.constantFrom({}, { code: 2, message: "" }, { code: 1 }),
      }),
    );
    const logRecords = fc.array(
      fc.record({ eventName: fc.constant("subagent_completed"), timeUnixNano: time, traceId: hex(16), attributes }),
    );
    fc.assert(
      fc.property(spans, logRecords, (spansOfAll, records) => {
        const translator = new OtlpTranslator();
        const { events } = translator.receive({
          resourceSpans: [{ scopeSpans: [{ spans: spansOfAll }] }],
          resourceLogs: [{ scopeLogs: [{ logRecords: records }] }],
        });
        for (const event of [...events, ...translator.flush()])
          expect([event, EVENT_SCHEMAS[event.event].safeParse(event).error]).toEqual([event, undefined]);
      }),
      { numRuns: 500 },
    );
  });

  it("of oak that hold what is no event are rejected, without the rest of the request", () => {
    const own = (spanId: string, attributes: object[]) => ({
      traceId: "1".repeat(32),
      spanId: spanId.repeat(16),
      name: "invoke_workflow w",
      startTimeUnixNano: "1764000010000000000",
      attributes: [{ key: "oak.record", value: { stringValue: "workflow" } }, ...attributes],
    });
    const started = { key: "oak.has_start", value: { boolValue: true } };
    const named = { key: "oak.workflow_id", value: { stringValue: "w-1" } };
    const spans = [own("1", [started]), own("2", [started, named])];
    const { events, ...rejects } = new OtlpTranslator().receive({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    expect(events).toMatchObject([{ event: "workflow_start", workflow_id: "w-1" }]);
    expect(rejects.rejected).toBe(1);
    expect(rejects.reason).toMatch(/^a span of oak holds what is no event: workflow_id: /);
  });

  it("may be circles", () => {
    const circle = (spanId: string, parentSpanId: string) => ({
      traceId: "1".repeat(32),
      spanId: spanId.repeat(16),
      parentSpanId: parentSpanId.repeat(16),
      name: "invoke_agent x",
      startTimeUnixNano: "1764000010000000000",
      endTimeUnixNano: "1764000011000000000",
    });
    const translator = new OtlpTranslator();
    translator.receive({
      resourceSpans: [{ scopeSpans: [{ spans: [circle("1", "2"), circle("2", "1"), circle("3", "3")] }] }],
    });
    const { runs } = captured(translator.flush());
    // None runs inside itself.
    expect(runs.map(({ parent }) => parent)).toEqual([undefined, undefined, undefined]);
  });
});
