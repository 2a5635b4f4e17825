// @ts-check
// How long `oak recommend` takes as a whole process, on a history whose tables are cached, beside an empty Node and
// `oak stats` on the same history. Run it: npm run bench:recommend [-- 10000 100000]
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { writeHistory } from "./history.mjs";

const run = promisify(execFile);
const OAK = fileURLToPath(new URL("../dist/cli/main.cjs", import.meta.url));
const ROUNDS = 7;

/** An extra certificate costs every start of Node 50 ms. */
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

/** Least wall time of a whole process in some rounds, in seconds. @param {readonly string[]} args */
async function best(args) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await run(process.execPath, args, { env, maxBuffer: 1 << 26 });
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}

const sizes = process.argv.slice(2).map(Number);
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}; least of ${ROUNDS} rounds`);
const empty = await best(["-e", ""]);
console.log(`an empty Node: ${empty.toFixed(2)} s`);
for (const size of sizes.length > 0 ? sizes : [10_000]) {
  const directory = await mkdtemp(join(tmpdir(), "oak-bench-"));
  try {
    writeHistory(directory, size);
    // Makes the cache.
    await run(process.execPath, [OAK, "report", "--dir", directory], { env, maxBuffer: 1 << 26 });
    const stats = await best([OAK, "stats", "--dir", directory]);
    const task = ["--task", "Fix the login endpoint", "--domain", "backend", "--agents-dir", directory];
    const recommend = await best([OAK, "recommend", "--dir", directory, ...task]);
    const ratio = `${(recommend / empty).toFixed(1)} × an empty Node, ${(recommend / stats).toFixed(2)} × oak stats`;
    console.log(`${size.toLocaleString("en")} runs: oak recommend ${recommend.toFixed(2)} s (${ratio})`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
