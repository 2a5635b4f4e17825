// A process that records: `node writer.mjs DIRECTORY EVENTS BYTES [PAUSE]` logs so many events with texts of so many
// bytes, with a pause of so many milliseconds behind each. With 0 events it goes on until it is killed. It says "ready"
// after the first event, and at the end how many were lost, if any.
import { TelemetryLogger } from "oak-telemetry/record";

const [directory, events, bytes, pause] = process.argv.slice(2);
const clock = new Int32Array(new SharedArrayBuffer(4));
const logger = new TelemetryLogger({ directory });
const task_description = "x".repeat(Number(bytes));
const last = Number(events) || Infinity;
for (let i = 0; i < last; i++) {
  logger.logInvocation({ agent_name: "writer", invocation_id: `${logger.session_id}-${i}`, task_description });
  if (i === 0) process.stdout.write("ready\n");
  if (pause) Atomics.wait(clock, 0, 0, Number(pause));
}
logger.close();
if (logger.dropped > 0) {
  process.stdout.write(`lost ${logger.dropped}\n`);
  process.exitCode = 1;
}
