import type { WorkflowDetail, WorkflowSummary } from "./workflow-detail.js";

/** A workflow's duration as it was told may be off its timestamps by this share of it, before it counts as a mismatch. */
export const DURATION_TOLERANCE = 0.05;

/** What an agent had to do with how long one workflow took. */
export interface AgentPathShare {
  readonly agent_name: string;
  /** Its runs that are on the critical path. */
  readonly runs: number;
  readonly seconds: number;
  /** Of the workflow's duration. */
  readonly share: number;
  /** By how much the workflow would be shorter without this agent's time, before other runs bind. */
  readonly drag_seconds: number;
}

/** The agents on the critical path of a workflow, most time first; none while it is not measured. */
export function agentPathShares({ runs, metrics }: WorkflowDetail): AgentPathShare[] {
  if (!metrics) return [];
  const agents = new Map<string, { runs: number; seconds: number; drag_seconds: number }>();
  for (const run of runs) {
    if (!run.critical_path_seconds) continue;
    const sum = agents.get(run.agent_name) ?? { runs: 0, seconds: 0, drag_seconds: 0 };
    agents.set(run.agent_name, {
      runs: sum.runs + 1,
      seconds: sum.seconds + run.critical_path_seconds,
      drag_seconds: sum.drag_seconds + (run.drag_seconds ?? 0),
    });
  }
  return [...agents]
    .map(([agent_name, sum]) => ({ agent_name, ...sum, share: sum.seconds / metrics.wall_seconds }))
    .toSorted((a, b) => b.seconds - a.seconds || (a.agent_name < b.agent_name ? -1 : 1));
}

/** (actual − estimated)/estimated of a workflow in a list; `null` without an estimate or an end. */
export function estimateError({ duration_seconds, estimated_duration }: WorkflowSummary): number | null {
  if (duration_seconds === null || !estimated_duration) return null;
  return (duration_seconds - estimated_duration) / estimated_duration;
}
