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
const given = process.argv.slice(2);
const pools =
  given.length === 2
    ? [given]
    : ["web-product", "data-platform", "infra-ops"].map((pool) => [
        join(POOLS, pool),
        join(POOLS, `${pool}.requests.tsv`),
      ]);

const percent = (count, of) => `${((100 * count) / of).toFixed(0)} %`.padStart(6);

console.log("      top 1  top 3   of  pool");
for (const [agents_dir, file] of pools) {
  const directory = mkdtempSync(join(tmpdir(), "oak-bench-"));
  const selector = new AgentSelector({ directory, agents_dir });
  const requests = readFileSync(file, "utf8").trimEnd().split("\n");
  let first = 0;
  let among = 0;
  for (const line of requests) {
    const [agent, task_description] = line.split("\t");
    const { shortlist } = await selector.queryBestAgent({ task_description });
    const place = shortlist.findIndex(({ agent_name }) => agent_name === agent);
    if (place === 0) first++;
    if (place >= 0 && place < 3) among++;
  }
  selector.close();
  rmSync(directory, { recursive: true });
  console.log(
    `     ${percent(first, requests.length)} ${percent(among, requests.length)}  ${requests.length}  ${agents_dir}`,
  );
}
