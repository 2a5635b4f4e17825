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
    expect(captured(translator.flush()).runs).toHaveLength(3);
  });
});
