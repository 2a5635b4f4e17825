// How often the shortlist of agents without history holds the one that is meant.
//
//   node bench/shortlist.mjs                      the pools of test/fixtures/agents
//   node bench/shortlist.mjs DIR REQUESTS.tsv     a folder of definitions and lines of: agent, tab, request

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { AgentSelector } from "oak-telemetry";

const POOLS = fileURLToPath(new URL("../test/fixtures/agents", import.meta.url));
const [directory, requests] = process.argv.slice(2);
const pools =
  directory !== undefined && requests !== undefined
    ? [{ agents_dir: directory, file: requests }]
    : ["web-product", "data-platform", "infra-ops"].map((pool) => ({
        agents_dir: join(POOLS, pool),
        file: join(POOLS, `${pool}.requests.tsv`),
      }));

console.log(" top 1   top 3   requests  pool");
for (const { agents_dir, file } of pools) {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const places = await placesOf(agents_dir, lines);
  const share = (/** @type {number} */ most) =>
    `${((100 * places.filter((place) => place < most).length) / lines.length).toFixed(0)} %`.padStart(6);
  console.log(`${share(1)}  ${share(3)}   ${String(lines.length).padStart(8)}  ${agents_dir}`);
}

/**
 * The place of the agent that is meant in the shortlist of each request, from 0; infinite where it is not there.
 *
 * @param {string} agents_dir
 * @param {readonly string[]} lines
 */
async function placesOf(agents_dir, lines) {
  const empty = mkdtempSync(join(tmpdir(), "oak-bench-"));
  const selector = new AgentSelector({ directory: empty, agents_dir });
  const places = [];
  for (const line of lines) {
    const [agent, task_description = ""] = line.split("\t");
    const advice = await selector.queryBestAgent({ task_description });
    if (advice.status === "recommended") throw new Error("a recommendation without any history");
    const place = advice.shortlist.findIndex(({ agent_name }) => agent_name === agent);
    places.push(place === -1 ? Number.POSITIVE_INFINITY : place);
  }
  selector.close();
  rmSync(empty, { recursive: true });
  return places;
}
