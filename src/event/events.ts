/** What every line of the log carries, whatever happened. */
export interface EventEnvelope {
  /** When it happened: UTC, ISO 8601. The recorder writes milliseconds; readers keep microseconds. */
  readonly timestamp: string;
  /** The logger that wrote the line; the Python logger writes it too. */
  readonly session_id?: string | null;
  /** Identity of the line: reading the same line twice changes nothing. Absent from foreign logs. */
  readonly event_id?: string | null;
  /** Counts the lines of one writer, to order what happened within one millisecond. */
  readonly sequence?: number | null;
}

/** A multi-agent workflow begins. */
export interface WorkflowStart extends EventEnvelope {
  readonly event: "workflow_start";
  readonly workflow_id: string;
  /** Human-readable name of the project. */
  readonly project_name: string;
  /** Agents in the order in which they are meant to run. */
  readonly agent_plan: readonly string[];
  /** Expected wall time in seconds. */
  readonly estimated_duration?: number | null;
}

/** Artifacts pass from one agent to the next. */
export interface AgentHandoff extends EventEnvelope {
  readonly event: "agent_handoff";
  readonly workflow_id: string;
  /** Agent that produced the artifacts. */
  readonly from_agent: string;
  /** Agent that will use them. */
  readonly to_agent: string;
  /** Paths or names of what is handed over. */
  readonly artifacts: readonly string[];
}

/** A workflow ran to its end, well or badly. */
export interface WorkflowComplete extends EventEnvelope {
  readonly event: "workflow_complete";
  readonly workflow_id: string;
  /** Wall time in seconds. */
  readonly duration_seconds: number;
  readonly success: boolean;
  /** Agents that really ran, in order of their start; an agent that ran twice stands twice. */
  readonly agents_executed: readonly string[];
}

/** A workflow was given up on purpose: neither a success nor a failure. */
export interface WorkflowCancelled extends EventEnvelope {
  readonly event: "workflow_cancelled";
  readonly workflow_id: string;
  readonly reason?: string | null;
  /** Wall time in seconds until the cancellation. */
  readonly duration_seconds?: number | null;
  readonly agents_executed?: readonly string[] | null;
}

/** How an invocation may have ended; `unknown` says that nobody knows, which is not a failure. */
export const OUTCOME_STATUSES = ["success", "failure", "partial", "unknown"] as const;

/** How an invocation ended. */
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];

/** What an invocation left behind. Absent fields are not known. */
export interface Outcome {
  readonly status?: OutcomeStatus | null;
  readonly error_message?: string | null;
  readonly files_modified?: readonly string[] | null;
  readonly files_created?: readonly string[] | null;
  readonly tests_passed?: boolean | null;
  readonly build_succeeded?: boolean | null;
}

/**
 * One run of one agent begins. The Python logger rewrites this same line when the run ends; here the end is a line
 * of its own ({@link InvocationUpdate}) and readers merge them by `invocation_id`.
 */
export interface InvocationStart extends EventEnvelope {
  readonly event: "invocation_start";
  readonly invocation_id: string;
  readonly agent_name: string;
  /** Kind of agent: development, quality, security, … */
  readonly agent_type?: string | null;
  readonly task_description?: string | null;
  /** Features of the task and its surroundings; `task.type` names the kind of task. */
  readonly state_features?: Readonly<Record<string, unknown>> | null;
  /** The invocation that started this one. */
  readonly parent_invocation_id?: string | null;
  /** The parent does not wait for it: it runs in the background. */
  readonly detached?: boolean | null;
  readonly workflow_id?: string | null;
  readonly spec_id?: string | null;
  readonly spec_section?: readonly string[] | null;
  readonly agent_variant?: string | null;
  /** Which version of the agent's definition ran: the first 16 hexadecimal digits of the SHA-256 of its file. */
  readonly definition_hash?: string | null;
  readonly task_type?: string | null;
  readonly q_value?: number | null;
  readonly exploration?: boolean | null;
  /** Probability, 0 < p ≤ 1, with which whatever chose this agent chose it. Absent where a person or a reason did. */
  readonly propensity?: number | null;
  readonly reward?: number | null;
  readonly learning_enabled?: boolean | null;
  readonly tools_used?: readonly string[] | null;
  /** Run time in seconds; null while running. */
  readonly duration_seconds?: number | null;
  readonly outcome?: Outcome | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

/** Something became known about an invocation, as a rule that it ended. Only the fields that are present change. */
export interface InvocationUpdate extends EventEnvelope {
  readonly event: "invocation_update";
  readonly invocation_id: string;
  /** Run time in seconds. */
  readonly duration_seconds?: number | null;
  readonly outcome?: Outcome | null;
  readonly tools_used?: readonly string[] | null;
  readonly reward?: number | null;
  /** Replaces what the start said. */
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

/** Somebody's or something's judgement of an invocation. */
export interface SuccessMetric extends EventEnvelope {
  readonly event: "success_metric";
  readonly invocation_id: string;
  /** Did the agent accomplish the task? */
  readonly success: boolean;
  /** 1 (useless) to 5 (excellent). */
  readonly quality_rating: number;
  /** human, automated_tests, build_system, linter, … */
  readonly feedback_source?: string | null;
  readonly feedback_notes?: string | null;
  readonly would_use_again?: boolean | null;
  readonly alternative_agent_suggested?: string | null;
}

/** Every line that the log may hold. */
export type TelemetryEvent =
  | WorkflowStart
  | AgentHandoff
  | WorkflowComplete
  | WorkflowCancelled
  | InvocationStart
  | InvocationUpdate
  | SuccessMetric;

/** The `event` field of a line. */
export type EventName = TelemetryEvent["event"];
