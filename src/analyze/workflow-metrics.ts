import { adherence } from "./adherence.js";
import { measureWorkflow, type WorkflowTime } from "./coordination.js";
import { criticalPath, type CriticalPath } from "./critical-path.js";
import { readiness } from "./handoffs.js";
import type { Span } from "./intervals.js";
import { rework, type Rework } from "./rework.js";
import type { EndedRun, Handoff, Run } from "./run.js";

/** A run with its duration in microseconds as reported; it may differ from `end − start` when clocks disagree. */
export interface TimedRun extends Run {
  readonly duration: number | null;
}

/** One workflow, as far as coordination is concerned. Times are whole microseconds. */
export interface WorkflowRecord {
  /** From its start to its end. */
  readonly window: Span;
  /** Its duration as reported, which loggers round. */
  readonly wall: number;
  readonly plan: readonly string[];
  /** All its runs, in order of (start, end). */
  readonly runs: readonly TimedRun[];
  readonly handoffs: readonly Handoff[];
}

/** Where the time of one workflow went, and how it was done. Times in microseconds. */
export interface WorkflowMetrics extends WorkflowTime, Rework {
  /** Idle time before the first run, between runs, and after the last. They add up to `wall − busy`. */
  readonly lead_in: number;
  readonly handoff_gaps: number;
  readonly tail: number;
  /** Distinct agents that ran. */
  readonly agents: number;
  readonly ended_invocations: number;
  /** Runs whose end, and so whose time, is not known. */
  readonly open_invocations: number;
  /** Runs that have no time in common with the parent that waits for them: clocks disagree. */
  readonly outside_parent: number;
  /** How far it kept to its plan, in [0, 1]; `null` without a plan. */
  readonly adherence: number | null;
}

/** What one run had to do with the workflow's time. Times in microseconds. */
interface RunMetrics {
  readonly run: TimedRun;
  /** Its time within the workflow without its children's; `null` while it is running. */
  readonly exclusive: number | null;
  /** Its time on the critical path. */
  readonly path: number;
  /** By how much a shorter run would shorten the workflow before another run binds; `null` off the path. */
  readonly drag: number | null;
  /** When it could have started: the end of its predecessor. */
  readonly ready: number | null;
  /** The predecessor, and its agent. */
  readonly from_id: string | null;
  readonly from_agent: string | null;
  /** A handoff names the predecessor. */
  readonly declared: boolean;
  /** From `ready` to its start. */
  readonly latency: number | null;
}

/** All that can be said of one workflow from its own records. */
export interface MeasuredWorkflow {
  readonly metrics: WorkflowMetrics;
  /** In the order of the record. */
  readonly runs: readonly RunMetrics[];
  readonly path: CriticalPath;
}

function hasEnded(run: TimedRun): run is TimedRun & EndedRun {
  return run.end !== null;
}

/** Measures one workflow: definitions in `docs/metrics.md` and in the modules that each part comes from. */
export function measureRecord({ window, wall, plan, runs, handoffs }: WorkflowRecord): MeasuredWorkflow {
  const ended = runs.every(hasEnded) ? runs : runs.filter(hasEnded);
  const time = measureWorkflow(window, wall, ended);
  const path = criticalPath(window, ended);
  const idle = splitIdle(window, wall, time.busy, ended);
  const again = rework(runs);
  const executed = runs.map(({ agent }) => agent);
  const metrics = {
    wall: time.wall,
    work: time.work,
    busy: time.busy,
    inside: time.inside,
    exclusive: time.exclusive,
    lead_in: idle.lead_in,
    handoff_gaps: idle.handoff_gaps,
    tail: idle.tail,
    self_loops: again.self_loops,
    repeats: again.repeats,
    redos: again.redos,
    retries: again.retries,
    agents: new Set(executed).size,
    ended_invocations: ended.length,
    open_invocations: runs.length - ended.length,
    outside_parent: path.outside_parent,
    adherence: plan.length === 0 ? null : adherence(plan, executed),
  };
  const ready = readiness(runs, handoffs);
  let place = 0;
  const measured = runs.map((run, i): RunMetrics => {
    /** Its place among those that ended. */
    const at = run.end === null ? -1 : place++;
    const { ready: since, from_id, from_agent, declared, latency } = ready[i]!;
    return {
      run,
      exclusive: time.exclusive_of[at] ?? null,
      path: path.time[at] ?? 0,
      drag: path.drag[at] ?? null,
      ready: since,
      from_id,
      from_agent,
      declared,
      latency,
    };
  });
  return { path, metrics, runs: measured };
}

/**
 * Splits idle time by where it lies. Where the window is longer than the reported duration (loggers round, and some log
 * the start late), the difference is taken off the end first: nobody knows that it was waiting.
 */
function splitIdle(
  window: Span,
  wall: number,
  busy: number,
  runs: readonly EndedRun[],
): { lead_in: number; handoff_gaps: number; tail: number } {
  const idle = wall - busy;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { start, end } of runs) {
    // A run of no length takes no time, but it is where one wait ends and another begins.
    const touches = end === start && end >= window.start && start <= window.end;
    if (!touches && (end <= window.start || start >= window.end)) continue;
    first = Math.min(first, start);
    last = Math.max(last, end);
  }
  if (first > last) return { lead_in: idle, handoff_gaps: 0, tail: 0 };
  const excess = Math.max(0, window.end - window.start - wall);
  const tail = Math.max(0, Math.min(idle, window.end - last - excess));
  const lead_in = Math.max(0, Math.min(idle - tail, first - window.start));
  return { lead_in, handoff_gaps: idle - lead_in - tail, tail };
}
