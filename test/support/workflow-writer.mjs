// A process that records whole workflows of two runs each: `node workflow-writer.mjs DIRECTORY AGENT WORKFLOWS`. Each run
// takes 10 s and each workflow 40 s by its own account, whatever the clock says, and every fourth run fails.
import { TelemetryLogger } from "oak-telemetry/record";

const [directory, agent_name = "", workflows] = process.argv.slice(2);
const pause = new Int32Array(new SharedArrayBuffer(4));
const logger = new TelemetryLogger({ directory });
let time = Date.UTC(2026, 9, 1);
let runs = 0;
for (let w = 0; w < Number(workflows); w++) {
  /** @param {number} second */
  const at = (second) => new Date(time + second * 1000);
  const workflow_id = logger.logWorkflowStart({ project_name: "p", agent_plan: [agent_name], timestamp: at(0) });
  for (const start of [10, 30]) {
    const invocation_id = logger.logInvocation({ agent_name, workflow_id, timestamp: at(start) });
    const outcome_status = runs++ % 4 === 3 ? "failure" : "success";
    logger.updateInvocation({ invocation_id, duration_seconds: 10, outcome_status, timestamp: at(start + 10) });
  }
  const agents_executed = [agent_name, agent_name];
  logger.logWorkflowComplete({ workflow_id, duration_seconds: 40, success: true, agents_executed, timestamp: at(40) });
  time += 60_000;
  // So that readers see many states in between.
  if (w % 10 === 0) Atomics.wait(pause, 0, 0, 5);
}
logger.close();
