import { traceAgent, traceLLM, traceTool } from "@arizeai/openinference-core";
import { context, trace, type Attributes, type Span } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { generateText, stepCountIs, tool } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

import { captured, type Captured } from "../../../test/support/captured.js";
import type { TelemetryEvent } from "../../event/events.js";
import { EVENT_SCHEMAS } from "../../event/schema.js";
import { invocationId, workflowId } from "../claude-code/identity.js";
import { OtlpTranslator } from "./translator.js";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer("test");

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
});
afterAll(() => {
  trace.disable();
  context.disable();
});
beforeEach(() => exporter.reset());

/** A clock of its own, that ticks whenever something happens: no two things happen at once. */
let now = Date.UTC(2026, 10, 1);

/** Runs `work` inside a span of the OpenTelemetry SDK. */
async function span(
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

const workflow = (name: string, work: () => unknown) =>
  span(`invoke_workflow ${name}`, { "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": name }, work);
const agent = (name: string, work?: (span: Span) => unknown, attributes: Attributes = {}) =>
  span(
    `invoke_agent ${name}`,
    { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, ...attributes },
    work,
  );
const toolCall = (name: string, work?: () => unknown) =>
  span(`execute_tool ${name}`, { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name }, work);
const chat = (attributes: Attributes) =>
  span("chat gpt", { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt", ...attributes });

/** What the OpenTelemetry SDK's own exporter would send. */
function requestOf(spans: readonly ReadableSpan[]): unknown {
  return JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest([...spans])!).toString());
}

function translated(): TelemetryEvent[] {
  const translator = new OtlpTranslator();
  const { events } = translator.receive(requestOf(exporter.getFinishedSpans()));
  const all = [...events, ...translator.flush()];
  for (const event of all) expect(EVENT_SCHEMAS[event.event].safeParse(event).error).toBeUndefined();
  return all;
}

const result = (): Captured => captured(translated());

describe("spans of the GenAI conventions", () => {
  it("become a workflow, its invocations with tools and tokens, and handoffs", async () => {
    await workflow("Shop", async () => {
      await agent("planner", async () => {
        await chat({
          "gen_ai.usage.input_tokens": 100,
          "gen_ai.usage.output_tokens": 7,
          "gen_ai.usage.cache_read.input_tokens": 60,
        });
        await toolCall("grep");
        await chat({ "gen_ai.usage.input_tokens": 50, "gen_ai.usage.output_tokens": 3 });
        await toolCall("grep");
        await toolCall("edit", () => agent("reviewer", () => chat({ "gen_ai.usage.input_tokens": 9 })));
      });
      await span("handoff", {
        "gen_ai.agent.handoff.source.name": "planner",
        "gen_ai.agent.handoff.target.name": "coder",
      });
      await agent("coder", undefined, { "gen_ai.usage.input_tokens": 5, "gen_ai.agent.id": "a-7" });
    });
    const { runs, workflows, handoffs } = result();
    expect(workflows).toEqual([["Shop", ["planner", "reviewer", "coder"], "success"]]);
    expect(handoffs).toEqual(["planner→coder"]);
    expect(runs).toMatchObject([
      {
        agent: "planner",
        parent: undefined,
        workflow: "Shop",
        status: "success",
        tools: ["grep", "edit"],
        metadata: { source: "otlp", model: "gpt", input_tokens: 90, output_tokens: 10, cache_read_input_tokens: 60 },
      },
      { agent: "reviewer", parent: "planner", workflow: "Shop", metadata: { input_tokens: 9 } },
      { agent: "coder", parent: undefined, metadata: { agent_id: "a-7", input_tokens: 5 } },
    ]);
    // Nobody said that they succeeded.
    expect(runs[0]!.metadata["inferred"]).toEqual(["outcome"]);
  });

  it("of agents inside an agent, without a workflow, make the trace the workflow", async () => {
    await agent("lead", async () => {
      await agent("helper");
      await agent("helper");
    });
    const { runs, workflows } = result();
    expect(workflows).toEqual([["lead", ["lead", "helper", "helper"], "success"]]);
    expect(runs.map(({ parent }) => parent)).toEqual([undefined, "lead", "lead"]);
  });

  it("of an agent on its own make an invocation without a workflow", async () => {
    await span("POST /ask", {}, () => agent("answerer"));
    const { runs, workflows } = result();
    expect(workflows).toEqual([]);
    expect(runs).toMatchObject([{ agent: "answerer", workflow: undefined }]);
  });

  it("tell failures, and what was broken off, which is neither", async () => {
    await workflow("Failing", async () => {
      await agent("thrower", (active) => {
        active.recordException(new TypeError("no such file"));
        active.setStatus({ code: 2 });
      });
      await agent("limited", (active) => active.setStatus({ code: 2, message: "quota" }), { "error.type": "429" });
      await agent("stopped", undefined, { "error.type": "AbortError" });
      await agent("fine", (active) => active.setStatus({ code: 1 }));
    });
    const { runs } = result();
    const how = Object.fromEntries(runs.map(({ agent: name, status, error }) => [name, [status, error]]));
    expect(how).toEqual({
      thrower: ["failure", "no such file"],
      limited: ["failure", "quota"],
      stopped: ["unknown", "AbortError"],
      fine: ["success", undefined],
    });
    expect(runs.find(({ agent: name }) => name === "fine")!.metadata).not.toHaveProperty("inferred");
  });

  it("of a workflow that says nothing fail with the agent that ended last", async () => {
    await workflow("Shop", () => agent("coder", (active) => active.setStatus({ code: 2, message: "broken" })));
    expect(result().workflows).toEqual([["Shop", ["coder"], "failure"]]);
  });

  it("tell the task, without its secrets", async () => {
    const secret = `sk-${"a1B2".repeat(8)}`;
    const messages = [
      { role: "system", parts: [{ type: "text", content: "You are…" }] },
      { role: "user", parts: [{ type: "text", content: `Deploy with ${secret}` }] },
    ];
    await agent("deployer", undefined, { "gen_ai.input.messages": JSON.stringify(messages) });
    const [run] = result().runs;
    expect(run!.task).toMatch(/^Deploy with /);
    expect(run!.task).not.toContain(secret);
    const { events } = new OtlpTranslator({ redact: false }).receive(requestOf(exporter.getFinishedSpans()));
    expect(JSON.stringify(events)).toContain(secret);
  });
});

describe("spans of OpenInference", () => {
  it("from its own instrumentation helpers become runs, tools and tokens", async () => {
    const ask = traceLLM(async (task: string) => `answer to ${task}`, {
      name: "llm",
      attributes: { "llm.model_name": "m", "llm.token_count.prompt": 12 },
    });
    const search = traceTool(async (query: string) => `found ${query}`, { name: "search" });
    const researcher = traceAgent(async (task: string) => search(await ask(task)), { name: "researcher" });
    const writer = traceAgent(async (task: string) => `text on ${task}`, { name: "writer" });
    await span("CrewAI.kickoff", { "openinference.span.kind": "CHAIN" }, async () => {
      await researcher("Find out about bees");
      await writer("Write about bees");
    });
    const { runs, workflows } = result();
    expect(workflows).toEqual([["CrewAI.kickoff", ["researcher", "writer"], "success"]]);
    expect(runs).toMatchObject([
      { agent: "researcher", tools: ["search"], metadata: { model: "m", input_tokens: 12 }, status: "success" },
      { agent: "writer" },
    ]);
    expect(runs[0]!.task).toContain("Find out about bees");
  });

  it("tell handoffs as tools, or as edges of the graph, and each once", async () => {
    const oi = (kind: string, name: string, more: Attributes = {}, work?: () => unknown) =>
      span(name, { "openinference.span.kind": kind, ...more }, work);
    await oi("CHAIN", "Agent workflow", {}, async () => {
      await oi("AGENT", "triage", { "graph.node.id": "triage" }, () => oi("TOOL", "handoff to billing"));
      await oi("AGENT", "billing", { "graph.node.id": "billing", "graph.node.parent_id": "triage" });
      await oi("AGENT", "mailer", { "graph.node.id": "mailer", "graph.node.parent_id": "billing" });
    });
    const { handoffs, runs } = result();
    expect(handoffs.toSorted()).toEqual(["billing→mailer", "triage→billing"]);
    expect(runs.flatMap(({ tools }) => tools)).toEqual([]);
  });
});

describe("spans of the Vercel AI SDK", () => {
  it("become runs of the agents that functionId names", async () => {
    const said = (text: string) => ({
      content: [{ type: "text" as const, text }],
      finishReason: { unified: "stop" as const, raw: undefined },
      usage: {
        inputTokens: { total: 11, noCache: 11, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 2, text: 2, reasoning: undefined },
      },
      warnings: [],
    });
    const call = {
      ...said(""),
      content: [{ type: "tool-call" as const, toolCallId: "1", toolName: "lookup", input: "{}" }],
      finishReason: { unified: "tool-calls" as const, raw: undefined },
    };
    const telemetry = (functionId?: string) => ({
      experimental_telemetry: { isEnabled: true, tracer, ...(functionId ? { functionId } : {}) },
    });
    const lookup = tool({
      inputSchema: z.object({}),
      execute: async () => {
        await generateText({
          model: new MockLanguageModelV3({ doGenerate: said("x") }),
          prompt: "Look",
          ...telemetry("finder"),
        });
        return 1;
      },
    });
    await generateText({
      model: new MockLanguageModelV3({ modelId: "mock-1", doGenerate: [call, said("done")] }),
      prompt: "Answer me",
      tools: { lookup },
      stopWhen: stepCountIs(3),
      ...telemetry("answerer"),
    });
    const { runs } = result();
    expect(runs).toMatchObject([
      {
        agent: "answerer",
        task: "Answer me",
        tools: ["lookup"],
        metadata: { source: "ai-sdk", model: "mock-1", input_tokens: 22, output_tokens: 4 },
      },
      { agent: "finder", parent: "answerer", metadata: { input_tokens: 11 } },
    ]);
  });
});

describe("spans and events of Claude Code", () => {
  const session = { "session.id": "s-1" };
  const tokens = (agent_id: string | undefined, input: number) =>
    span("claude_code.llm_request", {
      ...session,
      ...(agent_id ? { agent_id } : {}),
      model: "claude",
      input_tokens: input,
      output_tokens: 1,
      cache_read_tokens: 1000,
    });
  const subagent = (type: string, id: string, work?: () => unknown) =>
    span("claude_code.tool", { ...session, tool_name: "Agent", subagent_type: type, tool_use_id: `t-${id}` }, () =>
      span("claude_code.tool.execution", session, async () => {
        await tokens(id, 10);
        await work?.();
        await tokens(id, 20);
      }),
    );

  it("become the runs and the workflow that hooks and transcripts give the same ids", async () => {
    await span("claude_code.interaction", { ...session, "prompt.id": "p-1" }, async () => {
      await tokens(undefined, 5);
      await span("claude_code.tool", { ...session, tool_name: "Read" });
      await Promise.all([subagent("explorer", "a1"), subagent("explorer", "a2", () => subagent("critic", "a3"))]);
    });
    const events = translated();
    const ids = new Set(events.flatMap((event) => ("invocation_id" in event ? event.invocation_id : [])));
    expect(ids).toEqual(new Set(["a1", "a2", "a3"].map((id) => invocationId("s-1", id))));
    expect(new Set(events.flatMap((event) => ("workflow_id" in event ? (event.workflow_id ?? []) : [])))).toEqual(
      new Set([workflowId("s-1", "p-1")]),
    );
    // Its bounds are those of its subagents: what the main agent does by itself is no waiting.
    const time = (name: string) => events.filter(({ event }) => event === name).map(({ timestamp }) => timestamp);
    expect(time("workflow_start")[0]).toBe(time("invocation_start").toSorted()[0]);
    expect(time("workflow_complete")[0]).toBe(time("invocation_update").toSorted().at(-1));
    const { runs, workflows } = captured(events);
    expect(workflows).toMatchObject([["Claude Code", expect.arrayContaining(["explorer", "critic"]), "success"]]);
    expect(runs.find(({ agent: name }) => name === "critic")).toMatchObject({
      parent: "explorer",
      // Claude Code keeps tokens of the cache apart.
      metadata: { source: "claude-code", agent_id: "a3", input_tokens: 30, cache_read_input_tokens: 2000 },
    });
  });

  it("of a request without subagents are no workflow", async () => {
    await span("claude_code.interaction", { ...session, "prompt.id": "p-1" }, () => tokens(undefined, 5));
    expect(translated()).toEqual([]);
  });

  /** The event that a subagent has ended, as the log exporter of Claude Code sends it. */
  const completed = (fields: object, attributes: Readonly<Record<string, string | number>> = {}) => ({
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: "1764000010000000000",
                body: { stringValue: "claude_code.subagent_completed" },
                attributes: Object.entries({
                  "event.name": "subagent_completed",
                  "session.id": "s-1",
                  "prompt.id": "p-1",
                  agent_type: "explorer",
                  duration_ms: 4000,
                  total_tokens: 99,
                  ...attributes,
                }).map(([key, value]) => ({
                  key,
                  value: typeof value === "string" ? { stringValue: value } : { intValue: value },
                })),
                ...fields,
              },
            ],
          },
        ],
      },
    ],
  });

  it("as events alone become runs, and a workflow where there are several", () => {
    const translator = new OtlpTranslator();
    const times = ["1764000010000000000", "1764000012000000000"];
    const events = times.flatMap((timeUnixNano) => translator.receive(completed({ timeUnixNano })).events);
    const { runs, workflows } = captured([...events, ...translator.flush()]);
    expect(runs).toMatchObject([
      { agent: "explorer", seconds: 4, start: "2025-11-24T16:00:06.000Z" },
      { agent: "explorer", seconds: 4 },
    ]);
    // The tokens of the last request alone are nobody's tokens.
    expect(runs[0]!.metadata).not.toHaveProperty("input_tokens");
    expect(workflows).toHaveLength(1);
  });

  it("of the same run are one run", async () => {
    await span("claude_code.interaction", { ...session, "prompt.id": "p-1" }, () => subagent("explorer", "a1"));
    const spans = exporter.getFinishedSpans();
    const run = spans.find(({ attributes }) => attributes["subagent_type"] === "explorer")!;
    const translator = new OtlpTranslator();
    const { traceId, spanId } = run.spanContext();
    translator.receive(completed({ traceId, spanId }));
    translator.receive(requestOf(spans));
    const { events } = translator.receive(requestOf(spans));
    expect(events).toEqual([]);
    expect(translator.flush()).toEqual([]);
  });
});

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
    const keys = [
      "gen_ai.operation.name",
      "gen_ai.agent.name",
      "gen_ai.usage.input_tokens",
      "openinference.span.kind",
      "ai.operationId",
      "ai.telemetry.functionId",
      "gen_ai.agent.handoff.target.name",
      "error.type",
      "session.id",
      "agent_id",
      "prompt.id",
      "duration_ms",
      "agent_type",
      "oak.record",
      "oak.workflow_id",
      "oak.has_start",
    ];
    const key = fc.constantFrom(...keys);
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
