import type { InvocationUpdate, OutcomeStatus } from "../event/events.js";
import * as check from "./arguments.js";

/** What may become known about an invocation. Absent fields stay as they are. */
export interface InvocationReport {
  /** Run time in seconds. */
  readonly duration_seconds?: number | null;
  readonly outcome_status?: OutcomeStatus | null;
  readonly error_message?: string | null;
  readonly files_modified?: readonly string[] | null;
  readonly files_created?: readonly string[] | null;
  readonly tools_used?: readonly string[] | null;
  readonly tests_passed?: boolean | null;
  readonly build_succeeded?: boolean | null;
  readonly reward?: number | null;
}

const OUTCOME_STATUSES = ["success", "failure", "partial", "unknown"] as const;

/**
 * Checks a report and gives the fields of the line that says it; what is not known is left out.
 *
 * @throws {ArgumentError}
 */
export function reportFields(
  report: InvocationReport,
): Pick<InvocationUpdate, "duration_seconds" | "outcome" | "tools_used" | "reward"> {
  check.record("arguments", report);
  const outcome = present({
    status: check.optionalChoice("outcome_status", report.outcome_status, OUTCOME_STATUSES),
    error_message: check.optionalText("error_message", report.error_message),
    files_modified: check.optionalTexts("files_modified", report.files_modified),
    files_created: check.optionalTexts("files_created", report.files_created),
    tests_passed: check.optionalFlag("tests_passed", report.tests_passed),
    build_succeeded: check.optionalFlag("build_succeeded", report.build_succeeded),
  });
  return present({
    duration_seconds: check.optionalSeconds("duration_seconds", report.duration_seconds),
    outcome: Object.keys(outcome).length > 0 ? outcome : null,
    tools_used: check.optionalTexts("tools_used", report.tools_used),
    reward: check.optionalNumber("reward", report.reward),
  });
}

function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
