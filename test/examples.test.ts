import { readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer } from "../src/index.js";
import type { TelemetryEvent } from "../src/event/events.js";
import { readLog } from "../src/log/read.js";
import { captured } from "./support/captured.js";
import { temporaryDirectory } from "./support/directory.js";
import { node, ROOT } from "./support/oak.js";

/** Runs an example on a directory of its own. */
async function run(example: string): Promise<{ lines: string[]; directory: string }> {
  const directory = temporaryDirectory();
  const { code, stdout, stderr } = await node([`examples/${example}`, directory]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { lines: stdout.trimEnd().split("\n"), directory };
}

async function eventsIn(directory: string): Promise<TelemetryEvent[]> {
  const events: TelemetryEvent[] = [];
  for await (const { entries } of readLog(directory))
    for (const entry of entries) if (entry.kind === "event") events.push(entry.event);
  return events;
}

describe("examples", () => {
  it("multi-agent-workflow.mjs tracks a project from start to finish", async () => {
    const { lines, directory } = await run("multi-agent-workflow.mjs");
    expect(lines.slice(0, 2)).toEqual([
      "Workflows: 1, agents each: 5",
      "1 × systems-architect→backend-architect→security-auditor→infrastructure-specialist→qa-specialist",
    ]);
    expect(lines[2]).toMatch(/^No agent was active in \d+\.\d% of the time\.$/);
    const analyzer = new TelemetryAnalyzer({ directory });
    const { overlap_share, idle_share } = await analyzer.calculateCoordinationOverhead();
    expect(overlap_share).toBeGreaterThan(0);
    expect(idle_share).toBeLessThan(1);
    const { agents } = await analyzer.generateStatistics();
    expect(Object.values(agents).map(({ success_rate }) => success_rate)).toEqual([1, 1, 1, 1, 1]);
    analyzer.close();
  });

  it("agent-performance.mjs finds the agent that gets worse", async () => {
    const { lines } = await run("agent-performance.mjs");
    expect(lines).toEqual([
      "Low performer: qa-specialist (0.429 of 28 runs)",
      "  WARNING: Performance declining! 0.524 to 0.143",
    ]);
  });

  it("coordination-phase.mjs advises Phase 3", async () => {
    const { lines } = await run("coordination-phase.mjs");
    expect(lines).toEqual([
      "Coordination Overhead: 40.0%",
      "Recommendation: Consider Phase 3 (High coordination overhead)",
      "High coordination overhead detected",
      "Consider implementing Phase 3 features:",
      "  - Shared working memory",
      "  - Automated agent delegation",
      "  - Real-time conflict resolution",
    ]);
  });

  it("agent-selection.mjs recommends, and says when it cannot", async () => {
    const { lines } = await run("agent-selection.mjs");
    expect(lines).toEqual([
      "Recommended: security-auditor",
      "Based on 15 similar tasks",
      "Success rate: 80%",
      "No suitable agent found - consider creating a new specialist",
      "It should cover: authentication, implement, oauth2",
      "Not enough evidence: no agent has done a task like this one",
    ]);
  });

  it("ai-sdk.mjs records the agents of the Vercel AI SDK", async () => {
    const { lines, directory } = await run("ai-sdk.mjs");
    expect(lines).toEqual(["1 × researcher→writer→fact-checker", "researcher: 1", "writer: 1", "fact-checker: 1"]);
    const { runs, workflows } = captured(await eventsIn(directory));
    expect(workflows).toEqual([["Report on the sky", ["researcher", "writer", "fact-checker"], "success"]]);
    expect(runs).toMatchObject([
      { agent: "researcher", task: "What is known about the sky?" },
      {
        agent: "writer",
        tools: ["check"],
        metadata: { source: "ai-sdk", model: "mock-1", input_tokens: 200, cache_read_input_tokens: 40 },
      },
      { agent: "fact-checker", parent: "writer" },
    ]);
  });

  it("openai-agents.mjs records the agents of the OpenAI Agents SDK", async () => {
    const { lines, directory } = await run("openai-agents.mjs");
    expect(lines).toEqual(["The invoice is paid.", "1 × triage→billing"]);
    const { runs, workflows, handoffs } = captured(await eventsIn(directory));
    expect(workflows).toEqual([["Support", ["triage", "billing"], "success"]]);
    expect(handoffs).toEqual(["triage→billing"]);
    expect(runs).toMatchObject([
      { agent: "triage", tools: ["find_invoice"], metadata: { source: "openai-agents", input_tokens: 200 } },
      { agent: "billing", tools: [], metadata: { input_tokens: 100, output_tokens: 10 } },
    ]);
  });

  it("are all run here", () => {
    expect(readdirSync(`${ROOT}examples`).toSorted()).toEqual([
      "agent-performance.mjs",
      "agent-selection.mjs",
      "ai-sdk.mjs",
      "coordination-phase.mjs",
      "multi-agent-workflow.mjs",
      "openai-agents.mjs",
    ]);
  });
});
