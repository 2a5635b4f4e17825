// @ts-check
// Agents of the OpenAI Agents SDK: a triage agent that looks something up and hands off to a specialist.
// The model is a fake, so that it runs without a network. Run it: node examples/openai-agents.mjs [DIRECTORY]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Programs import all of this from "@openai/agents".
import { Agent, Runner, setTraceProcessors, tool, Usage } from "@openai/agents-core";
import { TelemetryAnalyzer } from "oak-telemetry";
import { OakTracingProcessor } from "oak-telemetry/openai-agents";
import { z } from "zod";

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), "oak-example-"));
setTraceProcessors([new OakTracingProcessor({ directory })]);

/** What a model says in one turn: a text, or the call of a tool. */
const says = (/** @type {string} */ text) => ({
  type: /** @type {const} */ ("message"),
  role: /** @type {const} */ ("assistant"),
  status: /** @type {const} */ ("completed"),
  content: [{ type: /** @type {const} */ ("output_text"), text }],
});
const calls = (/** @type {string} */ name, input = {}) => ({
  type: /** @type {const} */ ("function_call"),
  callId: `${name}-1`,
  name,
  status: /** @type {const} */ ("completed"),
  arguments: JSON.stringify(input),
});

const turns = [calls("find_invoice", { number: 7 }), calls("transfer_to_billing"), says("The invoice is paid.")];

/** @type {import("@openai/agents-core").Model} */
const model = {
  getResponse: async () => ({
    usage: new Usage({ requests: 1, inputTokens: 100, outputTokens: 10, totalTokens: 110 }),
    output: [turns.shift() ?? says("done")],
  }),
  getStreamedResponse: () => {
    throw new Error("not needed");
  },
};

const billing = new Agent({ name: "billing", instructions: "Answer questions on invoices.", model });
const triage = Agent.create({
  name: "triage",
  instructions: "Find out what it is about.",
  model,
  handoffs: [billing],
  tools: [
    tool({
      name: "find_invoice",
      description: "Finds an invoice",
      parameters: z.object({ number: z.number() }),
      execute: async ({ number }) => `invoice ${number}`,
    }),
  ],
});

const result = await new Runner({ workflowName: "Support" }).run(triage, "Is invoice 7 paid?");

const analyzer = new TelemetryAnalyzer({ directory });
const { most_common_patterns } = await analyzer.analyzeWorkflows();
analyzer.close();

console.log(result.finalOutput);
for (const { pattern, count } of most_common_patterns) console.log(`${count} × ${pattern}`);
