import { TOKEN_FIELDS, type Observation, type ObservationKind, type TokenUsage } from "../trace/observation.js";
import { invocationId, SPAWN_TOOLS, workflowId } from "../claude-code/identity.js";
import type { LogRecord, Span } from "./decode.js";
import { taskOf } from "./task.js";
import type { Attributes } from "./values.js";

/*
 * What emitters call things. One function for each convention; the first that knows a span decides.
 *
 * - GenAI semantic conventions: https://opentelemetry.io/docs/specs/semconv/gen-ai/
 * - OpenInference: https://arize-ai.github.io/openinference/spec/semantic_conventions.html
 * - Vercel AI SDK: https://ai-sdk.dev/docs/ai-sdk-core/telemetry
 * - Claude Code: https://code.claude.com/docs/en/monitoring-usage
 */

/** What a convention says of a span, beside what every span says. */
type Meaning = Partial<Observation> & { readonly kind: ObservationKind };

/** A span in the words of the log. */
export function observe(span: Span): Observation {
  const { trace_id, span_id, parent_id, start_us, end_us, attributes, resource } = span;
  const meaning: Meaning = claudeCode(span) ??
    genAi(span) ??
    openInference(span) ??
    aiSdk(span) ??
    handoffDraft(span) ?? { kind: "other" };
  const service = string(resource, "service.name");
  return {
    trace_id,
    span_id,
    parent_id,
    name: span.name,
    start_us,
    // Clocks are set back.
    end_us: end_us === undefined ? undefined : Math.max(end_us, start_us),
    source: "otlp",
    outcome: outcomeOf(span),
    session_id: string(attributes, "gen_ai.conversation.id", "session.id"),
    // What an SDK says where nobody configured a name.
    service: service?.startsWith("unknown_service") ? undefined : service,
    ...meaning,
  };
}

function genAi({ name, attributes }: Span): Meaning | undefined {
  const operation = string(attributes, "gen_ai.operation.name");
  // The operation is required, but some leave it out, and say it in the name of the span.
  switch (operation ?? /^(invoke_workflow|invoke_agent|execute_tool) /.exec(name)?.[1]) {
    case "invoke_workflow":
      return { kind: "workflow", name: string(attributes, "gen_ai.workflow.name") ?? rest(name) };
    case "invoke_agent":
      return {
        kind: "agent",
        name: string(attributes, "gen_ai.agent.name", "gen_ai.agent.id") ?? rest(name),
        agent_id: string(attributes, "gen_ai.agent.id"),
        ...genAiCall(attributes),
      };
    case "execute_tool":
      return toolOf(string(attributes, "gen_ai.tool.name") ?? rest(name), attributes);
    case "chat":
    case "generate_content":
    case "text_completion":
      return { kind: "model", ...genAiCall(attributes) };
    default:
      return undefined;
  }
}

function genAiCall(attributes: Attributes): Partial<Observation> {
  const cached = number(attributes, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cached_input_tokens");
  const created = number(attributes, "gen_ai.usage.cache_creation.input_tokens");
  const input = number(attributes, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens");
  return {
    task: taskOf(attributes),
    model: string(attributes, "gen_ai.response.model", "gen_ai.request.model"),
    usage: usage({
      input_tokens: apart(input, cached, created),
      output_tokens: number(attributes, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: created,
    }),
  };
}

function openInference({ name, attributes }: Span): Meaning | undefined {
  const node = string(attributes, "graph.node.id");
  switch (string(attributes, "openinference.span.kind")) {
    case "AGENT":
      return {
        kind: "agent",
        name: string(attributes, "agent.name", "graph.node.name", "graph.node.id") ?? (name || "unknown"),
        ...openInferenceCall(attributes),
        ...(node === undefined ? {} : { node: { id: node, after: string(attributes, "graph.node.parent_id") } }),
      };
    case "TOOL":
      return toolOf(string(attributes, "tool.name") ?? name, attributes);
    case "LLM":
      return { kind: "model", ...openInferenceCall(attributes) };
    default:
      return undefined;
  }
}

function openInferenceCall(attributes: Attributes): Partial<Observation> {
  const cached = number(attributes, "llm.token_count.prompt_details.cache_read");
  const created = number(attributes, "llm.token_count.prompt_details.cache_write");
  return {
    task: taskOf(attributes),
    model: string(attributes, "llm.model_name"),
    usage: usage({
      input_tokens: apart(number(attributes, "llm.token_count.prompt"), cached, created),
      output_tokens: number(attributes, "llm.token_count.completion"),
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: created,
    }),
  };
}

/** A call that has a name of its own (`functionId`) is an agent's; any other is the call of a model. */
function aiSdk({ attributes }: Span): Meaning | undefined {
  const operation = string(attributes, "ai.operationId");
  if (operation === undefined) return undefined;
  if (operation === "ai.toolCall")
    return { source: "ai-sdk", ...toolOf(string(attributes, "ai.toolCall.name") ?? "", attributes) };
  if (!/^ai\.(?:generate|stream)(?:Text|Object)/.test(operation)) return undefined;
  const cached = number(attributes, "ai.usage.cachedInputTokens");
  const call = {
    source: "ai-sdk",
    task: taskOf(attributes),
    model: string(attributes, "gen_ai.response.model", "ai.response.model", "ai.model.id"),
    usage: usage({
      input_tokens: apart(number(attributes, "ai.usage.inputTokens", "ai.usage.promptTokens"), cached),
      output_tokens: number(attributes, "ai.usage.outputTokens", "ai.usage.completionTokens"),
      cache_read_input_tokens: cached,
    }),
  };
  const agent = string(attributes, "ai.telemetry.functionId");
  const inner = /\.do(?:Generate|Stream)$/.test(operation);
  if (agent === undefined || inner) return { kind: "model", ...call };
  return { kind: "agent", name: agent, ...call };
}

/**
 * A request of the user is a workflow if it starts subagents. A subagent's run is the call of the tool that starts it;
 * an asynchronous one goes on when the call has returned.
 */
function claudeCode({ name, attributes }: Span): Meaning | undefined {
  if (!name.startsWith("claude_code.")) return undefined;
  const source = "claude-code";
  const session = string(attributes, "session.id");
  const prompt = string(attributes, "prompt.id", "prompt_id");
  const agent_id = string(attributes, "agent_id");
  switch (name) {
    case "claude_code.interaction":
      return {
        kind: "workflow",
        source,
        name: "Claude Code",
        only_with_agents: true,
        bounded_by_agents: true,
        ends_with_inner: true,
        identity: session !== undefined && prompt !== undefined ? workflowId(session, prompt) : undefined,
      };
    case "claude_code.tool": {
      const tool = string(attributes, "tool_name") ?? "";
      const agent = string(attributes, "subagent_type");
      if (agent === undefined && !SPAWN_TOOLS.has(tool)) return { kind: "tool", source, name: tool, agent_id };
      return { kind: "agent", source, name: agent ?? "unknown", ends_with_inner: true };
    }
    case "claude_code.llm_request":
      return {
        kind: "model",
        source,
        agent_id,
        identity: session !== undefined && agent_id !== undefined ? invocationId(session, agent_id) : undefined,
        model: string(attributes, "model", "gen_ai.request.model"),
        usage: usage({
          input_tokens: number(attributes, "input_tokens"),
          output_tokens: number(attributes, "output_tokens"),
          cache_read_input_tokens: number(attributes, "cache_read_tokens"),
          cache_creation_input_tokens: number(attributes, "cache_creation_tokens"),
        }),
      };
    default:
      return { kind: "other", source };
  }
}

/**
 * Claude Code's event that a subagent has ended, as a span. Where it names no trace, the user's request is one. Its tokens
 * are those of the last request alone, and are left out.
 */
export function observeLog({ name, time_us, trace_id, span_id, attributes }: LogRecord): Observation | undefined {
  if (name.replace(/^claude_code\./, "") !== "subagent_completed") return undefined;
  const session = string(attributes, "session.id");
  const prompt = string(attributes, "prompt.id");
  const agent_id = string(attributes, "agent_id");
  const duration = number(attributes, "duration_ms");
  const agent = string(attributes, "agent_type") ?? "unknown";
  return {
    trace_id: trace_id ?? workflowId(session ?? "", prompt ?? ""),
    span_id: `${span_id ?? agent}-${time_us}`,
    parent_id: span_id,
    kind: "agent",
    source: "claude-code",
    name: agent,
    agent_id,
    start_us: Math.max(0, time_us - Math.round((duration ?? 0) * 1000)),
    end_us: time_us,
    session_id: session,
    model: string(attributes, "model"),
    identity: session !== undefined && agent_id !== undefined ? invocationId(session, agent_id) : undefined,
    tells_end: true,
  };
}

/** Drafts tell a handoff by attributes of any span. */
function handoffDraft({ attributes }: Span): Meaning | undefined {
  const to = string(attributes, "gen_ai.agent.handoff.target.name", "gen_ai.handoff.to_agent");
  if (to === undefined) return undefined;
  const from = string(attributes, "gen_ai.agent.handoff.source.name", "gen_ai.handoff.from_agent");
  return { kind: "handoff", handoff: { from, to } };
}

const HANDOFF_TOOL = /^(?:handoff to |transfer_to_)(.+)$/i;

/** A tool, or the handoff that is told as one. */
function toolOf(name: string, attributes: Attributes): Meaning {
  const draft = string(attributes, "gen_ai.agent.handoff.target.name");
  const to = draft ?? HANDOFF_TOOL.exec(name)?.[1];
  if (to === undefined) return { kind: "tool", name };
  return { kind: "handoff", name, handoff: { from: string(attributes, "gen_ai.agent.handoff.source.name"), to } };
}

/** Absent where nobody said anything, not even by an error. */
function outcomeOf({ status, attributes, events }: Span): Observation["outcome"] {
  if (status.code === "ok") return { status: "success" };
  const type = string(attributes, "error.type");
  if (status.code !== "error" && type === undefined) return undefined;
  const exception = events.find(({ name }) => name === "exception")?.attributes ?? {};
  const error_message = status.message ?? string(exception, "exception.message") ?? type;
  const thrown = type ?? string(exception, "exception.type") ?? "";
  // Whoever is stopped has neither succeeded nor failed.
  return { status: /^(?:AbortError|cancell?ed|CancelledError)$/i.test(thrown) ? "unknown" : "failure", error_message };
}

/** What is counted into `total` is taken out of it: caches stand apart. */
function apart(total: number | undefined, ...parts: (number | undefined)[]): number | undefined {
  return total === undefined
    ? undefined
    : Math.max(
        0,
        parts.reduce<number>((left, part) => left - (part ?? 0), total),
      );
}

/** Nothing, where nothing is known. */
function usage(tokens: TokenUsage): TokenUsage | undefined {
  return TOKEN_FIELDS.some((field) => tokens[field] !== undefined) ? tokens : undefined;
}

/** The first of these attributes that is a text with something in it. */
function string(attributes: Attributes, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = attributes[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

function number(attributes: Attributes, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = Number(attributes[name] ?? Number.NaN);
    if (Number.isFinite(value) && value >= 0) return value;
  }
  return undefined;
}

/** What stands behind the operation in the name of a span. */
function rest(name: string): string {
  return name.replace(/^\S+ /, "") || "unknown";
}
