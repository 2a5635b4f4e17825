import { context, trace, type Attributes, type Span } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";

import { OtlpTranslator } from "../../src/capture/otlp/translator.js";
import type { TelemetryEvent } from "../../src/event/events.js";
import { EVENT_SCHEMAS } from "../../src/event/schema.js";
import { captured, type Captured } from "./captured.js";

export const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
export const tracer = provider.getTracer("test");

/** Makes the tests of a file emit spans by the OpenTelemetry SDK. */
export function emitSpans(): void {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(provider);
  });
  afterAll(() => {
    trace.disable();
    context.disable();
  });
  beforeEach(() => exporter.reset());
}

/** A clock of its own, that ticks whenever something happens: no two things happen at once. */
let now = Date.UTC(2026, 10, 1);

/** Runs `work` inside a span of the OpenTelemetry SDK. */
export async function span(
  name: string,
  attributes: Attributes,
  work: (span: Span) => unknown = () => undefined,
): Promise<void> {
  await tracer.startActiveSpan(name, { attributes, startTime: ++now }, async (active) => {
    try {
      await work(active);
    } finally {
      active.end(++now);
    }
  });
}

export const workflow = (name: string, work: () => unknown) =>
  span(`invoke_workflow ${name}`, { "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": name }, work);
export const agent = (name: string, work?: (span: Span) => unknown, attributes: Attributes = {}) =>
  span(
    `invoke_agent ${name}`,
    { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, ...attributes },
    work,
  );
export const toolCall = (name: string, work?: () => unknown) =>
  span(`execute_tool ${name}`, { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name }, work);
export const chat = (attributes: Attributes) =>
  span("chat gpt", { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt", ...attributes });

/** What the OpenTelemetry SDK's own exporter would send. */
export function requestOf(spans: readonly ReadableSpan[]): unknown {
  return JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest([...spans])!).toString());
}

/** The events of the spans that were emitted; each is as the log may hold it. */
export function translated(): TelemetryEvent[] {
  const translator = new OtlpTranslator();
  const { events } = translator.receive(requestOf(exporter.getFinishedSpans()));
  const all = [...events, ...translator.flush()];
  for (const event of all) expect(EVENT_SCHEMAS[event.event].safeParse(event).error).toBeUndefined();
  return all;
}

export const result = (): Captured => captured(translated());
