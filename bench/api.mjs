// @ts-check
// How fast the HTTP API answers about histories of 10^4, 10^5 and 10^6 invocations, in one run on one machine. Run it:
// npm run bench:api [-- 10000 100000]
//
// For each resource, median milliseconds of
//   kept      the server is asked again about the same state of the log, as several pages and clients do
//   computed  the answer is computed from tables that are up to date: what the first question costs
//   bare      the SQL engine alone runs the statements that the answer needs, and nothing is done with their rows
//   changed   the server is asked after a line was appended to the log: it is read, then the answer is computed
// Target: computed is under 100 ms, or at most 2 × bare.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { DuckDBConnection } from "@duckdb/node-api";
import { TelemetryAnalyzer } from "oak-telemetry";

import { HISTORY_END, writeHistory } from "./history.mjs";

const TARGET_MILLISECONDS = 100;
const TARGET_RATIO = 2;
const ROUNDS = 7;
const AGENT = "backend-architect";

/** As the trends of the made-up history are to be seen: at its end. */
const AS_OF = new Date(HISTORY_END).toISOString();

/** @typedef {(analyzer: TelemetryAnalyzer, id: string) => Promise<unknown>} Compute */

// Resources, and how their answer is computed; `null` where the server keeps no answer and none is computed apart.
/** @type {readonly (readonly [name: string, compute: Compute | null])[]} */
const RESOURCES = [
  ["stats", async (a) => [await a.generateStatistics(), await a.analyzeWorkflows()]],
  ["agents", (a) => a.getAgentRanking()],
  [`agents/${AGENT}`, (a) => a.getAgentProfile(AGENT)],
  ["trends", (a) => a.getPerformanceTrends()],
  [`trends/${AGENT}`, (a) => a.getAgentPerformanceTrends(AGENT)],
  ["workflows", (a) => a.listWorkflows()],
  ["workflows?search=archi&status=failed", (a) => a.listWorkflows({ search: "archi", status: "failed" })],
  ["workflows/ID", (a, id) => a.getWorkflow(id)],
  ["overhead", (a) => a.calculateCoordinationOverhead()],
  ["overhead/weeks", (a) => a.getCoordinationWeeks()],
  ["handoffs", (a) => a.analyzeHandoffs()],
  ["patterns", (a) => a.analyzePatterns()],
  ["recommend?task=Fix%20the%20search%20page", null],
  ["recommend/agents?task=Fix%20the%20search%20page", null],
  ["alerts", null],
];

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** @param {() => Promise<unknown>} work */
async function timeOf(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** What the engine was asked since the last call. @type {{ connection: DuckDBConnection, sql: string, values: any }[]} */
let asked = [];
// oxlint-disable-next-line typescript/unbound-method -- it is called on the connection that it was asked of
const { runAndReadAll } = DuckDBConnection.prototype;
DuckDBConnection.prototype.runAndReadAll = function (sql, values, types) {
  asked.push({ connection: this, sql, values });
  return runAndReadAll.call(this, sql, values, types);
};

/** @param {string} directory @param {string} id */
async function computedAndBare(directory, id) {
  const analyzer = new TelemetryAnalyzer({ directory, as_of: AS_OF });
  await analyzer.unreadableLines();
  /** @type {Map<string, { computed: number, bare: number }>} */
  const results = new Map();
  for (const [name, compute] of RESOURCES) {
    if (!compute) continue;
    const work = () => compute(analyzer, id);
    await work();
    asked = [];
    await work();
    const statements = asked;
    asked = [];
    // One after the other, so that what else the machine does concerns both.
    const times = { computed: /** @type {number[]} */ ([]), bare: /** @type {number[]} */ ([]) };
    for (let i = 0; i < ROUNDS; i++) {
      const bare = async () => {
        for (const { connection, sql, values } of statements) await connection.run(sql, values);
      };
      times.bare.push(await timeOf(bare));
      times.computed.push(await timeOf(work));
    }
    results.set(name, { computed: median(times.computed), bare: median(times.bare) });
  }
  analyzer.close();
  return results;
}

/** @param {string} directory @param {string} id */
async function asServed(directory, id) {
  const oak = fileURLToPath(new URL("../dist/cli/main.cjs", import.meta.url));
  const server = spawn(
    process.execPath,
    [oak, "serve", "--dir", directory, "--port", "0", "--json", "--as-of", AS_OF],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let printed = "";
  for await (const text of server.stdout.setEncoding("utf8")) {
    printed += text;
    if (printed.includes("}")) break;
  }
  const { url } = JSON.parse(printed);
  const ask = async (/** @type {string} */ name) => {
    const response = await fetch(`${url}/api/v1/${name.replace("ID", id)}`);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
  };
  /** @type {Map<string, { kept: number, changed: number }>} */
  const results = new Map();
  let changes = 0;
  const change = () =>
    appendFileSync(
      join(directory, "workflow_events.jsonl"),
      `${JSON.stringify({ timestamp: AS_OF, event: "workflow_start", workflow_id: `new-${changes++}`, project_name: "Shop", agent_plan: [] })}\n`,
    );
  for (const [name] of RESOURCES) {
    await ask(name);
    const kept = [];
    for (let i = 0; i < 3 * ROUNDS; i++) kept.push(await timeOf(() => ask(name)));
    const changed = [];
    for (let i = 0; i < 3; i++) {
      change();
      changed.push(await timeOf(() => ask(name)));
    }
    results.set(name, { kept: median(kept), changed: median(changed) });
  }
  server.kill("SIGTERM");
  await once(server, "exit");
  return results;
}

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10_000, 100_000, 1_000_000];
const folder = await mkdtemp(join(tmpdir(), "oak-bench-"));
let missed = 0;
try {
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
  for (const size of sizes) {
    const directory = join(folder, String(size));
    writeHistory(directory, size);
    const analyzer = new TelemetryAnalyzer({ directory, as_of: AS_OF });
    const { workflows } = await analyzer.listWorkflows({ status: "completed" }, { limit: 1, offset: 100 });
    analyzer.close();
    const id = workflows[0]?.workflow_id ?? "";
    const own = await computedAndBare(directory, id);
    const served = await asServed(directory, id);
    const column = (/** @type {number | undefined} */ value) =>
      (value === undefined ? "-" : value.toFixed(1)).padStart(9);
    console.log(`\n${size.toLocaleString("en")} invocations, ms       kept computed     bare  changed`);
    for (const [name] of RESOURCES) {
      const { computed, bare } = own.get(name) ?? {};
      const { kept, changed } = served.get(name) ?? {};
      // Where no answer is kept, what the server takes is what it computes.
      const judged = computed ?? kept ?? Number.NaN;
      const isMet = judged < TARGET_MILLISECONDS || (bare !== undefined && judged <= TARGET_RATIO * bare);
      if (!isMet) missed++;
      const ratio = bare === undefined || judged < TARGET_MILLISECONDS ? "" : `  ${(judged / bare).toFixed(2)} × bare`;
      console.log(
        `${name.slice(0, 28).padEnd(28)}${column(kept)}${column(computed)}${column(bare)}${column(changed)}${ratio}${isMet ? "" : "  MISSED"}`,
      );
    }
    await rm(directory, { recursive: true });
  }
  console.log(missed === 0 ? "\nAll targets are met." : `\n${missed} targets are missed.`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
