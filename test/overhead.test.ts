import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer, TelemetryLogger, type CoordinationOverhead } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";

/** Workflow of so many seconds, with its agents' [start, end, parent] in seconds since its own start. */
interface Sample {
  readonly seconds: number;
  readonly agents: readonly (readonly [start: number, end: number, parent?: number])[];
  /** Second at which the start was logged, when not at once. */
  readonly logged?: number;
  /** Sessions of the workflow's events and of its invocations. */
  readonly sessions?: readonly [string, string];
}

const ORIGIN = Date.UTC(2026, 10, 1);

/** Records the workflows one after the other and asks for the overhead. */
async function overheadOf(samples: readonly Sample[]): Promise<CoordinationOverhead> {
  const directory = temporaryDirectory();
  let origin = ORIGIN;
  for (const { seconds, agents, logged = 0, sessions = ["s", "s"] } of samples) {
    const [workflowLogger, agentLogger] = sessions.map((session_id) => new TelemetryLogger({ directory, session_id }));
    const at = (second: number) => new Date(origin + second * 1000);
    const workflow_id = workflowLogger!.logWorkflowStart({ project_name: "p", agent_plan: [], timestamp: at(logged) });
    const ids: string[] = [];
    for (const [start, end, parent] of agents) {
      const parent_invocation_id = parent === undefined ? null : ids[parent]!;
      const invocation_id = agentLogger!.logInvocation({
        agent_name: "a",
        workflow_id,
        parent_invocation_id,
        timestamp: at(start),
      });
      agentLogger!.updateInvocation({ invocation_id, duration_seconds: end - start, timestamp: at(end) });
      ids.push(invocation_id);
    }
    workflowLogger!.logWorkflowComplete({
      workflow_id,
      duration_seconds: seconds,
      success: true,
      agents_executed: [],
      timestamp: at(seconds),
    });
    workflowLogger!.close();
    agentLogger!.close();
    origin += seconds * 1000;
  }
  const analyzer = new TelemetryAnalyzer({ directory });
  try {
    return await analyzer.calculateCoordinationOverhead();
  } finally {
    analyzer.close();
  }
}

/** (T − W)/T and (T − B)/T, second by second: as naive as can be, and joined by the workflow it was given. */
function naive(samples: readonly Sample[]): { percent: number; idle: number } {
  let wall = 0;
  let work = 0;
  let idle = 0;
  for (const { seconds, agents } of samples) {
    wall += seconds;
    for (let second = 0; second < seconds; second++) {
      const active = agents.filter(([start, end]) => start <= second && second < end).length;
      work += active;
      if (active === 0) idle++;
    }
  }
  return { percent: (100 * (wall - work)) / wall, idle: idle / wall };
}

const STAY = "Stay Phase 1-2 (Efficient coordination)";
const CONSIDER = "Consider Phase 3 (High coordination overhead)";
const halfIdle: Sample = { seconds: 100, agents: [[0, 50]] };

describe("coordination overhead of what joining by session gets wrong", () => {
  it.each<[string, Sample[], number, number, string, string]>([
    ["two workflows in one session", [halfIdle, halfIdle], 50, 0.5, CONSIDER, CONSIDER],
    ["three workflows in one session", [halfIdle, halfIdle, halfIdle], 50, 0.5, CONSIDER, CONSIDER],
    [
      "a parent around its child",
      [{ seconds: 100, agents: [[0, 90], [5, 85, 0]] }], // prettier-ignore
      -70,
      0.1,
      STAY,
      STAY,
    ],
    [
      "three agents at once, then nothing",
      [{ seconds: 100, agents: [[0, 30], [0, 30], [0, 30]] }], // prettier-ignore
      10,
      0.7,
      STAY,
      CONSIDER,
    ],
    ["a workflow resumed in another session", [{ ...halfIdle, sessions: ["one", "two"] }], 50, 0.5, CONSIDER, CONSIDER],
  ])("%s", async (_, samples, percent, idle, recommendation, idle_recommendation) => {
    const overhead = await overheadOf(samples);
    expect(naive(samples)).toEqual({ percent, idle });
    expect(overhead).toMatchObject({
      status: "ok",
      coordination_overhead_pct: percent,
      idle_share: idle,
      recommendation,
      idle_recommendation,
      workflows_analyzed: samples.length,
      joined_by_session: 0,
    });
  });

  it("tells a parent around its child from agents that work at the same time", async () => {
    const nested = await overheadOf([{ seconds: 100, agents: [[0, 90], [5, 85, 0]] }]); // prettier-ignore
    expect(nested).toMatchObject({ overlap_share: 0, nested_share: 0.8 });
    const parallel = await overheadOf([{ seconds: 100, agents: [[0, 90], [5, 85]] }]); // prettier-ignore
    expect(parallel).toMatchObject({ overlap_share: 0.8, nested_share: 0 });
  });

  it("tells work that outlives its workflow from nested runs", async () => {
    const outliving = await overheadOf([{ seconds: 100, agents: [[50, 550]] }]);
    expect(outliving).toMatchObject({ idle_share: 0.5, nested_share: 0, outside_share: 4.5 });
    expect(outliving.coordination_overhead_pct).toBe(-400);
  });

  it("takes a start that was logged late for no waiting", async () => {
    const late = await overheadOf([{ seconds: 100, agents: [[0, 100]], logged: 50 }]);
    expect(late).toMatchObject({
      coordination_overhead_pct: 0,
      idle_share: 0,
      outside_share: 0,
      duration_mismatches: 1,
    });
  });
});
