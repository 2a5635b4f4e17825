// @ts-check
// Analysis of histories of 10^4, 10^5 and 10^6 invocations: cold and warm, against the bare SQL engine and Python, in one
// run on one machine. Run it: npm run bench:analyze [-- 10000 100000]
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { build } from "rolldown";

import { HISTORY_END, writeHistory } from "./history.mjs";

const run = promisify(execFile);
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** An extra certificate costs every start of Node 50 ms. */
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

/** Events that are new when the analysis is warm: as many as 280 invocations make. */
const NEW_INVOCATIONS = 280;

const PYTHON = `
import json, sys, time
start = time.perf_counter()
for name in ("agent_invocations.jsonl", "workflow_events.jsonl", "success_metrics.jsonl"):
    with open(sys.argv[1] + "/" + name, "rb") as file:
        for line in file:
            json.loads(line)
print(time.perf_counter() - start)
`;

/**
 * Runs a script of this folder and gives what it prints as JSON.
 *
 * @param {string} script
 * @param {...string} args
 * @returns {Promise<{ seconds: number, report_seconds: number, peak_megabytes: number }>}
 */
async function child(script, ...args) {
  const { stdout } = await run(process.execPath, [here(script), ...args], { env, maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

/** @param {() => Promise<number>} measure @param {number} rounds */
async function best(measure, rounds) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) least = Math.min(least, await measure());
  return least;
}

/** Wall time of a whole process, in seconds. @param {readonly string[]} args */
async function wall(args) {
  const start = performance.now();
  await run(process.execPath, args, { env, maxBuffer: 1 << 26 });
  return (performance.now() - start) / 1000;
}

/** @param {string} folder @param {number} invocations @param {string} lines */
async function measureSize(folder, invocations, lines) {
  const directory = join(folder, String(invocations));
  writeHistory(directory, invocations);
  const tables = join(directory, "tables");
  const rounds = invocations > 100_000 ? 1 : 3;

  const bare = await best(async () => (await child("bare-duckdb.mjs", directory, lines)).seconds, rounds);
  const python = await best(async () => Number((await run("python3", ["-c", PYTHON, directory])).stdout), 1);
  let peak = 0;
  let coldReport = Number.POSITIVE_INFINITY;
  const cold = await best(async () => {
    await rm(tables, { recursive: true, force: true });
    const { seconds, report_seconds, peak_megabytes } = await child("open-tables.mjs", directory);
    peak = Math.max(peak, peak_megabytes);
    coldReport = Math.min(coldReport, seconds + report_seconds);
    return seconds;
  }, rounds);
  const from = HISTORY_END;
  writeHistory(directory, NEW_INVOCATIONS, { seed: 2, from, to: from + 3600 * 1000 });
  const warmReport = await best(async () => {
    const { seconds, report_seconds } = await child("open-tables.mjs", directory);
    return seconds + report_seconds;
  }, 3);
  const command = await best(() => wall([here("../dist/cli/main.cjs"), "report", "--dir", directory]), 3);
  await rm(directory, { recursive: true });
  return { invocations, bare, python, cold, coldReport, warmReport, command, peak };
}

/** Median ratio of a command's wall time to that of an empty Node, one after the other. @param {readonly string[]} args @param {string} empty */
async function startUp(args, empty) {
  const ratios = [];
  for (let i = 0; i < 31; i++) {
    const base = await wall([empty]);
    ratios.push((await wall([here("../dist/cli/main.cjs"), ...args])) / base);
  }
  return ratios.toSorted((a, b) => a - b)[15];
}

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10_000, 100_000, 1_000_000];
const folder = await mkdtemp(join(tmpdir(), "oak-bench-"));
try {
  // The columns that the tables are read from: so that the baseline reads the same.
  const lines = join(folder, "lines.mjs");
  await build({ input: here("../src/tables/lines.ts"), output: { file: lines }, logLevel: "silent" });
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);

  const rows = [];
  for (const size of sizes) {
    const row = await measureSize(folder, size, pathToFileURL(lines).href);
    rows.push(row);
    const s = (/** @type {number} */ seconds) => `${seconds.toFixed(2)} s`;
    console.log(`
${size.toLocaleString("en")} invocations
  bare create table as         ${s(row.bare)}
  python json.loads loop       ${s(row.python)}
  cold tables                  ${s(row.cold)}   ${(row.cold / row.bare).toFixed(2)} × bare, ${(row.cold / row.python).toFixed(2)} × Python
  cold report                  ${s(row.coldReport)}
  warm report, 1,000 new       ${s(row.warmReport)}   ${((100 * row.warmReport) / row.coldReport).toFixed(1)} % of cold
  oak report, whole process    ${s(row.command)}
  peak memory                  ${Math.round(row.peak)} MB`);
  }
  const [first, last] = [rows[0], rows.at(-1)];
  if (first && last && first !== last)
    console.log(
      `\nwarm at ${last.invocations} / warm at ${first.invocations}: ${(last.warmReport / first.warmReport).toFixed(2)}`,
    );

  const empty = join(folder, "empty.mjs");
  await writeFile(empty, "");
  const directory = join(folder, "log");
  console.log(`
Start-up, × an empty Node
  oak --help  ${(await startUp(["--help"], empty))?.toFixed(2)}
  oak log     ${(await startUp(["log", "update", "--invocation-id", "i", "--dir", directory], empty))?.toFixed(2)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
