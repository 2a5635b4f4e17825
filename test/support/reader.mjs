// A process that analyses a directory over and over until the file STOP is there, and once more then, and checks that
// every result fits the workflows of workflow-writer.mjs and never goes back: `node reader.mjs DIRECTORY STOP`. Prints the
// last counts as JSON.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { TelemetryAnalyzer } from "oak-telemetry";

const [directory = "", stop = ""] = process.argv.slice(2);
/** @type {Record<string, number>} */
const seen = {};
let last = {};
for (let stopped = false, rounds = 0; ; rounds++) {
  // A test that failed has removed the directory.
  stopped = existsSync(stop) || !existsSync(directory);
  // A new analyzer each time: it opens the cached tables, if they are there.
  const analyzer = new TelemetryAnalyzer({ directory });
  const { statistics, workflows, coordination_overhead: overhead } = await analyzer.generateReport();
  assert.equal(await analyzer.unreadableLines(), 0);
  analyzer.close();
  for (const [agent, numbers] of Object.entries(statistics.agents)) {
    const { invocation_count, success_count, failure_count, running_count, average_duration_seconds } = numbers;
    assert.ok(invocation_count >= (seen[agent] ?? 0), `${agent} went back to ${invocation_count}`);
    seen[agent] = invocation_count;
    // A writer ends a run before it starts the next; a reader may meet it between the two lines.
    assert.ok(running_count <= 1, `${running_count} runs of ${agent} at once`);
    assert.equal(success_count + failure_count + running_count, invocation_count);
    // The files are read one after the other, but one writer's runs fail in turn.
    const ended = success_count + failure_count;
    assert.equal(failure_count, Math.floor(ended / 4));
    if (ended > 0) assert.equal(average_duration_seconds, 10);
  }
  // Of a workflow's 40 s its two runs take 20: each ended one counts, however many there are.
  if (overhead.status === "ok") assert.equal(overhead.idle_share, 0.5);
  last = { rounds, total: statistics.total_invocations, workflows: workflows.total_workflows, ...seen };
  if (stopped) break;
}
process.stdout.write(JSON.stringify(last));
