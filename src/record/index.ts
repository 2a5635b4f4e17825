import { TelemetryLogger } from "./logger.js";
import type { Workflow, WorkflowOptions } from "./workflow.js";

export { ArgumentError } from "./arguments.js";
export { TelemetryLogger } from "./logger.js";
export { DeliveryError } from "./remote.js";
export type {
  AgentHandoffArguments,
  EventOptions,
  InvocationArguments,
  InvocationUpdateArguments,
  LoggerOptions,
  SuccessMetricArguments,
  WorkflowCancelledArguments,
  WorkflowCompleteArguments,
  WorkflowStartArguments,
} from "./calls.js";
export type { MirrorOptions } from "./mirror.js";
export type { InvocationReport } from "./report.js";
export { Run, Workflow } from "./workflow.js";
export type { RunOptions, WorkflowOptions, WorkflowOutcome } from "./workflow.js";
export { findTelemetryDirectory } from "../event/directory.js";
export type * from "../event/events.js";

let shared: TelemetryLogger | undefined;

/**
 * Starts a workflow in the default telemetry directory, with one logger for the whole process.
 * {@link TelemetryLogger.startWorkflow} does the same with a logger of your own.
 *
 * @throws {ArgumentError}
 */
export function startWorkflow(options: WorkflowOptions): Workflow {
  shared ??= new TelemetryLogger();
  return shared.startWorkflow(options);
}
