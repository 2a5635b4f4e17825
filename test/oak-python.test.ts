import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, it } from "vitest";

import { TelemetryAnalyzer } from "../src/index.js";

const directory = fileURLToPath(new URL("../../shared/data/oak-python", import.meta.url));

describe("x", () => {
  it("stats", async () => {
    const expected = JSON.parse(readFileSync(`${directory}/expected.json`, "utf8"));
    const analyzer = new TelemetryAnalyzer({ directory, as_of: expected.as_of });
    const s = await analyzer.generateStatistics();
    expect(s).toMatchObject({ ...expected.statistics, generated_at: expect.any(String) });
    expect(Object.keys(s.agents)).toEqual(Object.keys(expected.statistics.agents));
    expect(await analyzer.analyzeWorkflows()).toMatchObject(expected.workflows);
    console.log(await analyzer.analyzeWorkflows(), await analyzer.calculateCoordinationOverhead());
    expect(await analyzer.getPerformanceTrends()).toMatchObject(expected.trends);
    console.log(
      await analyzer.unreadableLines(),
      (await analyzer.getAgentRanking()).map((a) => [a.agent_name, a.score]),
    );
    analyzer.close();
  });
});
