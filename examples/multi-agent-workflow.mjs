// @ts-check
// Use case 1 of the specification: track a project of several specialised agents from start to finish.
// Run it: node examples/multi-agent-workflow.mjs [DIRECTORY]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { TelemetryAnalyzer, TelemetryLogger } from "oak-telemetry";

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), "oak-example-"));
const logger = new TelemetryLogger({ directory });

const workflow = logger.startWorkflow({
  project_name: "Microservices API Platform",
  agent_plan: [
    "systems-architect",
    "backend-architect",
    "security-auditor",
    "infrastructure-specialist",
    "qa-specialist",
  ],
  estimated_duration: 28800, // 8 hours
});

try {
  await workflow.run("systems-architect", "Design the platform", async (run) => {
    await sleep(40); // your agent works here
    run.declareArtifacts("artifacts/architecture.md", "artifacts/tech-stack.md");
  });
  await workflow.run("backend-architect", "Build the API", async (run) => {
    await sleep(60);
    run.report({ files_created: ["src/api.ts"], tools_used: ["Edit", "Bash"] });
    run.declareArtifacts("artifacts/api-spec.yaml");
  });
  // Two agents at once: both get the API's artifacts, and the tester gets something from both.
  await Promise.all([
    workflow.run("security-auditor", "Audit the API", () => sleep(50)),
    workflow.run("infrastructure-specialist", "Provision the cluster", () => sleep(30)),
  ]);
  await workflow.run("qa-specialist", "Test the whole", async (run) => {
    await sleep(20);
    run.report({ tests_passed: true });
  });
  workflow.complete(); // works out duration, success and who really ran
} catch (error) {
  workflow.complete({ success: false });
  throw error;
}
logger.close();

const analyzer = new TelemetryAnalyzer({ directory });
const workflows = await analyzer.analyzeWorkflows();
const overhead = await analyzer.calculateCoordinationOverhead();
analyzer.close();

console.log(`Workflows: ${workflows.total_workflows}, agents each: ${workflows.avg_agents_per_workflow}`);
for (const { pattern, count } of workflows.most_common_patterns) console.log(`${count} × ${pattern}`);
console.log(`No agent was active in ${((overhead.idle_share ?? 0) * 100).toFixed(1)}% of the time.`);
