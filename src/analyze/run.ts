/** What has become of a run. `unknown`: it ended, nobody knows how. */
export type RunStatus = "success" | "failure" | "partial" | "unknown" | "running";

/** One run of one agent inside a workflow, as far as coordination is concerned. Times are whole microseconds. */
export interface Run {
  readonly id: string;
  readonly agent: string;
  readonly task_type: string | null;
  /** The run that started this one. */
  readonly parent_id: string | null;
  /** Its parent does not wait for it. */
  readonly detached: boolean;
  readonly start: number;
  /** `null` while it is under way. */
  readonly end: number | null;
  readonly status: RunStatus;
}

/** A run that has ended, so that its time is known. */
export interface EndedRun extends Run {
  readonly end: number;
}

/** Artifacts passed from one agent to another. */
export interface Handoff {
  readonly from_agent: string;
  readonly to_agent: string;
  /** Microseconds. */
  readonly at: number;
}

/** What is known of one run. */
export interface InvocationSummary {
  readonly invocation_id: string;
  readonly agent_name: string | null;
  readonly workflow_id: string | null;
  readonly status: RunStatus;
  /** ISO 8601. */
  readonly started_at: string | null;
  readonly duration_seconds: number | null;
}
