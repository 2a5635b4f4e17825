// @ts-check
// How long `oak serve` takes from its start to its first answer, against the least that such a server can be: hono, with
// the SQL engine loaded. And what it takes of the processor while nothing happens. Run it: npm run bench:serve-start
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { writeHistory } from "./history.mjs";

const TARGET_RATIO = 3;
const ROUNDS = 9;
const INVOCATIONS = 10_000;
const IDLE_SECONDS = 10;

/** An extra certificate costs every start of Node 50 ms. */
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

const BARE = `
import { serve } from "@hono/node-server";
import { DuckDBInstance } from "@duckdb/node-api";
import { Hono } from "hono";
const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
const app = new Hono();
app.get("/healthz", (c) => c.json({ status: "ok" }));
app.get("/api/v1/about", async (c) => {
  const rows = await connection.runAndReadAll("SELECT 42 AS answer");
  return c.json(rows.getRowObjectsJson());
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
  console.log(JSON.stringify({ url: "http://127.0.0.1:" + port })),
);
`;

/**
 * Starts a server that prints its URL.
 *
 * @param {readonly string[]} args
 */
async function start(args) {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  for await (const text of child.stdout.setEncoding("utf8")) {
    printed += text;
    if (printed.includes("}")) break;
  }
  return { child, url: JSON.parse(printed).url };
}

/**
 * Milliseconds from the start of a server to the answer.
 *
 * @param {readonly string[]} args
 * @param {string} path
 */
async function firstAnswer(args, path) {
  const began = performance.now();
  const { child, url } = await start(args);
  const response = await fetch(url + path);
  await response.text();
  const milliseconds = performance.now() - began;
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  child.kill("SIGKILL");
  await once(child, "exit");
  return milliseconds;
}

/** Processor time of a process so far, in seconds, where the system says. @param {number | undefined} pid */
async function processorSeconds(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const folder = await mkdtemp(join(tmpdir(), "oak-bench-"));
// Where its imports are found.
const bare = here("bare-server.tmp.mjs");
try {
  await writeFile(bare, BARE);
  const directory = join(folder, "log");
  writeHistory(directory, INVOCATIONS);
  const serve = (/** @type {string} */ served) => [
    here("../dist/cli/main.cjs"),
    "serve",
    "--dir",
    served,
    "--port",
    "0",
    "--json",
  ];
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
  // The cache of a log that was served before is there.
  await firstAnswer(serve(directory), "/api/v1/about");
  for (const [what, path] of /** @type {const} */ ([
    ["first answer (/healthz)", "/healthz"],
    [`first answer from ${INVOCATIONS.toLocaleString("en")} invocations (/api/v1/about)`, "/api/v1/about"],
  ])) {
    const times = { oak: /** @type {number[]} */ ([]), bare: /** @type {number[]} */ ([]) };
    for (let i = 0; i < ROUNDS; i++) {
      times.bare.push(await firstAnswer([bare], path));
      times.oak.push(await firstAnswer(serve(directory), path));
    }
    const ratio = median(times.oak) / median(times.bare);
    const verdict = ratio < TARGET_RATIO ? `target < ${TARGET_RATIO} met` : "MISSED";
    console.log(`\n${what}
  bare hono, engine loaded  ${median(times.bare).toFixed(0)} ms
  oak serve                 ${median(times.oak).toFixed(0)} ms   ${ratio.toFixed(2)} × bare, ${verdict}`);
  }
  if (process.platform === "linux") {
    const { child, url } = await start(serve(directory));
    await (await fetch(`${url}/api/v1/stats`)).text();
    await sleep(2000);
    const before = await processorSeconds(child.pid);
    await sleep(IDLE_SECONDS * 1000);
    const share = (await processorSeconds(child.pid)) - before;
    console.log(`\nidle for ${IDLE_SECONDS} s: ${((100 * share) / IDLE_SECONDS).toFixed(1)} % of a processor`);
    child.kill("SIGKILL");
  }
} finally {
  await rm(bare, { force: true });
  await rm(folder, { recursive: true, force: true });
}
