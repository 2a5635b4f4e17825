import { clip, unionLength, type Span } from "./intervals.js";
import { waitingParents } from "./parents.js";

/** An ended run, as far as its time matters. */
export interface RunTime extends Span {
  readonly id: string;
  readonly parent_id: string | null;
  /** Its parent does not wait for it: its time is its own. */
  readonly detached: boolean;
  /** Run time in microseconds, as reported; it may differ from `end − start` when clocks disagree. */
  readonly duration: number | null;
}

/** Where the time of one workflow went, in microseconds. */
export interface WorkflowTime {
  /** T: wall time of the workflow. */
  readonly wall: number;
  /** W: sum of the run times of its invocations, as the specification adds them up. */
  readonly work: number;
  /** B: time in which at least one agent was active. */
  readonly busy: number;
  /** The part of W that lies within the workflow. */
  readonly inside: number;
  /** Sum of the exclusive times within the workflow: a parent's is without its children's. */
  readonly exclusive: number;
}

/**
 * Splits the time of one workflow.
 *
 * @param window from the workflow's start to its end; what lies outside is not its time
 * @param wall its duration as reported, which loggers round: busy time never exceeds it
 * @param runs its ended runs
 * @returns its time, and the exclusive time of each run of the list
 */
export function measureWorkflow(
  window: Span,
  wall: number,
  runs: readonly RunTime[],
): WorkflowTime & { readonly exclusive_of: readonly number[] } {
  const spans = runs.map((run) => clip(run, window));
  const exclusive_of = spans.map(({ start, end }) => end - start);
  delegatedTime(runs, spans)?.forEach((delegated, i) => (exclusive_of[i]! -= delegated));
  let work = 0;
  let inside = 0;
  let exclusive = 0;
  for (let i = 0; i < runs.length; i++) {
    const { start, end, duration } = runs[i]!;
    work += duration ?? end - start;
    inside += spans[i]!.end - spans[i]!.start;
    exclusive += exclusive_of[i]!;
  }
  return { wall, work, busy: Math.min(unionLength(spans), wall), inside, exclusive, exclusive_of };
}

/** For each run the part of its span in which at least one of its children is active; `null` when none has any. */
function delegatedTime(runs: readonly RunTime[], spans: readonly Span[]): readonly number[] | null {
  const parents = waitingParents(runs);
  if (!parents) return null;
  const children: Span[][] = runs.map(() => []);
  parents.forEach((parent, i) => {
    if (parent >= 0) children[parent]!.push(clip(spans[i]!, spans[parent]!));
  });
  return children.map(unionLength);
}
