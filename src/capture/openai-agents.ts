import type { SpanData, Span as SdkSpan, Trace, TracingProcessor } from "@openai/agents-core";

import { parseTimestamp } from "../event/clock.js";
import { LiveCapture, type CaptureOptions } from "./live.js";
import { taskOf } from "./otlp/task.js";
import type { Observation, TokenUsage } from "./trace/observation.js";

export type { CaptureOptions } from "./live.js";

type Span = SdkSpan<SpanData>;

/**
 * Records the agents that the OpenAI Agents SDK runs: a trace is a workflow, an agent span an invocation, a handoff a
 * handoff.
 *
 * @example
 * import { addTraceProcessor } from "@openai/agents";
 * addTraceProcessor(new OakTracingProcessor());
 */
export class OakTracingProcessor implements TracingProcessor {
  readonly #capture: LiveCapture;
  /** The SDK says when spans start and end, but not when traces do. */
  readonly #traces = new Map<string, { readonly start_us: number; readonly session_id: string | undefined }>();

  constructor(options: CaptureOptions = {}) {
    this.#capture = new LiveCapture(options);
  }

  onTraceStart(trace: Trace): Promise<void> {
    const started = { start_us: Date.now() * 1000, session_id: trace.groupId ?? undefined };
    this.#traces.set(trace.traceId, started);
    this.#capture.see(() => rootOf(trace, started));
    return Promise.resolve();
  }

  onTraceEnd(trace: Trace): Promise<void> {
    const end_us = Date.now() * 1000;
    const started = this.#traces.get(trace.traceId) ?? { start_us: end_us, session_id: undefined };
    this.#traces.delete(trace.traceId);
    this.#capture.see(() => ({ ...rootOf(trace, started), end_us }));
    return Promise.resolve();
  }

  onSpanStart(span: Span): Promise<void> {
    this.#see(span);
    return Promise.resolve();
  }

  onSpanEnd(span: Span): Promise<void> {
    this.#see(span);
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  forceFlush(): Promise<void> {
    this.#capture.flush();
    return Promise.resolve();
  }

  #see(span: Span): void {
    this.#capture.see(() => ({ ...observe(span), session_id: this.#traces.get(span.traceId)?.session_id }));
  }
}

const SOURCE = "openai-agents";

function rootOf(trace: Trace, { start_us, session_id }: { start_us: number; session_id: string | undefined }): Observation {
  const { traceId, name } = trace;
  const common = { trace_id: traceId, span_id: traceId, name, start_us, session_id, source: SOURCE };
  return { ...common, kind: "workflow", only_with_agents: true };
}

function observe(span: Span): Observation {
  const { traceId, spanId, parentId, error } = span;
  const started = microseconds(span.startedAt) ?? Date.now() * 1000;
  const ended = microseconds(span.endedAt);
  return {
    trace_id: traceId,
    span_id: spanId,
    parent_id: parentId ?? traceId,
    start_us: started,
    end_us: ended === undefined ? undefined : Math.max(started, ended),
    source: SOURCE,
    ...(error ? { outcome: { status: "failure", error_message: error.message } } : {}),
    ...meaningOf(span.spanData),
  };
}

function meaningOf(data: SpanData): Pick<Observation, "kind" | "name"> & Partial<Observation> {
  switch (data.type) {
    case "agent":
      return { kind: "agent", name: data.name };
    case "function":
      return { kind: "tool", name: data.name };
    case "handoff":
      // The target is known when the span ends.
      return data.to_agent === undefined
        ? { kind: "other", name: data.type }
        : { kind: "handoff", name: data.type, handoff: { from: data.from_agent, to: data.to_agent } };
    // Models of other makers emit no span of their own: the turn tells their tokens.
    case "turn":
      return { kind: "model", name: data.type, usage: usageOf(data.usage) };
    case "generation":
      return { kind: "model", name: data.type, model: data.model, usage: usageOf(data.usage), task: task(data.input) };
    case "response": {
      const { model, usage } = data._response ?? {};
      return {
        kind: "model",
        name: data.type,
        model: typeof model === "string" ? model : undefined,
        usage: usageOf(usage as Usage | undefined),
        task: task(data._input),
      };
    }
    default:
      return { kind: "other", name: data.type };
  }
}

interface Usage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cached_input_tokens?: number;
}

/** The SDK counts tokens from a cache into the input. */
function usageOf(usage: Usage | undefined): TokenUsage | undefined {
  if (usage?.input_tokens === undefined && usage?.output_tokens === undefined) return undefined;
  const { input_tokens, output_tokens, cached_input_tokens } = usage;
  return {
    input_tokens: input_tokens === undefined ? undefined : Math.max(0, input_tokens - (cached_input_tokens ?? 0)),
    output_tokens,
    cache_read_input_tokens: cached_input_tokens,
  };
}

function task(input: unknown): string | undefined {
  return taskOf({ "input.value": typeof input === "string" ? input : JSON.stringify(input ?? "") });
}

function microseconds(time: string | null): number | undefined {
  const milliseconds = time === null ? undefined : parseTimestamp(time);
  return milliseconds === undefined ? undefined : milliseconds * 1000;
}
