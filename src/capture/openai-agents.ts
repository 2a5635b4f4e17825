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
  readonly #traces = new Map<string, OpenTrace>();

  constructor(options: CaptureOptions = {}) {
    this.#capture = new LiveCapture(options);
  }

  onTraceStart(trace: Trace): Promise<void> {
    const open = { trace, start_us: Date.now() * 1000, spans: 0, failed: false };
    this.#traces.set(trace.traceId, open);
    if (this.#traces.size > MAX_TRACES) this.#traces.delete(this.#traces.keys().next().value!);
    this.#capture.see(() => rootOf(open));
    return Promise.resolve();
  }

  onTraceEnd(trace: Trace): Promise<void> {
    const open = this.#traces.get(trace.traceId);
    this.#traces.delete(trace.traceId);
    if (open) this.#capture.see(() => rootOf(open, Date.now() * 1000));
    return Promise.resolve();
  }

  onSpanStart(span: Span): Promise<void> {
    const open = this.#traces.get(span.traceId);
    if (open) open.spans++;
    this.#see(span, open);
    return Promise.resolve();
  }

  onSpanEnd(span: Span): Promise<void> {
    const open = this.#traces.get(span.traceId);
    this.#see(span, open);
    if (!open) return Promise.resolve();
    open.spans--;
    if (span.spanData.type === "agent") open.failed = span.error !== null;
    // The SDK does not end the trace of a run that throws. If the program goes on in it, the trace ends later.
    if (open.spans === 0 && open.failed) this.#capture.see(() => rootOf(open, Date.now() * 1000));
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  forceFlush(): Promise<void> {
    this.#capture.flush();
    return Promise.resolve();
  }

  #see(span: Span, open: OpenTrace | undefined): void {
    this.#capture.see(() => ({ ...observe(span), session_id: open?.trace.groupId ?? undefined }));
  }
}

const SOURCE = "openai-agents";

/** A trace under way: the SDK says when spans start and end, but not when traces do. */
interface OpenTrace {
  readonly trace: Trace;
  readonly start_us: number;
  /** Spans under way in it. */
  spans: number;
  /** The agent that ended last failed. */
  failed: boolean;
}

/** Traces that never end must not be held for ever. */
const MAX_TRACES = 1000;

function rootOf({ trace: { traceId, name, groupId }, start_us }: OpenTrace, end_us?: number): Observation {
  return {
    trace_id: traceId,
    span_id: traceId,
    kind: "workflow",
    name,
    start_us,
    end_us,
    source: SOURCE,
    session_id: groupId ?? undefined,
    identity: traceId,
    only_with_agents: true,
  };
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
      return { kind: "model", name: data.type, usage: usageOf(data.usage), adds_up: true };
    case "generation":
      return { kind: "model", name: data.type, model: data.model, usage: usageOf(data.usage), task: task(data.input) };
    case "response": {
      // Names of the SDK.
      const { _response: response, _input: input } = data;
      const { model, usage } = response ?? {};
      return {
        kind: "model",
        name: data.type,
        model: typeof model === "string" ? model : undefined,
        usage: usageOf(usage as Usage | undefined),
        task: task(input),
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
