import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer, type AgentTrend, type CoordinationOverhead } from "../src/index.js";
import { sharedData } from "./support/data.js";
import { oakJson } from "./support/oak.js";

/** A directory written by the Python logger, and what the Python analyzer says of it. */
const { path, absent } = sharedData("oak-python");

interface Expected {
  as_of: string;
  statistics: { generated_at: string; agents: Record<string, object> };
  workflows: object;
  trends: Record<string, Partial<AgentTrend>>;
}

const read = (file: string) => readFileSync(`${path}/${file}`, "utf8");
const readLines = <T>(file: string) =>
  read(file)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);

describe.skipIf(absent)("a directory of the Python logger", () => {
  const expected = absent ? ({} as Expected) : (JSON.parse(read("expected.json")) as Expected);
  const options = ["--dir", path, "--as-of", expected.as_of];

  it("gives the same statistics, to the digit", async () => {
    const statistics = await oakJson<Expected["statistics"]>(["stats", ...options]);
    const { generated_at: _, ...rest } = expected.statistics;
    expect(statistics).toMatchObject({ ...rest, generated_at: "2026-11-01T12:00:00.000Z" });
    expect(Object.keys(statistics.agents)).toEqual(Object.keys(expected.statistics.agents));
  });

  it("gives the same workflows and patterns, and tells what was abandoned", async () => {
    const workflows = await oakJson(["workflows", ...options]);
    expect(workflows).toMatchObject(expected.workflows);
    const events = readLines<{ event: string }>("workflow_events.jsonl");
    const count = (name: string) => events.filter(({ event }) => event === name).length;
    expect(workflows["abandoned_workflows"]).toBe(count("workflow_start") - count("workflow_complete"));
  });

  it("gives the same trend for every agent", async () => {
    expect(await oakJson(["trends", ...options])).toMatchObject(expected.trends);
    for (const [agent, trend] of Object.entries(expected.trends))
      expect(await oakJson(["trends", agent, ...options])).toMatchObject(trend);
  });

  it("joins overhead by workflow_id, as an independent computation does", async () => {
    const completed = readLines<{ event: string; workflow_id: string; duration_seconds: number }>(
      "workflow_events.jsonl",
    ).filter(({ event }) => event === "workflow_complete");
    const worked = new Map<string, number>();
    const intervals = new Map<string, [number, number][]>();
    for (const line of readLines<{ workflow_id: string; duration_seconds: number | null; timestamp: string }>(
      "agent_invocations.jsonl",
    )) {
      if (line.duration_seconds === null) continue;
      worked.set(line.workflow_id, (worked.get(line.workflow_id) ?? 0) + line.duration_seconds);
      const start = Date.parse(line.timestamp) / 1000;
      intervals.set(line.workflow_id, [
        ...(intervals.get(line.workflow_id) ?? []),
        [start, start + line.duration_seconds],
      ]);
    }
    let wall = 0;
    let work = 0;
    let busy = 0;
    let workflows = 0;
    for (const { workflow_id, duration_seconds } of completed) {
      if (!worked.has(workflow_id)) continue;
      workflows++;
      wall += duration_seconds;
      work += worked.get(workflow_id)!;
      // Active time as a sweep over starts and ends, unlike the merge of intervals in the analyzer.
      const changes = intervals
        .get(workflow_id)!
        .flatMap(([start, end]) => [[start, 1] as const, [end, -1] as const])
        .toSorted(([a, x], [b, y]) => a - b || x - y);
      let active = 0;
      let last = 0;
      for (const [time, change] of changes) {
        if (active > 0) busy += time - last;
        active += change;
        last = time;
      }
    }
    const overhead = await oakJson<CoordinationOverhead>(["overhead", ...options]);
    expect(overhead.workflows_analyzed).toBe(workflows);
    expect(overhead.coordination_overhead_pct).toBeCloseTo(((wall - work) / wall) * 100, 9);
    expect(overhead.avg_coordination_minutes).toBeCloseTo((wall - work) / 60 / workflows, 9);
    expect(overhead.idle_share).toBeCloseTo((wall - busy) / wall, 5);
    expect(overhead.recommendation).toBe("Monitor overhead (Moderate coordination time)");
    expect(overhead.joined_by_session).toBe(0);
  });

  it("prints exactly what the analyzer gives", async () => {
    const analyzer = new TelemetryAnalyzer({ directory: path, as_of: expected.as_of });
    expect(await oakJson(["stats", ...options])).toEqual(await analyzer.generateStatistics());
    expect(await oakJson(["workflows", ...options])).toEqual(await analyzer.analyzeWorkflows());
    expect(await oakJson(["overhead", ...options])).toEqual(await analyzer.calculateCoordinationOverhead());
    expect(await oakJson(["agents", ...options])).toEqual(await analyzer.getAgentRanking());
    const report = {
      statistics: await analyzer.generateStatistics(),
      workflows: await analyzer.analyzeWorkflows(),
      coordination_overhead: await analyzer.calculateCoordinationOverhead(),
      ranking: await analyzer.getAgentRanking(),
      trends: await analyzer.getPerformanceTrends(),
    };
    expect(await analyzer.generateReport()).toEqual(report);
    expect(await oakJson(["report", ...options])).toEqual(report);
    analyzer.close();
  });

  it("is a healthy log", async () => {
    expect(await oakJson(["doctor", "--dir", path])).toMatchObject({ healthy: true, duplicates: 0, orphans: {} });
  });
});
