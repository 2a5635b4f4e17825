// @ts-check
// Agents of the Vercel AI SDK: a researcher and a writer, and a fact checker that the writer calls as a tool.
// The models are mocks, so that it runs without a network. Run it: node examples/ai-sdk.mjs [DIRECTORY]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { generateText, stepCountIs, tool } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import { TelemetryAnalyzer } from "oak-telemetry";
import { AiSdkTelemetry } from "oak-telemetry/ai-sdk";
import { z } from "zod";

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), "oak-example-"));
const oak = new AiSdkTelemetry({ directory });

/** What a call of the model costs. */
const usage = {
  inputTokens: { total: 120, noCache: 100, cacheRead: 20, cacheWrite: undefined },
  outputTokens: { total: 30, text: 30, reasoning: undefined },
};

/** @param {string[]} answers said one after the other; `call:NAME` calls a tool */
const model = (...answers) =>
  new MockLanguageModelV3({
    modelId: "mock-1",
    doGenerate: async () => {
      const answer = answers.shift() ?? "done";
      const name = answer.startsWith("call:") ? answer.slice(5) : undefined;
      return {
        content: name
          ? [{ type: "tool-call", toolCallId: `${name}-1`, toolName: name, input: '{"claim":"the sky is blue"}' }]
          : [{ type: "text", text: answer }],
        finishReason: { unified: name ? "tool-calls" : "stop", raw: undefined },
        usage,
        warnings: [],
      };
    },
  });

const check = tool({
  description: "Checks a claim",
  inputSchema: z.object({ claim: z.string() }),
  execute: async ({ claim }) => {
    const { text } = await generateText({
      model: model("true"),
      prompt: `Is it true that ${claim}?`,
      experimental_telemetry: oak.agent("fact-checker"),
    });
    return text;
  },
});

await oak.workflow("Report on the sky", async () => {
  const { text } = await generateText({
    model: model("The sky is blue."),
    prompt: "What is known about the sky?",
    experimental_telemetry: oak.agent("researcher"),
  });
  await generateText({
    model: model("call:check", "A report."),
    prompt: `Write a report: ${text}`,
    tools: { check },
    stopWhen: stepCountIs(3),
    experimental_telemetry: oak.agent("writer"),
  });
});

const analyzer = new TelemetryAnalyzer({ directory });
const { most_common_patterns } = await analyzer.analyzeWorkflows();
const { agents } = await analyzer.generateStatistics();
analyzer.close();

for (const { pattern, count } of most_common_patterns) console.log(`${count} × ${pattern}`);
for (const [name, { success_rate }] of Object.entries(agents)) console.log(`${name}: ${success_rate}`);
