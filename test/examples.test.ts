import { readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";
import { node, ROOT } from "./support/oak.js";

/** Runs an example on a directory of its own. */
async function run(example: string): Promise<{ lines: string[]; directory: string }> {
  const directory = temporaryDirectory();
  const { code, stdout, stderr } = await node([`examples/${example}`, directory]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { lines: stdout.trimEnd().split("\n"), directory };
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

  it("are all run here", () => {
    expect(readdirSync(`${ROOT}examples`).toSorted()).toEqual([
      "agent-performance.mjs",
      "agent-selection.mjs",
      "coordination-phase.mjs",
      "multi-agent-workflow.mjs",
    ]);
  });
});
