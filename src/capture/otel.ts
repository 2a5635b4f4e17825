import type { HrTime } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base";

import { LiveCapture, type CaptureOptions } from "./live.js";
import { observe } from "./otlp/conventions.js";
import type { Span, SpanStatus } from "./otlp/decode.js";
import type { Attributes } from "./otlp/values.js";

export type { CaptureOptions } from "./live.js";

/** In the order of OpenTelemetry's `SpanStatusCode`. */
const STATUS_CODES = ["unset", "ok", "error"] as const satisfies SpanStatus["code"][];

/**
 * Records the agents of this process from the spans that they emit anyway. Spans that are no agent's, tool's or model's
 * leave no line.
 *
 * @example
 * new NodeTracerProvider({ spanProcessors: [new OakSpanProcessor()] }).register();
 */
export class OakSpanProcessor implements SpanProcessor {
  readonly #capture: LiveCapture;

  constructor(options: CaptureOptions = {}) {
    this.#capture = new LiveCapture(options);
  }

  onStart(span: ReadableSpan): void {
    this.#capture.see(() => observe(spanOf(span)));
  }

  onEnd(span: ReadableSpan): void {
    this.#capture.see(() => observe(spanOf(span)));
  }

  forceFlush(): Promise<void> {
    this.#capture.flush();
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }
}

function spanOf(span: ReadableSpan): Span {
  const { traceId, spanId } = span.spanContext();
  const start_us = microseconds(span.startTime);
  return {
    trace_id: traceId,
    span_id: spanId,
    // Version 1 of the SDK has the parent's id alone.
    parent_id: span.parentSpanContext?.spanId ?? (span as { parentSpanId?: string }).parentSpanId,
    name: span.name,
    start_us,
    end_us: span.ended ? microseconds(span.endTime) : undefined,
    attributes: span.attributes as Attributes,
    events: span.events.map(({ name, time, attributes = {} }) => ({
      name,
      time_us: microseconds(time),
      attributes: attributes as Attributes,
    })),
    status: { code: STATUS_CODES[span.status.code] ?? "unset", message: span.status.message || undefined },
    resource: span.resource.attributes as Attributes,
  };
}

function microseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
}
