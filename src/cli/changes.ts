import type { RunStatus } from "../analyze/run.js";
import type { WorkflowDetail } from "../analyze/workflow-detail.js";
import type { WorkflowStatus } from "../analyze/workflows.js";
import { formatTimestamp, parseTimestamp } from "../event/clock.js";

interface Happening {
  /** When it happened: ISO 8601. */
  readonly time: string;
  readonly workflow_id: string;
  readonly project_name: string | null;
}

interface WorkflowStarted {
  readonly change: "workflow_started";
  readonly agent_plan: readonly string[];
  readonly estimated_duration: number | null;
}

interface RunBegan {
  readonly change: "run_began";
  readonly invocation_id: string;
  readonly agent_name: string;
  readonly task_description: string | null;
}

interface RunEnded {
  readonly change: "run_ended";
  readonly invocation_id: string;
  readonly agent_name: string;
  readonly status: RunStatus;
  readonly duration_seconds: number | null;
  readonly error_message: string | null;
}

interface HandedOver {
  readonly change: "handoff";
  readonly from_agent: string;
  readonly to_agent: string;
  readonly artifacts: readonly string[];
}

interface WorkflowEnded {
  readonly change: "workflow_ended";
  /** `abandoned`: it has been silent for long; then `time` is when that was noticed. */
  readonly status: WorkflowStatus;
  readonly duration_seconds: number | null;
  readonly estimated_duration: number | null;
  /** (actual − estimated)/estimated */
  readonly estimate_error: number | null;
  readonly cancel_reason: string | null;
}

type What = WorkflowStarted | RunBegan | RunEnded | HandedOver | WorkflowEnded;

/** Something that happened in a workflow, as `oak watch --json` prints it: one a line. */
export type Change = Happening & What;

/** A change with what tells it from the others of its workflow. */
export interface Step {
  readonly key: string;
  readonly change: Change;
}

/** What comes first of what happens at the same time: ends of runs, what they hand over, then who goes on. */
const RANK = { start: 0, run_end: 1, handoff: 2, run_start: 3, end_of_no_time: 4, end: 5 } as const;

/** A reported duration is rounded: a run that ends so much later than its workflow ended with it. */
const ROUNDING_MILLISECONDS = 1000;

interface TimedStep {
  readonly key: string;
  readonly what: What;
  /** Milliseconds. */
  readonly time: number;
  readonly rank: number;
}

/**
 * All that has happened in a workflow, in order.
 *
 * @param now milliseconds: the time of what has none in the log
 */
export function stepsOf(detail: WorkflowDetail, now: number): Step[] {
  const origin = originOf(detail) ?? now;
  const at = (offset: number) => origin + offset * 1000;
  const { workflow_id, project_name } = detail;
  const steps = [startOf(detail, origin), ...runSteps(detail, at), ...handoffSteps(detail, at)];
  const last = steps.reduce((latest, { time }) => Math.max(latest, time), origin);
  if (detail.status !== "running") steps.push(endOf(detail, last, now));
  return steps
    .toSorted((a, b) => a.time - b.time || a.rank - b.rank)
    .map(({ key, time, what }) => ({
      key,
      change: { time: formatTimestamp(Math.max(0, time)), workflow_id, project_name, ...what },
    }));
}

/** What offsets count from, milliseconds: a reported duration may say that it started before its first line. */
function originOf({ started_at, ended_at, duration_seconds }: WorkflowDetail): number | undefined {
  const start = started_at === null ? undefined : parseTimestamp(started_at);
  const end = ended_at === null ? undefined : parseTimestamp(ended_at);
  if (end === undefined || duration_seconds === null) return start;
  return Math.min(start ?? Infinity, end - duration_seconds * 1000);
}

function startOf({ agent_plan, estimated_duration }: WorkflowDetail, time: number): TimedStep {
  return {
    key: "start",
    time,
    rank: RANK.start,
    what: { change: "workflow_started", agent_plan, estimated_duration },
  };
}

function runSteps({ runs }: WorkflowDetail, at: (offset: number) => number): TimedStep[] {
  return runs.flatMap((run) => {
    const { invocation_id, agent_name, task_description, status, duration_seconds, error_message } = run;
    const began: TimedStep = {
      key: `began ${invocation_id}`,
      time: at(run.start_offset),
      rank: RANK.run_start,
      what: { change: "run_began", invocation_id, agent_name, task_description },
    };
    if (run.end_offset === null) return [began];
    const ended: TimedStep = {
      key: `ended ${invocation_id}`,
      time: at(run.end_offset),
      rank: run.end_offset > run.start_offset ? RANK.run_end : RANK.end_of_no_time,
      what: { change: "run_ended", invocation_id, agent_name, status, duration_seconds, error_message },
    };
    return [began, ended];
  });
}

function handoffSteps({ handoffs }: WorkflowDetail, at: (offset: number) => number): TimedStep[] {
  const times = new Map<string, number>();
  return handoffs.map(({ offset, ...handoff }) => {
    const same = `handoff ${handoff.from_agent}\0${handoff.to_agent}`;
    const number = (times.get(same) ?? 0) + 1;
    times.set(same, number);
    // By number, not by time: when the workflow's end is known, offsets may count from somewhat earlier.
    return {
      key: `${same}\0${number}`,
      time: at(offset),
      rank: RANK.handoff,
      what: { change: "handoff", ...handoff },
    };
  });
}

function endOf(detail: WorkflowDetail, last: number, now: number): TimedStep {
  const { status, ended_at, duration_seconds, estimated_duration, estimate_error, cancel_reason } = detail;
  const ended = (ended_at === null ? undefined : parseTimestamp(ended_at)) ?? now;
  return {
    // One that was taken for abandoned may go on and end.
    key: status === "abandoned" ? "abandoned" : "end",
    time: last > ended && last - ended < ROUNDING_MILLISECONDS ? last : ended,
    rank: RANK.end,
    what: { change: "workflow_ended", status, duration_seconds, estimated_duration, estimate_error, cancel_reason },
  };
}
