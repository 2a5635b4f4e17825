import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Agent, Runner, setTraceProcessors, setTracingDisabled, Usage, type Model } from "@openai/agents-core";
import { generateText, streamText } from "ai";
import { MockLanguageModelV3, simulateReadableStream } from "ai/test";
import { beforeAll, describe, expect, it } from "vitest";

import { captured, type Captured } from "../../test/support/captured.js";
import { temporaryDirectory } from "../../test/support/directory.js";
import { LOG_FILES } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { AiSdkTelemetry } from "./ai-sdk.js";
import { OakTracingProcessor } from "./openai-agents.js";

/** What stands in the log; the examples show the rest (test/examples.test.ts). */
function logged(directory: string): Captured {
  const lines = [LOG_FILES.invocation, LOG_FILES.workflow].flatMap((file) =>
    readFileSync(join(directory, file), "utf8").trimEnd().split("\n"),
  );
  return captured(lines.map((line) => JSON.parse(line) as TelemetryEvent));
}

const broken = new Error("the model is broken");

describe("AiSdkTelemetry", () => {
  const failing = new MockLanguageModelV3({
    doGenerate: () => Promise.reject(broken),
  });

  it("records a failure, of the run and of the workflow, and throws it on", async () => {
    const directory = temporaryDirectory();
    const oak = new AiSdkTelemetry({ directory });
    const work = oak.workflow("Report", () =>
      generateText({ model: failing, prompt: "Try", maxRetries: 0, experimental_telemetry: oak.agent("writer") }),
    );
    await expect(work).rejects.toThrow("the model is broken");
    const { runs, workflows } = logged(directory);
    expect(runs).toMatchObject([{ agent: "writer", status: "failure", error: "the model is broken" }]);
    expect(workflows).toEqual([["Report", ["writer"], "failure"]]);
  });

  it("records parallel and streaming agents", async () => {
    const directory = temporaryDirectory();
    const oak = new AiSdkTelemetry({ directory });
    const model = () =>
      new MockLanguageModelV3({
        doStream: {
          stream: simulateReadableStream({
            chunks: [
              { type: "text-start", id: "1" },
              { type: "text-delta", id: "1", delta: "Hello" },
              { type: "text-end", id: "1" },
              {
                type: "finish",
                finishReason: { unified: "stop", raw: undefined },
                usage: {
                  inputTokens: { total: 8, noCache: 8, cacheRead: undefined, cacheWrite: undefined },
                  outputTokens: { total: 3, text: 3, reasoning: undefined },
                },
              },
            ],
          }),
        },
      });
    await oak.workflow("Parallel", () =>
      Promise.all(
        ["left", "right"].map(async (name) => {
          const { textStream } = streamText({ model: model(), prompt: "Hi", experimental_telemetry: oak.agent(name) });
          for await (const _ of textStream);
        }),
      ),
    );
    const { runs, workflows } = logged(directory);
    expect(new Set(runs.map(({ agent, parent, workflow }) => [agent, parent, workflow]))).toEqual(
      new Set([
        ["left", undefined, "Parallel"],
        ["right", undefined, "Parallel"],
      ]),
    );
    expect(runs[0]!.metadata).toMatchObject({ input_tokens: 8, output_tokens: 3 });
    expect(workflows[0]![2]).toBe("success");
  });
});

describe("OakTracingProcessor", () => {
  // The SDK turns tracing off where it finds itself in a test.
  beforeAll(() => setTracingDisabled(false));

  const unused = () => {
    throw new Error("not streamed");
  };

  it("records a run that throws as a failure", async () => {
    const directory = temporaryDirectory();
    setTraceProcessors([new OakTracingProcessor({ directory })]);
    const model: Model = { getResponse: () => Promise.reject(broken), getStreamedResponse: unused };
    const agent = new Agent({ name: "writer", model });
    await expect(new Runner({ workflowName: "Report", groupId: "g-1" }).run(agent, "Try")).rejects.toThrow(
      "the model is broken",
    );
    const { runs, workflows } = logged(directory);
    expect(runs).toMatchObject([{ agent: "writer", workflow: "Report", status: "failure" }]);
    expect(workflows).toEqual([["Report", ["writer"], "failure"]]);
  });

  it("records an agent that another calls as a tool as its child", async () => {
    const directory = temporaryDirectory();
    setTraceProcessors([new OakTracingProcessor({ directory })]);
    const says = (text: string) => ({
      type: "message" as const,
      role: "assistant" as const,
      status: "completed" as const,
      content: [{ type: "output_text" as const, text }],
    });
    const model = (...turns: unknown[]): Model => ({
      getResponse: () =>
        Promise.resolve({
          usage: new Usage({ requests: 1, inputTokens: 5, outputTokens: 1, totalTokens: 6 }),
          output: [turns.shift()] as never,
        }),
      getStreamedResponse: unused,
    });
    const helper = new Agent({ name: "helper", model: model(says("help")) });
    const call = {
      type: "function_call",
      callId: "1",
      name: "ask_helper",
      status: "completed",
      arguments: '{"input":"x"}',
    };
    const lead = new Agent({
      name: "lead",
      model: model(call, says("done")),
      tools: [helper.asTool({ toolName: "ask_helper", toolDescription: "Asks" })],
    });
    await new Runner({ workflowName: "Team" }).run(lead, "Go");
    const { runs, workflows } = logged(directory);
    expect(runs).toMatchObject([
      { agent: "lead", parent: undefined, tools: ["ask_helper"], metadata: { input_tokens: 10 } },
      { agent: "helper", parent: "lead", metadata: { input_tokens: 5 } },
    ]);
    expect(workflows).toEqual([["Team", ["lead", "helper"], "success"]]);
  });
});
