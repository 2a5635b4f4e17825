import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";

import type {
  Attributes,
  AttributeValue,
  Context,
  Exception,
  Link,
  Span,
  SpanContext,
  SpanOptions,
  SpanStatus,
  TimeInput,
  Tracer,
} from "@opentelemetry/api";

import { LiveCapture, type CaptureOptions } from "./live.js";
import { observe } from "./otlp/conventions.js";
import type { Attributes as SpanAttributes } from "./otlp/values.js";

export type { CaptureOptions } from "./live.js";

/** What a call of the AI SDK takes as `experimental_telemetry`. */
export interface AiSdkTelemetrySettings {
  readonly isEnabled: true;
  /** The agent's name. */
  readonly functionId: string;
  readonly tracer: Tracer;
}

/**
 * Records the agents that a program runs with the Vercel AI SDK. It needs no OpenTelemetry SDK; a program that has one
 * uses `OakSpanProcessor` of `oak-telemetry/otel` instead, and keeps its own tracer.
 *
 * @example
 * const oak = new AiSdkTelemetry();
 * await oak.workflow("Report", async () => {
 *   const facts = await generateText({ model, prompt, experimental_telemetry: oak.agent("researcher") });
 *   await generateText({ model, prompt: facts.text, experimental_telemetry: oak.agent("writer") });
 * });
 */
export class AiSdkTelemetry {
  readonly #capture: LiveCapture;
  /** The tracer that hands the SDK's spans over; for what takes a tracer by itself. */
  readonly tracer: Tracer;

  constructor(options: CaptureOptions = {}) {
    this.#capture = new LiveCapture(options);
    this.tracer = new CapturingTracer(this.#capture);
  }

  /** Settings with which a call is a run of this agent. */
  agent(name: string): AiSdkTelemetrySettings {
    return { isEnabled: true, functionId: name, tracer: this.tracer };
  }

  /**
   * Runs `work` as a workflow: the agents that it calls, however many awaits deep, are its runs. It fails when `work`
   * throws; the error is thrown on.
   */
  workflow<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const attributes = { "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": name };
    return this.tracer.startActiveSpan(`invoke_workflow ${name}`, { attributes }, async (span) => {
      try {
        const value = await work();
        span.setStatus({ code: 1 });
        return value;
      } catch (error) {
        span.recordException(error instanceof Error ? error : String(error));
        span.setStatus({ code: 2, message: error instanceof Error ? error.message : String(error) });
        throw error;
      } finally {
        span.end();
      }
    });
  }
}

/** Under which OpenTelemetry keeps the span of a context (`trace.getSpan`), whichever version of its API is loaded. */
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** The span of a context that a caller hands over. */
function spanIn(context: Context | undefined): CapturedSpan | undefined {
  const span = context?.getValue(SPAN_KEY);
  return span instanceof CapturedSpan ? span : undefined;
}

/** The span inside which the current code executes, across awaits. */
const activeSpan = new AsyncLocalStorage<CapturedSpan>();

class CapturingTracer implements Tracer {
  readonly #capture: LiveCapture;

  constructor(capture: LiveCapture) {
    this.#capture = capture;
  }

  startSpan(name: string, options: SpanOptions = {}, context?: Context): CapturedSpan {
    return new CapturedSpan(this.#capture, name, options.attributes ?? {}, spanIn(context) ?? activeSpan.getStore());
  }

  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]
  ): ReturnType<F> {
    const work = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const span = this.startSpan(name, options, rest.length > 2 ? (rest[1] as Context) : undefined);
    return activeSpan.run(span, () => work(span)) as ReturnType<F>;
  }
}

const STATUS_CODES = ["unset", "ok", "error"] as const;

class CapturedSpan implements Span {
  readonly #capture: LiveCapture;
  readonly #context: SpanContext;
  readonly #parent: string | undefined;
  readonly #start = microsecondsNow();
  #end: number | undefined;
  #name: string;
  #attributes: Attributes;
  #status: SpanStatus = { code: 0 };
  #exception: Attributes | undefined;

  constructor(capture: LiveCapture, name: string, attributes: Attributes, parent: CapturedSpan | undefined) {
    this.#capture = capture;
    this.#name = name;
    this.#attributes = { ...attributes };
    this.#parent = parent?.spanContext().spanId;
    const traceId = parent?.spanContext().traceId ?? randomBytes(16).toString("hex");
    this.#context = { traceId, spanId: randomBytes(8).toString("hex"), traceFlags: 1 };
    this.#tell();
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  setAttribute(key: string, value: AttributeValue): this {
    this.#attributes[key] = value;
    return this;
  }

  setAttributes(attributes: Attributes): this {
    Object.assign(this.#attributes, attributes);
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(_link: Link): this {
    return this;
  }

  addLinks(_links: Link[]): this {
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.#status = status;
    return this;
  }

  updateName(name: string): this {
    this.#name = name;
    return this;
  }

  isRecording(): boolean {
    return this.#end === undefined;
  }

  recordException(exception: Exception, _time?: TimeInput): void {
    const { name = "", message = "" } = typeof exception === "string" ? { message: exception } : exception;
    this.#exception = { "exception.type": name, "exception.message": message };
  }

  end(): void {
    if (this.#end !== undefined) return;
    this.#end = microsecondsNow();
    this.#tell();
  }

  #tell(): void {
    const { traceId, spanId } = this.#context;
    this.#capture.see(() => ({
      ...observe({
        trace_id: traceId,
        span_id: spanId,
        parent_id: this.#parent,
        name: this.#name,
        start_us: this.#start,
        end_us: this.#end,
        attributes: this.#attributes as SpanAttributes,
        events: this.#exception
          ? [{ name: "exception", time_us: this.#start, attributes: this.#exception as SpanAttributes }]
          : [],
        status: { code: STATUS_CODES[this.#status.code], message: this.#status.message },
        resource: {},
      }),
      source: "ai-sdk",
    }));
  }
}

function microsecondsNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}
