import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer, TelemetryLogger } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";

/** The specification's example of workflow_events.jsonl, "Data Format". */
const EXAMPLE = [
  '{"timestamp": "2025-10-21T10:00:00Z", "event": "workflow_start", "workflow_id": "wf-001", "project_name": "E-Commerce", "agent_plan": ["backend-architect", "frontend-developer"], "estimated_duration": 3600}',
  '{"timestamp": "2025-10-21T10:45:00Z", "event": "agent_handoff", "workflow_id": "wf-001", "from_agent": "backend-architect", "to_agent": "frontend-developer", "artifacts": ["artifacts/api-spec.yaml"]}',
  '{"timestamp": "2025-10-21T11:30:00Z", "event": "workflow_complete", "workflow_id": "wf-001", "duration_seconds": 5400, "success": true, "agents_executed": ["backend-architect", "frontend-developer"]}',
];

describe("the specification", () => {
  it("gets its example lines from its example calls, in its order of fields, and three more fields", () => {
    const directory = temporaryDirectory();
    const logger = new TelemetryLogger({ directory });
    logger.logWorkflowStart({
      workflow_id: "wf-001",
      project_name: "E-Commerce",
      agent_plan: ["backend-architect", "frontend-developer"],
      estimated_duration: 3600,
      timestamp: "2025-10-21T10:00:00Z",
    });
    logger.logAgentHandoff({
      workflow_id: "wf-001",
      from_agent: "backend-architect",
      to_agent: "frontend-developer",
      artifacts: ["artifacts/api-spec.yaml"],
      timestamp: "2025-10-21T10:45:00Z",
    });
    logger.logWorkflowComplete({
      workflow_id: "wf-001",
      duration_seconds: 5400,
      success: true,
      agents_executed: ["backend-architect", "frontend-developer"],
      timestamp: "2025-10-21T11:30:00Z",
    });
    logger.close();
    const lines = readFileSync(join(directory, "workflow_events.jsonl"), "utf8").trimEnd().split("\n");
    const plain = lines.map((line, i) => {
      const { session_id, event_id, sequence, ...fields } = JSON.parse(line) as Record<string, unknown>;
      expect({ session_id, sequence }).toEqual({ session_id: logger.session_id, sequence: i + 1 });
      expect(event_id).toEqual(expect.any(String));
      return JSON.stringify({ ...fields, timestamp: String(fields["timestamp"]).replace(".000Z", "Z") });
    });
    expect(plain).toEqual(EXAMPLE.map((line) => JSON.stringify(JSON.parse(line))));
  });

  it("finds its keys in every result, before anything was recorded too", async () => {
    const analyzer = new TelemetryAnalyzer({ directory: join(temporaryDirectory(), "nothing") });
    expect(await analyzer.analyzeWorkflows()).toMatchObject({
      total_workflows: 0,
      avg_duration_minutes: null,
      success_rate: null,
      avg_agents_per_workflow: null,
      most_common_patterns: [],
    });
    expect(await analyzer.calculateCoordinationOverhead()).toMatchObject({
      coordination_overhead_pct: null,
      recommendation: "Insufficient data",
      avg_coordination_minutes: null,
    });
    expect(await analyzer.getAgentPerformanceTrends("backend-architect")).toMatchObject({
      trend: "insufficient_data",
      success_rate_change: null,
      recent_success_rate: null,
      historical_success_rate: null,
      days: 30,
    });
    expect(await analyzer.generateStatistics()).toMatchObject({
      total_invocations: 0,
      date_range: { start: null, end: null },
      agents: {},
    });
    expect(await analyzer.getAgentRanking()).toEqual([]);
    analyzer.close();
  });
});
