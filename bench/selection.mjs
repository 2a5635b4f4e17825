// @ts-check
// The quality of agent selection, measured by `oak backtest` on published outcome tables: every method on the same
// histories. Run it: npm run bench:selection [-- FOLDER [SEEDS [FIRST_SEED]]]; FOLDER holds NAME.tasks.jsonl and
// NAME.outcomes.csv for bfcl and alpaca.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const OAK = fileURLToPath(new URL("../dist/cli/main.cjs", import.meta.url));

const [folder = fileURLToPath(new URL("../../shared/data/selection", import.meta.url)), seeds = "20", first = "0"] =
  process.argv.slice(2);

/**
 * @typedef {{ value: number, value_se: number, brier: number, ece: number, gain_over_keyword: number,
 *   gain_over_keyword_se: number, gain_over_global: number, coverage_of_picks: number, coverage_of_all: number }} Scores
 * @typedef {{ methods: { oak: Scores } }} Result
 */

/** Histories of random runs, and histories that methods make themselves. */
const CELLS = [
  ["bfcl, 10 agents, 20 runs", "bfcl", "--history", "20"],
  ["bfcl, 10 agents, 100 runs", "bfcl", "--history", "100"],
  ["bfcl, 10 agents, 1,000 runs", "bfcl", "--history", "1000"],
  ["bfcl, 8 specialists, 100 runs", "bfcl", "--mode", "specialist", "--history", "100"],
  ["bfcl, 8 specialists, 1,000 runs", "bfcl", "--mode", "specialist", "--history", "1000"],
  ["bfcl, 10 agents, 100 runs, no domains", "bfcl", "--history", "100", "--no-domain"],
  ["alpaca, 10 agents, 20 runs", "alpaca", "--history", "20"],
  ["alpaca, 10 agents, 100 runs", "alpaca", "--history", "100"],
  ["alpaca, 10 agents, 1,000 runs", "alpaca", "--history", "1000"],
  ["alpaca, 10 agents, 100 runs, no domains", "alpaca", "--history", "100", "--no-domain"],
];
const LOOPS = [
  ["bfcl, 10 agents, closed loop", "bfcl", "--mode", "closed-loop", "--history", "1000"],
  [
    "bfcl, 8 specialists, closed loop",
    "bfcl",
    "--mode",
    "closed-loop",
    "--specialists",
    "--pool",
    "8",
    "--history",
    "1000",
  ],
];

if (!existsSync(join(folder, "bfcl.outcomes.csv"))) {
  console.error(`no outcome tables in ${folder}`);
  process.exit(1);
}

/** @type {Map<string, Scores>} */
const measured = new Map();
const queue = [...CELLS, ...LOOPS];

/** Cells are independent: one at a time on each of two cores. */
async function work() {
  for (let cell = queue.shift(); cell; cell = queue.shift()) {
    const [title = "", name = "", ...options] = cell;
    const table = ["--tasks", join(folder, `${name}.tasks.jsonl`), "--outcomes", join(folder, `${name}.outcomes.csv`)];
    const replays = ["--seeds", seeds, "--first-seed", first, "--json"];
    const { stdout } = await run(process.execPath, [OAK, "backtest", ...table, ...replays, ...options], {
      maxBuffer: 1 << 26,
    });
    measured.set(title, /** @type {Result} */ (JSON.parse(stdout)).methods.oak);
    console.error(`measured: ${title}`);
  }
}

const start = performance.now();
await Promise.all([work(), work()]);

console.log(`Seeds ${first} to ${Number(first) + Number(seeds) - 1}; ± is a standard error over seeds\n`);
console.log(`${"CELL".padEnd(41)}SUCCESS     ±  VS KEYWORD     ±  VS GLOBAL  BRIER    ECE  COVERAGE: PICKS  ALL`);
/** @param {number} value @param {number} width */
const digits = (value, width) => value.toFixed(3).padStart(width);
for (const [title] of [...CELLS, ...LOOPS]) {
  const { value, value_se, gain_over_keyword, gain_over_keyword_se, gain_over_global, brier, ece, ...rest } =
    scores(title);
  console.log(
    (title ?? "").padEnd(41) +
      [
        digits(value, 7),
        digits(value_se, 6),
        digits(gain_over_keyword, 11),
        digits(gain_over_keyword_se, 6),
        digits(gain_over_global, 10),
        digits(brier, 7),
        digits(ece, 7),
        digits(rest.coverage_of_picks, 15),
        digits(rest.coverage_of_all, 7),
      ].join(""),
  );
}

/** @param {string | undefined} title */
function scores(title) {
  const found = measured.get(title ?? "");
  if (!found) throw new Error(`not measured: ${title}`);
  return found;
}

const all = CELLS.map(([title]) => scores(title));
/** @param {(scores: Scores) => number} value */
const mean = (value) => all.reduce((sum, each) => sum + value(each), 0) / all.length;

/** @type {readonly (readonly [gate: string, value: number, least: number, most: number])[]} */
const gates = [
  ["bfcl, 10 agents, 100 runs: success", scores(CELLS[1]?.[0]).value, 0.825, 1],
  ["bfcl, 10 agents, 1,000 runs: success", scores(CELLS[2]?.[0]).value, 0.86, 1],
  ["bfcl, 8 specialists, 1,000 runs: success", scores(CELLS[4]?.[0]).value, 0.825, 1],
  ["bfcl, 10 agents, 20 runs: gain over keyword", scores(CELLS[0]?.[0]).gain_over_keyword, 0, 1],
  ["bfcl, 8 specialists, 100 runs: gain over keyword", scores(CELLS[3]?.[0]).gain_over_keyword, 0, 1],
  ["Brier score, mean of cells", mean(({ brier }) => brier), 0, 0.175],
  ["ECE, mean of cells", mean(({ ece }) => ece), 0, 0.06],
  ["worst cell against the global rate", Math.min(...all.map(({ gain_over_global }) => gain_over_global)), -0.02, 1],
  ["bfcl, 10 agents, closed loop: success", scores(LOOPS[0]?.[0]).value, 0.855, 1],
  ["bfcl, 8 specialists, closed loop: success", scores(LOOPS[1]?.[0]).value, 0.82, 1],
  ["80% intervals hold the rate: picks", mean(({ coverage_of_picks }) => coverage_of_picks), 0.7, 0.9],
  ["80% intervals hold the rate: all agents", mean(({ coverage_of_all }) => coverage_of_all), 0.7, 0.9],
];
console.log(`\n${"GATE".padEnd(51)}TARGET        MEASURED`);
for (const [gate, value, least, most] of gates) {
  const target = least === 0.7 ? `${least} to ${most}` : most === 1 ? `≥ ${least}` : `≤ ${most}`;
  const passed = value >= least && value <= most;
  console.log(`${gate.padEnd(51)}${target.padEnd(14)}${value.toFixed(3)}  ${passed ? "pass" : "MISSED"}`);
  if (!passed) process.exitCode = 1;
}
console.error(`${Math.round((performance.now() - start) / 1000)} s`);
