import fc from "fast-check";
import { expect, it } from "vitest";

import { directoryOf } from "../../test/support/directory.js";
import { TelemetryAnalyzer } from "../analyzer.js";
import type { OutcomeStatus, TelemetryEvent } from "../event/events.js";

const NOW = Date.UTC(2026, 10, 20);
const HOUR = 3_600_000;

interface Run {
  readonly status: OutcomeStatus | "running";
  /** Hours before now. */
  readonly ago: number;
}

const runs: fc.Arbitrary<Run[]> = fc
  .array(
    fc.record({
      status: fc.constantFrom(
        "failure" as const,
        "failure" as const,
        "failure" as const,
        "success" as const,
        "partial" as const,
        "unknown" as const,
        "running" as const,
      ),
      ago: fc.nat(300),
    }),
    { maxLength: 12 },
  )
  .map((all) => all.toSorted((a, b) => b.ago - a.ago));

function eventsOf(agent_name: string, all: readonly Run[]): TelemetryEvent[] {
  return all.flatMap(({ status, ago }, i) => {
    const invocation_id = `${agent_name} ${i}`;
    const timestamp = new Date(NOW - ago * HOUR).toISOString();
    const start = { event: "invocation_start" as const, timestamp, invocation_id, agent_name };
    const end = {
      event: "invocation_update" as const,
      timestamp,
      invocation_id,
      duration_seconds: 1,
      outcome: { status: status as OutcomeStatus, error_message: `error ${ago}` },
    };
    return status === "running" ? [start] : [start, end];
  });
}

/** The naive way. */
function streakOf(agent_name: string, all: readonly Run[], least: number, days: number) {
  const lastSuccess = Math.min(Infinity, ...all.filter(({ status }) => status === "success").map(({ ago }) => ago));
  const failed = all.filter(({ status, ago }) => status === "failure" && ago < lastSuccess).map(({ ago }) => ago);
  if (failed.length < least || Math.min(...failed) > days * 24) return [];
  const time = (ago: number) => new Date(NOW - ago * HOUR).toISOString();
  const [since, until] = [time(Math.max(...failed)), time(Math.min(...failed))];
  return [{ agent_name, failures: failed.length, since, until, last_error: `error ${Math.min(...failed)}` }];
}

it("finds the failures since the last success of every agent, as counting does", async () => {
  const agents = fc.sample(runs, 200).map((all, i) => [`agent-${i}`, all] as const);
  const directory = directoryOf(agents.flatMap(([name, all]) => eventsOf(name, all)));
  const analyzer = new TelemetryAnalyzer({ directory, as_of: new Date(NOW) });
  try {
    for (const [least, days] of [
      [1, 3650],
      [2, 5],
      [4, 7],
    ] as const) {
      const expected = agents.flatMap(([name, all]) => streakOf(name, all, least, days));
      const found = await analyzer.getFailureStreaks(least, days);
      expect(found.map(({ failures }) => failures)).toEqual(
        found.map(({ failures }) => failures).toSorted((a, b) => b - a),
      );
      const byName = (a: { agent_name: string }, b: { agent_name: string }) => (a.agent_name < b.agent_name ? -1 : 1);
      expect(found.toSorted(byName)).toEqual(expected.toSorted(byName));
      expect(expected.length).toBeGreaterThan(5);
    }
    await expect(analyzer.getFailureStreaks(0)).rejects.toThrow("least must be more than 0, got 0");
    await expect(analyzer.getFailureStreaks(5, Number.NaN)).rejects.toThrow("days must be more than 0");
  } finally {
    analyzer.close();
  }
});
