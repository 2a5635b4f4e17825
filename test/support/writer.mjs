// A process that records: `node writer.mjs DIRECTORY EVENTS BYTES` logs so many events with texts of so many bytes.
// With 0 events it goes on until it is killed. It says "ready" after the first event.
import { TelemetryLogger } from "oak-telemetry/record";

const [directory, events, bytes] = process.argv.slice(2);
const logger = new TelemetryLogger({ directory });
const task_description = "x".repeat(Number(bytes));
const last = Number(events) || Infinity;
for (let i = 0; i < last; i++) {
  logger.logInvocation({ agent_name: "writer", invocation_id: `${logger.session_id}-${i}`, task_description });
  if (i === 0) process.stdout.write("ready\n");
}
logger.close();
if (logger.dropped > 0) process.exit(1);
