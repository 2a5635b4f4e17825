// @ts-check
// Use case 3 of the specification: decide from the coordination overhead when to upgrade from Phase 2 to Phase 3.
// Run it: node examples/coordination-phase.mjs [DIRECTORY]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TelemetryAnalyzer, TelemetryLogger } from "oak-telemetry";

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), "oak-example-"));

// Five workflows of ten minutes, in which two agents work for three minutes each and wait for the rest.
const logger = new TelemetryLogger({ directory });
const MINUTE = 60_000;
for (let i = 0; i < 5; i++) {
  const start = Date.parse("2026-11-01T08:00:00Z") + i * 60 * MINUTE;
  const at = (/** @type {number} */ minute) => new Date(start + minute * MINUTE);
  const agents = ["backend-architect", "frontend-developer"];
  const workflow_id = logger.logWorkflowStart({ project_name: "Shop", agent_plan: agents, timestamp: at(0) });
  agents.forEach((agent_name, n) => {
    const invocation_id = logger.logInvocation({ agent_name, workflow_id, timestamp: at(n * 5) });
    logger.updateInvocation({
      invocation_id,
      duration_seconds: 180,
      outcome_status: "success",
      timestamp: at(n * 5 + 3),
    });
  });
  logger.logAgentHandoff({
    workflow_id,
    from_agent: "backend-architect",
    to_agent: "frontend-developer",
    artifacts: ["artifacts/api-spec.yaml"],
    timestamp: at(5),
  });
  logger.logWorkflowComplete({
    workflow_id,
    duration_seconds: 600,
    success: true,
    agents_executed: agents,
    timestamp: at(10),
  });
}
logger.close();

const analyzer = new TelemetryAnalyzer({ directory });
const overhead = await analyzer.calculateCoordinationOverhead();
analyzer.close();

console.log(`Coordination Overhead: ${overhead.coordination_overhead_pct?.toFixed(1)}%`);
console.log(`Recommendation: ${overhead.recommendation}`);
if (overhead.coordination_overhead_pct !== null && overhead.coordination_overhead_pct > 30) {
  console.log("High coordination overhead detected");
  console.log("Consider implementing Phase 3 features:");
  console.log("  - Shared working memory");
  console.log("  - Automated agent delegation");
  console.log("  - Real-time conflict resolution");
}
