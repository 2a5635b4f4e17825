// @ts-check
// Import of transcripts against reading the same files with readline and JSON.parse, both as whole processes in one run
// on one machine, and the memory that it takes. Run it: npm run bench:import [-- 10 1000], sizes in megabytes
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { writeSession } from "./transcripts.mjs";

const run = promisify(execFile);
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** An extra certificate costs every start of Node 50 ms. */
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

/** Says at the end of a process what memory it took. */
const TELL_MEMORY = `data:text/javascript,process.on("exit",()=>process.stderr.write(String(process.resourceUsage().maxRSS)))`;

const ROUNDS = 5;

/** Wall time and peak memory of a whole process. @param {readonly string[]} args */
async function measure(args) {
  const start = performance.now();
  const { stdout, stderr } = await run(process.execPath, ["--import", TELL_MEMORY, ...args], { env });
  const seconds = (performance.now() - start) / 1000;
  return { seconds, megabytes: Number(stderr) / 1024, result: JSON.parse(stdout) };
}

/** @param {readonly number[]} numbers */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** @param {number} size */
async function measureSize(size) {
  const folder = mkdtempSync(join(tmpdir(), "oak-bench-"));
  try {
    const projects = join(folder, "projects");
    writeSession(join(projects, "-home-me-shop"), "session", size);
    const directory = join(folder, "oak");
    const oak = [here("../dist/cli/main.cjs"), "import", "claude-code", projects, "--dir", directory, "--json"];
    /** @type {Record<"bare" | "first" | "again", number[]>} */
    const { bare, first, again } = { bare: [], first: [], again: [] };
    let peak = 0;
    let bytes = 0;
    for (let i = 0; i < ROUNDS; i++) {
      bare.push((await measure([here("bare-readline.mjs"), projects])).seconds);
      rmSync(directory, { recursive: true, force: true });
      const { seconds, megabytes, result } = await measure(oak);
      if (result.invocations.added !== size) throw new Error(`${result.invocations.added} runs instead of ${size}`);
      first.push(seconds);
      peak = Math.max(peak, megabytes);
      bytes = result.bytes;
      again.push((await measure(oak)).seconds);
    }
    const rate = (/** @type {readonly number[]} */ seconds) => `${Math.round(bytes / 1e6 / median(seconds))} MB/s`;
    const ratio = median(bare.map((seconds, i) => seconds / (first[i] ?? Number.NaN)));
    console.log(`
${Math.round(bytes / 1e6)} MB, ${size} subagents
  readline and JSON.parse   ${rate(bare)}
  first import              ${rate(first)}   ${ratio.toFixed(2)} × the speed of readline and JSON.parse
  second import             ${rate(again)}
  peak memory               ${Math.round(peak)} MB`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 100, 1000];
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
for (const size of sizes) await measureSize(size);
