import type { Clock } from "../event/clock.js";
import type { InvocationStart, TelemetryEvent } from "../event/events.js";
import type { MirrorOptions } from "./mirror.js";
import type { InvocationReport } from "./report.js";

/** How a {@link TelemetryLogger} writes. Every field may be left out. */
export interface LoggerOptions {
  /** Telemetry directory; by default as {@link findTelemetryDirectory} finds it. Created when first written to. */
  readonly directory?: string;
  /** False writes nothing, while arguments are still checked. Default: unless `OAK_TELEMETRY_ENABLED` is `false`, `0`, `off` or `no`. */
  readonly enabled?: boolean;
  /** True writes each line at once and waits until it is on the disk, so that it survives a power cut. Default false. */
  readonly fsync?: boolean;
  /**
   * Sees each event before it is written and gives what to write instead, or `undefined` to drop it. When it throws,
   * the event is dropped and the error goes to {@link onError}: what was not redacted is never written.
   */
  readonly redact?: (event: TelemetryEvent) => TelemetryEvent | undefined;
  /** Called once for each run of failures to write, or to send. Default: one line on standard error. */
  readonly onError?: (error: Error) => void;
  /**
   * Base address of an `oak serve`, such as `http://127.0.0.1:4318`: events are sent to it, and wait in the telemetry
   * directory until they have arrived. `null` writes to the directory's own log, whatever the environment says. Default:
   * `OAK_ENDPOINT`; the directory's own log, if it is not set.
   */
  readonly endpoint?: string | null;
  /** What the server at {@link endpoint} wants to be told. Default: `OAK_TOKEN`. */
  readonly token?: string;
  /**
   * False: the recorder does not look for the definitions of agents, to record which version of an agent ran. By
   * default it does, in `.claude/agents` of the project and of the user: it looks at an agent's file at most once a
   * second, and through the folders at most twice a minute.
   */
  readonly definition_hashes?: boolean;
  /**
   * Sends what is recorded to an OTLP endpoint as well, as GenAI spans. Default: where `OAK_OTLP_ENDPOINT` says, with the
   * headers of `OAK_OTLP_HEADERS`; nowhere, if it is not set.
   */
  readonly otlp?: MirrorOptions;
  /** Default: a new UUID for each logger. */
  readonly session_id?: string;
  /** Source of time in milliseconds. Default: the system's. */
  readonly clock?: Clock;
}

/** What every call may carry besides its own fields. */
export interface EventOptions {
  /** When it happened, for what is logged afterwards: a `Date` or ISO 8601 text. Default: now. */
  readonly timestamp?: string | Date;
}

/** Arguments of {@link TelemetryLogger.logWorkflowStart}. */
export interface WorkflowStartArguments extends EventOptions {
  /** Generated when not given. */
  readonly workflow_id?: string;
  readonly project_name: string;
  /** Agents in the order in which they are meant to run. */
  readonly agent_plan: readonly string[];
  /** Expected wall time in seconds. */
  readonly estimated_duration?: number | null;
}

/** Arguments of {@link TelemetryLogger.logAgentHandoff}. */
export interface AgentHandoffArguments extends EventOptions {
  readonly workflow_id: string;
  /** Agent that produced the artifacts. */
  readonly from_agent: string;
  /** Agent that will use them. */
  readonly to_agent: string;
  /** Paths or names of what is handed over. */
  readonly artifacts: readonly string[];
}

/** Arguments of {@link TelemetryLogger.logWorkflowComplete}. */
export interface WorkflowCompleteArguments extends EventOptions {
  readonly workflow_id: string;
  /** Wall time in seconds. */
  readonly duration_seconds: number;
  readonly success: boolean;
  /** Agents that really ran, in order. */
  readonly agents_executed: readonly string[];
}

/** Arguments of {@link TelemetryLogger.logWorkflowCancelled}. */
export interface WorkflowCancelledArguments extends EventOptions {
  readonly workflow_id: string;
  readonly reason?: string | null;
  /** Wall time in seconds until the cancellation. */
  readonly duration_seconds?: number | null;
  readonly agents_executed?: readonly string[] | null;
}

/** Arguments of {@link TelemetryLogger.logInvocation}. */
export interface InvocationArguments
  extends
    EventOptions,
    Pick<
      InvocationStart,
      | "agent_name"
      | "agent_type"
      | "task_description"
      | "state_features"
      | "parent_invocation_id"
      | "detached"
      | "workflow_id"
      | "spec_id"
      | "spec_section"
      | "agent_variant"
      | "task_type"
      | "q_value"
      | "exploration"
      | "propensity"
      | "learning_enabled"
      | "metadata"
    > {
  /** Generated when not given. */
  readonly invocation_id?: string;
  /** By default that of the agent's definition file, where there is one; null: not known. */
  readonly definition_hash?: string | null;
}

/** Arguments of {@link TelemetryLogger.updateInvocation}. */
export interface InvocationUpdateArguments extends InvocationReport, EventOptions {
  readonly invocation_id: string;
}

/** Arguments of {@link TelemetryLogger.logSuccessMetric}. */
export interface SuccessMetricArguments extends EventOptions {
  readonly invocation_id: string;
  /** Did the agent accomplish the task? */
  readonly success: boolean;
  /** 1 (useless) to 5 (excellent). */
  readonly quality_rating: number;
  /** human (default), automated_tests, build_system, linter, … */
  readonly feedback_source?: string;
  readonly feedback_notes?: string | null;
  readonly would_use_again?: boolean | null;
  readonly alternative_agent_suggested?: string | null;
}
