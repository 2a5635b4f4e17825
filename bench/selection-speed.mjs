// @ts-check
// How long the selection model takes, beside a bare scan of the same texts: one dot product of sparse vectors for each
// row. Of time, processor time is taken, so that other programs on the machine count less.
// Run it: npm run bench:selection-speed [-- AGENTS]
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { rolldown } from "rolldown";

/**
 * A module of src/, which the package does not export.
 * @param {string} name
 */
async function built(name) {
  const folder = mkdtempSync(join(tmpdir(), "oak-bench-"));
  const bundle = await rolldown({ input: fileURLToPath(new URL(`../src/select/${name}.ts`, import.meta.url)) });
  await bundle.write({ file: join(folder, "module.mjs") });
  const module = await import(pathToFileURL(join(folder, "module.mjs")).href);
  rmSync(folder, { recursive: true });
  return module;
}

/** @type {typeof import("../src/select/model.js")} */
const { SelectionModel } = await built("model");
/** @type {typeof import("../src/select/text.js")} */
const { terms } = await built("text");

const AGENTS = Number(process.argv[2] ?? 10);
const ROWS = 100_000;
const REFIT = 50_000;
const MANY = 1_000_000;
const QUERIES = 400;
const WORDS = 5_000;
const DOMAINS = 20;

/** Random numbers that are the same each time (mulberry32). @param {number} seed @returns {() => number} */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random = generator(1);

/** A task of 8 to 30 words, the frequent ones most often, half of them of its domain's own. @param {number} domain */
function text(domain) {
  const words = [];
  for (let n = 8 + Math.floor(random() * 23); n > 0; n--) {
    const word = Math.floor(WORDS ** random());
    words.push(random() < 0.5 ? `w${word}` : `d${domain}w${word % 300}`);
  }
  return words.join(" ");
}

/** @param {number} count @returns {import("../src/select/past-run.js").PastRun[]} */
function history(count) {
  return Array.from({ length: count }, (_, i) => {
    const domain = Math.floor(random() * DOMAINS);
    const agent = Math.floor(random() * AGENTS);
    return {
      invocation_id: `inv-${i}`,
      agent_name: `agent-${agent}`,
      task_description: text(domain),
      domain: `domain-${domain}`,
      outcome: random() < 0.5 + (agent % DOMAINS === domain ? 0.4 : 0) ? 1 : 0,
      weight: 1,
      at: i * 1000,
      duration_seconds: 10 + 600 * random(),
      definition_hash: null,
    };
  });
}

/** @param {() => void} work @returns {number} ms of processor time */
function time(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** @param {number[]} numbers @param {number} share */
const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? NaN;

/**
 * The bare scan: cosine similarity of a query to each of the texts, as a nearest-neighbour search would do it.
 * @param {readonly string[]} texts
 * @returns {(text: string) => number}
 */
function scanner(texts) {
  const rows = texts.map((each) => {
    const ids = terms(each);
    return { ids, value: 1 / Math.sqrt(ids.length || 1) };
  });
  return (query) => {
    const asked = new Set(terms(query));
    let best = 0;
    for (const { ids, value } of rows) {
      let sum = 0;
      for (const id of ids) if (asked.has(id)) sum += value;
      if (sum > best) best = sum;
    }
    return best;
  };
}

/** @param {string} name @param {string} measured @param {string} [gate] */
const print = (name, measured, gate = "") => console.log(`${name.padEnd(62)} ${measured.padStart(10)}   ${gate}`);

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown cpu"}`);
console.log(`${AGENTS} agents, ${DOMAINS} domains, texts of 8 to 30 words; processor time`);

const runs = history(ROWS);
SelectionModel.fit(history(2000)); // warms up
const model = SelectionModel.fit(runs);
const scan = scanner(runs.map((run) => run.task_description));
const scored = [];
const scanned = [];
for (let i = 0; i < QUERIES; i++) {
  const domain = Math.floor(random() * DOMAINS);
  const task_description = text(domain);
  const spent = time(() => void model.predict({ task_description, domains: [`domain-${domain}`] }));
  if (i >= QUERIES / 4) scored.push(spent);
  if (i < QUERIES / 8) scanned.push(time(() => void scan(task_description)));
}
const p95 = quantile(scored, 0.95);
print(`score all agents after ${ROWS} runs, p95`, `${p95.toFixed(2)} ms`, `gate 1 ms: ${p95 <= 1 ? "met" : "missed"}`);
print("  median", `${quantile(scored, 0.5).toFixed(2)} ms`);
print("  bare scan of the texts, median", `${quantile(scanned, 0.5).toFixed(2)} ms`);
print("  scan / score, medians", `${(quantile(scanned, 0.5) / quantile(scored, 0.5)).toFixed(0)} ×`);

const some = runs.slice(0, REFIT);
const fits = [0, 1, 2].map(() => time(() => void SelectionModel.fit(some)));
const fit = quantile(fits, 0.5);
print(`fit to ${REFIT} runs, median of 3`, `${fit.toFixed(0)} ms`, `gate 2000 ms: ${fit <= 2000 ? "met" : "missed"}`);
const previous = SelectionModel.fit(some.slice(0, -100));
print("  after 100 more runs", `${time(() => void SelectionModel.fit(some, { previous })).toFixed(0)} ms`);

const many = history(MANY);
SelectionModel.fit(many).predict({ task_description: text(1), domains: [] });
const memory = process.resourceUsage().maxRSS / 1024;
print(
  `most memory, ${MANY} runs held`,
  `${memory.toFixed(0)} MB`,
  `gate 1024 MB: ${memory <= 1024 ? "met" : "missed"}`,
);
