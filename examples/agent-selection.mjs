// @ts-check
// Use case 4 of the specification: let the history recommend an agent for a task.
// Run it: node examples/agent-selection.mjs [DIRECTORY]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AgentSelector, TelemetryLogger } from "oak-telemetry";

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), "oak-example-"));

// A history: what two agents did, and how it went.
const logger = new TelemetryLogger({ directory });
const start = Date.parse("2026-10-01T08:00:00Z");
const projects = ["the shop", "the portal", "the payment service", "the search", "the mobile app"];
for (let i = 0; i < 30; i++) {
  const [agent_name, task_type, task, good] =
    i % 2 === 0
      ? ["security-auditor", "security", "Implement OAuth2 login for", i % 14 !== 0]
      : ["frontend-developer", "frontend", "Style the settings page of", true];
  const timestamp = new Date(start + i * 86_400_000);
  const invocation_id = logger.logInvocation({
    agent_name,
    task_type,
    task_description: `${task} ${projects[i % projects.length]}`,
    timestamp,
  });
  logger.updateInvocation({
    invocation_id,
    duration_seconds: 900,
    outcome_status: good ? "success" : "failure",
    timestamp: new Date(timestamp.getTime() + 900_000),
  });
}
logger.close();

// The user wants to add a new feature. Agents are known by their runs only here, not by definition files.
const selector = new AgentSelector({ directory, as_of: "2026-11-01T12:00:00Z", agents_dir: directory });
for (const query of [
  { task_description: "Implement OAuth2 authentication", domain: "security" },
  { task_description: "Implement OAuth2 authentication", domain: "security", min_confidence: 0.97 },
  { task_description: "Translate the handbook" },
]) {
  const advice = await selector.queryBestAgent(query);
  switch (advice.status) {
    case "recommended":
      console.log(`Recommended: ${advice.agent_name}`);
      console.log(`Based on ${advice.total_tasks} similar tasks`);
      console.log(`Success rate: ${((advice.success_rate ?? 0) * 100).toFixed(0)}%`);
      break;
    case "no_suitable_agent":
      console.log("No suitable agent found - consider creating a new specialist");
      console.log(`It should cover: ${advice.specialist.covers.slice(0, 3).join(", ")}`);
      break;
    case "not_enough_evidence":
      console.log(`Not enough evidence: ${advice.reason}`);
      break;
  }
}
selector.close();
