// A process that records for a server: `node remote-writer.mjs DIRECTORY EVENTS PAUSE` logs so many runs of an agent, each
// a start and an end, with a pause of so many milliseconds behind each; with 0 it goes on until it is killed. The server is
// that of OAK_ENDPOINT. It says the id of each run behind whose lines it is certain that they were written.
import { setTimeout as sleep } from "node:timers/promises";

import { TelemetryLogger } from "oak-telemetry/record";

const [directory, events, pause] = process.argv.slice(2);
const logger = new TelemetryLogger({ directory, onError: ({ message }) => process.stderr.write(`${message}\n`) });
const last = Number(events) || Infinity;
for (let i = 0; i < last; i++) {
  const invocation_id = logger.logInvocation({ agent_name: "writer", workflow_id: "w" });
  logger.updateInvocation({ invocation_id, duration_seconds: 1, outcome_status: "success" });
  await sleep(Number(pause));
  process.stdout.write(`${invocation_id}\n`);
}
if (logger.dropped > 0) process.stdout.write(`lost ${logger.dropped}\n`);
