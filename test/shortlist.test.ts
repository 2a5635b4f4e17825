import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { readAgentDefinitions } from "../src/agents/agent-definitions.js";
import { Shortlist } from "../src/select/shortlist.js";
import { ROOT } from "./support/oak.js";

/*
 * Pools of agents without any history, and what people might ask of them in their own words. Each line of requests is the
 * agent that is meant and the request.
 */
describe.each(["web-product", "data-platform", "infra-ops"])("the shortlist of the pool %s", (pool) => {
  const folder = join(ROOT, "test", "fixtures", "agents", pool);
  const lines = readFileSync(`${folder}.requests.tsv`, "utf8").trimEnd().split("\n");
  const requests = lines.map((line) => line.split("\t") as [agent: string, request: string]);

  it("holds the agent that is meant among its three in 80 % of requests", async () => {
    const { definitions, problems } = await readAgentDefinitions({ directory: folder });
    expect(problems).toEqual([]);
    expect(definitions).toHaveLength(30);
    expect(requests.length).toBeGreaterThanOrEqual(40);
    expect(new Set(requests.map(([agent]) => agent))).toEqual(new Set(definitions.map(({ agent_name }) => agent_name)));
    const shortlist = new Shortlist(definitions);
    const missed = requests.filter(
      ([agent, request]) => !shortlist.rank(request, 3).some(({ agent_name }) => agent_name === agent),
    );
    expect(1 - missed.length / requests.length).toBeGreaterThanOrEqual(0.8);
  });
});
