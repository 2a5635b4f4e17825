import { planAdherence, type PlanAdherence } from "./adherence.js";
import type { RunStatus } from "./run.js";
import { DURATION_TOLERANCE, estimateError } from "./workflow-figures.js";
import { measureRecord, type MeasuredWorkflow, type TimedRun, type WorkflowMetrics } from "./workflow-metrics.js";
import type { WorkflowStatus } from "./workflows.js";

/** Which workflows are listed. */
export interface WorkflowFilter {
  readonly status?: WorkflowStatus;
  /** An agent that ran or runs in it. */
  readonly agent?: string;
  /** Name of the project; upper and lower case are the same. */
  readonly project?: string;
  /** Stands in the project's name, the id or the name of an agent that ran; upper and lower case are the same. */
  readonly search?: string;
  /** ISO 8601: workflows that started then or later, and before `until`. */
  readonly since?: string;
  readonly until?: string;
}

/** One workflow in a list. Times are ISO 8601. */
export interface WorkflowSummary {
  readonly workflow_id: string;
  readonly project_name: string | null;
  readonly status: WorkflowStatus;
  readonly success: boolean | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  /** `null` while it has no end; see `elapsed_seconds`. */
  readonly duration_seconds: number | null;
  /** From its start until now, while it is running. */
  readonly elapsed_seconds: number | null;
  readonly estimated_duration: number | null;
  readonly agent_plan: readonly string[];
  /** Agents that ran or run, in order of their start. */
  readonly agents: readonly string[];
  /** Agents at work now. */
  readonly running_agents: readonly string[];
  /** `null` while it is not measured: running, cancelled or abandoned, or without a duration. */
  readonly idle_share: number | null;
}

/** A page of a list of workflows. */
export interface WorkflowList {
  /** Workflows that the filters let through. */
  readonly total: number;
  readonly offset: number;
  /** Latest start first. */
  readonly workflows: readonly WorkflowSummary[];
}

/** What is read of a workflow beyond its summary. */
export interface WorkflowFacts extends WorkflowSummary {
  readonly session_id: string | null;
  readonly cancel_reason: string | null;
  readonly observed_seconds: number | null;
  readonly joined_by_session: boolean;
  /** Microseconds since 1970; the end is null while there is none. */
  readonly window_from: number;
  readonly window_to: number | null;
  readonly wall: number | null;
}

/** What is read of one of its runs. */
export interface RunFacts extends TimedRun {
  readonly task_description: string | null;
  readonly error_message: string | null;
  readonly quality_rating: number | null;
  /** From the table, as it depends on what the agent did in other workflows; microseconds. */
  readonly contention: number | null;
  readonly prioritization: number | null;
}

/** What is read of one of its handoffs. */
export interface HandoffFacts {
  readonly from_agent: string;
  readonly to_agent: string;
  readonly at: number;
  readonly artifacts: readonly string[];
}

/** One run of a workflow. Offsets are seconds since the workflow's start. */
export interface RunDetail {
  readonly invocation_id: string;
  readonly agent_name: string;
  readonly task_type: string | null;
  readonly task_description: string | null;
  readonly status: RunStatus;
  readonly error_message: string | null;
  readonly quality_rating: number | null;
  readonly parent_invocation_id: string | null;
  readonly detached: boolean;
  readonly start_offset: number;
  /** `null` while it is running. */
  readonly end_offset: number | null;
  readonly duration_seconds: number | null;
  /** Without the time of its children; `null` while the workflow is not measured. */
  readonly exclusive_seconds: number | null;
  readonly critical_path_seconds: number | null;
  /** By how much the workflow would be shorter without it, before another run binds. */
  readonly drag_seconds: number | null;
  /** The run that it waited for, its agent, and how long after its end it started. */
  readonly after_invocation_id: string | null;
  readonly after_agent: string | null;
  readonly handoff_declared: boolean;
  readonly wait_seconds: number | null;
  readonly contention_seconds: number | null;
  readonly prioritization_seconds: number | null;
}

/** What {@link TelemetryAnalyzer.getWorkflow} gives. */
export interface WorkflowDetail extends WorkflowSummary {
  readonly session_id: string | null;
  readonly cancel_reason: string | null;
  /** Time between its start and its end, which may differ from the reported duration. */
  readonly observed_seconds: number | null;
  /** The reported duration is more than 5 % off. */
  readonly duration_mismatch: boolean;
  /** (actual − estimated)/estimated; `null` without an estimate or an end. */
  readonly estimate_error: number | null;
  readonly joined_by_session: boolean;
  readonly plan: PlanAdherence & {
    /** Planned agents that have not run yet, while it is running. */
    readonly remaining: readonly string[];
  };
  /** In order of (start, end). */
  readonly runs: readonly RunDetail[];
  readonly handoffs: readonly {
    readonly from_agent: string;
    readonly to_agent: string;
    readonly offset: number;
    readonly artifacts: readonly string[];
  }[];
  /** What decided how long it took: contiguous stretches, on a run or waiting (`invocation_id` null). */
  readonly critical_path: readonly {
    readonly start_offset: number;
    readonly end_offset: number;
    readonly invocation_id: string | null;
  }[];
  /** `null` while it has no end; `reason` says why. */
  readonly metrics: WorkflowDetailMetrics | null;
  readonly reason?: string;
}

/** Where the time of one workflow went, in seconds and shares of its duration. */
export interface WorkflowDetailMetrics {
  readonly wall_seconds: number;
  readonly work_seconds: number;
  readonly busy_seconds: number;
  readonly coordination_overhead_pct: number;
  readonly idle_share: number;
  readonly lead_in_seconds: number;
  readonly handoff_gaps_seconds: number;
  readonly tail_seconds: number;
  readonly overlap_share: number;
  readonly avg_parallelism: number | null;
  readonly speedup: number;
  readonly self_loops: number;
  readonly repeats: number;
  readonly redos: number;
  readonly retries: number;
  readonly open_invocations: number;
  readonly outside_parent: number;
}

/** Puts together all that is known of one workflow. */
export function workflowDetail(
  facts: WorkflowFacts,
  runs: readonly RunFacts[],
  handoffs: readonly HandoffFacts[],
): WorkflowDetail {
  const { window_from, window_to, wall, ...summary } = facts;
  const anyEnded = runs.some(({ end }) => end !== null);
  const measured =
    window_to !== null && wall !== null && wall > 0 && anyEnded
      ? measureRecord({ window: { start: window_from, end: window_to }, wall, plan: facts.agent_plan, runs, handoffs })
      : null;
  const offset = (time: number) => (time - window_from) / 1e6;
  const actual = facts.duration_seconds;
  const { adherence, missing, extra, reordered } = planAdherence(facts.agent_plan, facts.agents);
  const running = facts.status === "running";
  return {
    ...summary,
    duration_mismatch:
      actual !== null &&
      facts.observed_seconds !== null &&
      Math.abs(actual - facts.observed_seconds) > DURATION_TOLERANCE * actual,
    estimate_error: estimateError(facts),
    plan: {
      adherence: facts.agent_plan.length === 0 || running ? null : adherence,
      missing: running ? [] : missing,
      extra: facts.agent_plan.length === 0 ? [] : extra,
      reordered,
      remaining: running ? missing : [],
    },
    runs: runs.map((run, i) => runDetail(run, measured?.runs[i], offset)),
    handoffs: handoffs.map(({ at, ...handoff }) => ({ ...handoff, offset: offset(at) })),
    critical_path: (measured?.path.segments ?? []).map(({ start, end, id }) => ({
      start_offset: offset(start),
      end_offset: offset(end),
      invocation_id: id,
    })),
    metrics: measured && detailMetrics(measured.metrics),
    ...(measured ? {} : { reason: reasonOf(facts, anyEnded) }),
  };
}

function reasonOf({ status, duration_seconds }: WorkflowFacts, anyEnded: boolean): string {
  if (status === "running") return "it is still running";
  if (status === "abandoned") return "it has no end";
  if (!anyEnded) return "none of its runs has ended";
  return duration_seconds === 0 ? "it took no time" : "its duration is not known";
}

function runDetail(
  run: RunFacts,
  measured: MeasuredWorkflow["runs"][number] | undefined,
  offset: (time: number) => number,
): RunDetail {
  const seconds = (time: number | null | undefined) => (time === null || time === undefined ? null : time / 1e6);
  return {
    invocation_id: run.id,
    agent_name: run.agent,
    task_type: run.task_type,
    task_description: run.task_description,
    status: run.status,
    error_message: run.error_message,
    quality_rating: run.quality_rating,
    parent_invocation_id: run.parent_id,
    detached: run.detached,
    start_offset: offset(run.start),
    end_offset: run.end === null ? null : offset(run.end),
    duration_seconds: seconds(run.duration),
    exclusive_seconds: seconds(measured?.exclusive),
    critical_path_seconds: seconds(measured?.path),
    drag_seconds: seconds(measured?.drag),
    after_invocation_id: measured?.from_id ?? null,
    after_agent: measured?.from_agent ?? null,
    handoff_declared: measured?.declared ?? false,
    wait_seconds: seconds(measured?.latency),
    contention_seconds: seconds(run.contention),
    prioritization_seconds: seconds(run.prioritization),
  };
}

function detailMetrics(m: WorkflowMetrics): WorkflowDetailMetrics {
  return {
    wall_seconds: m.wall / 1e6,
    work_seconds: m.work / 1e6,
    busy_seconds: m.busy / 1e6,
    coordination_overhead_pct: (100 * (m.wall - m.work)) / m.wall,
    idle_share: (m.wall - m.busy) / m.wall,
    lead_in_seconds: m.lead_in / 1e6,
    handoff_gaps_seconds: m.handoff_gaps / 1e6,
    tail_seconds: m.tail / 1e6,
    overlap_share: (m.exclusive - m.busy) / m.wall,
    avg_parallelism: m.busy > 0 ? m.exclusive / m.busy : null,
    speedup: m.exclusive / m.wall,
    self_loops: m.self_loops,
    repeats: m.repeats,
    redos: m.redos,
    retries: m.retries,
    open_invocations: m.open_invocations,
    outside_parent: m.outside_parent,
  };
}
