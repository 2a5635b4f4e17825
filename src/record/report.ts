import { OUTCOME_STATUSES, type InvocationUpdate, type Outcome, type OutcomeStatus } from "../event/events.js";
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
  /** Replaces what the start said. `input_tokens` and `output_tokens` of it show in the statistics of agents. */
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

type ReportFields = Pick<InvocationUpdate, "duration_seconds" | "outcome" | "tools_used" | "reward" | "metadata">;

/**
 * Checks a report and gives the fields of the line that says it; what is not known is left out.
 *
 * @throws {ArgumentError}
 */
export function reportFields(report: InvocationReport): ReportFields {
  check.record("arguments", report);
  const { duration_seconds, tools_used, reward, metadata } = report;
  const fields: Writable<ReportFields> = {};
  if (known(duration_seconds)) fields.duration_seconds = check.seconds("duration_seconds", duration_seconds);
  const outcome = outcomeFields(report);
  if (outcome) fields.outcome = outcome;
  if (known(tools_used)) fields.tools_used = check.texts("tools_used", tools_used);
  if (known(reward)) fields.reward = check.optionalNumber("reward", reward);
  if (known(metadata)) fields.metadata = check.optionalObject("metadata", metadata);
  return fields;
}

function outcomeFields(report: InvocationReport): Outcome | undefined {
  const { outcome_status, error_message, files_modified, files_created, tests_passed, build_succeeded } = report;
  const outcome: Writable<Outcome> = {};
  if (known(outcome_status)) outcome.status = check.optionalChoice("outcome_status", outcome_status, OUTCOME_STATUSES);
  if (known(error_message)) outcome.error_message = check.optionalText("error_message", error_message);
  if (known(files_modified)) outcome.files_modified = check.texts("files_modified", files_modified);
  if (known(files_created)) outcome.files_created = check.texts("files_created", files_created);
  if (known(tests_passed)) outcome.tests_passed = check.flag("tests_passed", tests_passed);
  if (known(build_succeeded)) outcome.build_succeeded = check.flag("build_succeeded", build_succeeded);
  for (const _ in outcome) return outcome;
  return undefined;
}

function known<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
