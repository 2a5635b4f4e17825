// @ts-check
// Use case 2 of the specification: find agents that underperform, and whether they get worse.
// Run it: node examples/agent-performance.mjs [DIRECTORY]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TelemetryAnalyzer, TelemetryLogger } from "oak-telemetry";

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), "oak-example-"));
const now = new Date("2026-11-01T12:00:00Z");

// A month of history: one run a day; the tester used to succeed and now fails.
const logger = new TelemetryLogger({ directory });
for (let daysAgo = 28; daysAgo >= 1; daysAgo--) {
  for (const agent_name of ["backend-architect", "qa-specialist"]) {
    const timestamp = new Date(now.getTime() - daysAgo * 86_400_000);
    const good =
      agent_name === "backend-architect" ? daysAgo % 9 !== 0 : daysAgo > 7 ? daysAgo % 2 === 0 : daysAgo === 4;
    const invocation_id = logger.logInvocation({ agent_name, agent_type: "development", timestamp });
    logger.updateInvocation({
      invocation_id,
      duration_seconds: 600,
      outcome_status: good ? "success" : "failure",
      error_message: good ? null : "tests failed",
      timestamp: new Date(timestamp.getTime() + 600_000),
    });
  }
}
logger.close();

const analyzer = new TelemetryAnalyzer({ directory, as_of: now });
const statistics = await analyzer.generateStatistics();
for (const [agent_name, agent] of Object.entries(statistics.agents)) {
  // null: no outcome is known yet, which is not a low rate.
  if (agent.success_rate === null || agent.success_rate >= 0.7) continue;
  console.log(`Low performer: ${agent_name} (${agent.success_rate} of ${agent.invocation_count} runs)`);

  const trend = await analyzer.getAgentPerformanceTrends(agent_name);
  if (trend.trend === "declining") {
    console.log(`  WARNING: Performance declining! ${trend.historical_success_rate} to ${trend.recent_success_rate}`);
  }
}
analyzer.close();
