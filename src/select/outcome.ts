import type { PastRun } from "./past-run.js";

/** What the tables know of a run that ended. Null is what nobody knows. */
export interface RunRecord {
  readonly invocation_id: string;
  readonly agent_name: string;
  readonly agent_type: string | null;
  readonly task_type: string | null;
  /** Of its workflow. */
  readonly project_name: string | null;
  readonly task_description: string | null;
  readonly status: "success" | "failure" | "partial" | "unknown";
  readonly tests_passed: boolean | null;
  readonly build_succeeded: boolean | null;
  /** The last judgement, if there is one: did the agent accomplish the task? */
  readonly judged_success: boolean | null;
  /** 1 to 5, of the last judgement. */
  readonly quality_rating: number | null;
  /** When it started, milliseconds since 1970. */
  readonly at: number;
  readonly duration_seconds: number | null;
  readonly definition_hash: string | null;
}

/** By how much less a run counts whose outcome only the agent itself has stated, where judging is usual. */
const CLAIM_DISCOUNT = 0.5;

/** Judging is usual where this share of the runs is judged. */
const JUDGING_IS_USUAL = 0.2;

/** A partial outcome that nobody rated. */
const PARTIAL = 0.5;

/**
 * A run as evidence.
 *
 * Outcome: a judgement overrules what the agent says of itself. Success is 1, failure 0; partial is its quality rating,
 * (rating − 1) / 4, where there is one, else ½.
 *
 * Domain: the kind of task; where that is not known, who did it.
 *
 * @param claim what a run weighs that was not judged, by feedback, tests or a build: see {@link claimWeight}
 */
export function pastRun(run: RunRecord, claim = 1): PastRun {
  return {
    invocation_id: run.invocation_id,
    agent_name: run.agent_name,
    task_description: run.task_description ?? "",
    domain: domainOf(run),
    outcome: outcomeOf(run),
    weight: isJudged(run) ? 1 : claim,
    at: run.at,
    duration_seconds: run.duration_seconds,
    definition_hash: run.definition_hash,
  };
}

/**
 * What a mere claim of an agent weighs, be it of success or of failure: 1 where nobody judges, so that claims are all there
 * is, down to ½ where a fifth of the runs or more are judged. Success and failure weigh the same, or expected outcomes
 * would be off.
 */
export function claimWeight(records: readonly RunRecord[]): number {
  const judged = records.filter(isJudged).length / Math.max(1, records.length);
  return 1 - CLAIM_DISCOUNT * Math.min(1, judged / JUDGING_IS_USUAL);
}

/** The label under which a run's domain is compared. */
export function domainOf({ task_type, agent_name }: RunRecord): string {
  return task_type || agent_name;
}

function outcomeOf({ status, judged_success, quality_rating }: RunRecord): number {
  if (status === "partial")
    return quality_rating !== null && quality_rating >= 1 && quality_rating <= 5 ? (quality_rating - 1) / 4 : PARTIAL;
  return (judged_success ?? status === "success") ? 1 : 0;
}

/** Whether somebody, or something, but the agent itself has said what came of it. */
function isJudged({ judged_success, tests_passed, build_succeeded }: RunRecord): boolean {
  return judged_success !== null || tests_passed !== null || build_succeeded !== null;
}
