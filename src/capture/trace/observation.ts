import type { OutcomeStatus } from "../../event/events.js";

/** What a span stands for in the words of the log. */
export type ObservationKind = "workflow" | "agent" | "tool" | "model" | "handoff" | "other";

/**
 * A span, whoever emitted it, in the words of the log: what the translation into events needs, and no more. Spans that
 * are none of ours stay as `other`, because they link those that are. Times are microseconds since 1970.
 */
export interface Observation {
  readonly trace_id: string;
  readonly span_id: string;
  /** Absent for the root of the trace. */
  readonly parent_id?: string | undefined;
  readonly kind: ObservationKind;
  /** Of the workflow, agent or tool; of a span of another kind its own. */
  readonly name: string;
  readonly start_us: number;
  /** Absent while it is under way. */
  readonly end_us?: number | undefined;
  /** Where it came from, as `metadata.source` says it: `otlp`, `claude-code`, `openai-agents`, `ai-sdk`. */
  readonly source: string;
  /** Absent where it is not known; a span without an error counts as a success, marked as inferred. */
  readonly outcome?: { readonly status: OutcomeStatus; readonly error_message?: string | undefined } | undefined;
  /** What it was asked to do. */
  readonly task?: string | undefined;
  readonly model?: string | undefined;
  readonly usage?: TokenUsage | undefined;
  /** The emitter's own name for this run or this agent. */
  readonly agent_id?: string | undefined;
  readonly agent_type?: string | undefined;
  /** The conversation that it belongs to. */
  readonly session_id?: string | undefined;
  /** Of a handoff; `from` is the enclosing agent where it is absent. */
  readonly handoff?: { readonly from?: string | undefined; readonly to: string } | undefined;
  /** Its place in a graph of agents, and the place that it was reached from (OpenInference). */
  readonly node?: { readonly id: string; readonly after?: string | undefined } | undefined;
  /** Its tokens are those of all that happens inside it, agents included. */
  readonly adds_up?: boolean | undefined;
  /** What the whole program calls itself (`service.name`). */
  readonly service?: string | undefined;
  /** The `invocation_id` or `workflow_id` that another way of capture gives the same thing. */
  readonly identity?: string | undefined;
  /** A workflow only if agents run in it. */
  readonly only_with_agents?: boolean | undefined;
  /** It ends with the last span inside it, if that is later: it returned while its work went on. */
  readonly ends_with_inner?: boolean | undefined;
  /** It only tells the end of the agent's span around it. Where there is none, it stands for the run itself. */
  readonly tells_end?: boolean | undefined;
}

/** Tokens, those from and into a cache apart from the rest, as Anthropic counts them. */
export interface TokenUsage {
  readonly input_tokens?: number | undefined;
  readonly output_tokens?: number | undefined;
  readonly cache_read_input_tokens?: number | undefined;
  readonly cache_creation_input_tokens?: number | undefined;
}

/** The fields of {@link TokenUsage}. */
export const TOKEN_FIELDS = [
  "input_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const satisfies (keyof TokenUsage)[];

/** Adds up; what no part says stays unknown. */
export function addUsage(parts: readonly (TokenUsage | undefined)[]): TokenUsage {
  const sum: { -readonly [K in keyof TokenUsage]: number } = {};
  for (const part of parts)
    for (const field of TOKEN_FIELDS) if (part?.[field] !== undefined) sum[field] = (sum[field] ?? 0) + part[field];
  return sum;
}
