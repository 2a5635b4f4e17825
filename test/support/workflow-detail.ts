import fc from "fast-check";

import {
  workflowDetail,
  type RunFacts,
  type WorkflowDetail,
  type WorkflowFacts,
} from "../../src/analyze/workflow-detail.js";

/** When the workflows of these helpers start. */
export const WORKFLOW_START = "2026-11-01T10:00:00.000Z";

const START_MICROSECONDS = Date.parse(WORKFLOW_START) * 1000;

/** A run as a test writes it down. Times are seconds since the workflow's start. */
export interface DrawnRun {
  readonly agent: string;
  readonly from: number;
  /** Absent while it is running. */
  readonly to?: number | undefined;
  readonly id?: string;
  readonly status?: RunFacts["status"];
  readonly parent?: string | null;
  readonly detached?: boolean;
  readonly error?: string;
}

/** What {@link TelemetryAnalyzer.getWorkflow} gives for a workflow of these runs, that ended unless `seconds` is null. */
export function detailOf(
  runs: readonly DrawnRun[],
  seconds: number | null,
  facts: Partial<WorkflowFacts> = {},
  handoffs: readonly { from: string; to: string; at: number; artifacts?: readonly string[] }[] = [],
): WorkflowDetail {
  const micro = (time: number) => START_MICROSECONDS + Math.round(time * 1e6);
  const ended_at = seconds === null ? null : new Date(micro(seconds) / 1000).toISOString();
  const rows = runs.map((run, i): RunFacts => ({
    id: run.id ?? `run-${i}`,
    agent: run.agent,
    task_type: null,
    task_description: null,
    parent_id: run.parent ?? null,
    detached: run.detached ?? false,
    start: micro(run.from),
    end: run.to === undefined ? null : micro(run.to),
    duration: run.to === undefined ? null : Math.round((run.to - run.from) * 1e6),
    status: run.status ?? (run.to === undefined ? "running" : "success"),
    error_message: run.error ?? null,
    quality_rating: null,
    contention: null,
    prioritization: null,
  }));
  const all: WorkflowFacts = {
    workflow_id: "wf-0001",
    project_name: "Shop",
    status: seconds === null ? "running" : "completed",
    success: seconds === null ? null : true,
    started_at: WORKFLOW_START,
    ended_at,
    duration_seconds: seconds,
    elapsed_seconds: seconds === null ? 3600 : null,
    estimated_duration: null,
    agent_plan: [],
    agents: runs.map(({ agent }) => agent),
    running_agents: runs.filter(({ to }) => to === undefined).map(({ agent }) => agent),
    idle_share: null,
    session_id: null,
    cancel_reason: null,
    observed_seconds: seconds,
    joined_by_session: false,
    window_from: START_MICROSECONDS,
    window_to: seconds === null ? null : micro(seconds),
    wall: seconds === null ? null : Math.round(seconds * 1e6),
    ...facts,
  };
  const passed = handoffs.map(({ from, to, at, artifacts = [] }) => ({
    from_agent: from,
    to_agent: to,
    at: micro(at),
    artifacts,
  }));
  return workflowDetail(all, rows, passed);
}

const name = fc.oneof(
  fc.constantFrom("architect", "backend", "qa"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  fc.constant("日本語のエージェント名がとても長い"),
);

/** Any workflow: running or not, with runs that nest, overlap, last no time, or lie outside of it. */
export const anyDetail: fc.Arbitrary<WorkflowDetail> = fc
  .record({
    runs: fc.array(
      fc.record({
        agent: name,
        from: fc.double({ min: -100, max: 5000, noNaN: true }),
        length: fc.option(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3000, noNaN: true })), { freq: 5 }),
        status: fc.constantFrom("success", "failure", "partial", "unknown"),
        parent: fc.option(
          fc.nat(60).map((i) => `run-${i}`),
          { freq: 1 },
        ),
        detached: fc.boolean(),
      }),
      { maxLength: 60 },
    ),
    seconds: fc.option(fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 10_000, noNaN: true }))),
    project_name: fc.option(name),
    estimated_duration: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    agent_plan: fc.array(name, { maxLength: 6 }),
    handoffs: fc.array(
      fc.record({ from: name, to: name, at: fc.nat(5000), artifacts: fc.array(name, { maxLength: 3 }) }),
      {
        maxLength: 20,
      },
    ),
  })
  .map(({ runs, seconds, handoffs, ...facts }) => {
    const drawn = runs
      .toSorted((a, b) => a.from - b.from)
      .map(({ length, status, ...run }) =>
        length === null ? run : { ...run, to: run.from + length, status: status as RunFacts["status"] },
      );
    return detailOf(drawn, seconds, facts, handoffs);
  });
