import type { OutcomeStatus, TelemetryEvent } from "../../event/events.js";

/*
 * What the hook and the import of transcripts must agree on, so that both on the same session give each run once.
 *
 * - An agent's run is told by its session and its `agent_id`, which the hook is given and the transcripts name.
 *   `session_id` is the root session: records of a subagent name it, whoever started the subagent.
 * - A workflow is told by its session and the key of the user's request. The key is `promptId` of the request's record
 *   in the transcript, which hooks call `prompt_id`; where a version writes none, it is the `uuid` of that record, which
 *   a hook finds by reading the transcript. `requests.ts` says which record is a request.
 * - A line is told by its `event_id`. There is one start of each run and workflow, whoever writes it. What may be said
 *   again otherwise, such as the end of a run that was resumed, is told by what it says.
 */

/** The `invocation_id` of a run of a subagent. Resuming the subagent later continues the same run. */
export function invocationId(session_id: string, agent_id: string): string {
  return `cc-${digest(["run", session_id, agent_id])}`;
}

/**
 * The `workflow_id` of a user's request.
 *
 * @param prompt_key `promptId` of the request's record, else its `uuid`
 */
export function workflowId(session_id: string, prompt_key: string): string {
  return `cc-${digest(["request", session_id, prompt_key])}`;
}

/** The `event_id` of the line that starts a workflow or a run. */
export function startEventId(workflow_or_invocation_id: string): string {
  return `cc-${digest(["start", workflow_or_invocation_id])}`;
}

/** The `event_id` of the handoff from one run to another: there is one, whatever passes. */
export function handoffEventId(from_invocation_id: string, to_invocation_id: string): string {
  return `cc-${digest(["handoff", from_invocation_id, to_invocation_id])}`;
}

/** The `event_id` of a line that ends or updates something, from all that it says: the same said twice is one line. */
export function contentEventId(event: TelemetryEvent): string {
  const { event_id: _, ...said } = event;
  return `cc-${digest(["content", said])}`;
}

/** 80 bits: among a million ids the chance that two are the same is below one in a trillion. */
function digest(value: unknown): string {
  // Loaded when it is needed: to load it takes a hook a tenth of its start, and most say nothing.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 20);
}

/** How a run ended, as `metadata.end_reason` says it. */
export type EndReason =
  /** It gave its answer. */
  | "completed"
  /** It ended with an error. */
  | "failed"
  /** The user interrupted it. */
  | "interrupted"
  /** It was stopped: by the user, by the agent that started it, or with the program. */
  | "killed"
  /** Nothing was heard of it any more. */
  | "abandoned";

/** The outcome that follows from how a run ended. Who was stopped has neither succeeded nor failed. */
export const OUTCOME_OF: Readonly<Record<EndReason, OutcomeStatus>> = {
  completed: "success",
  failed: "failure",
  interrupted: "unknown",
  killed: "unknown",
  abandoned: "unknown",
};

/** Hours of silence after which a run without an end counts as abandoned. */
export const ABANDONED_AFTER_HOURS = 24;

/** Names of the tool that starts a subagent; `Task` is the older one. */
export const SPAWN_TOOLS: ReadonlySet<string> = new Set(["Agent", "Task"]);

/** Agents that the program starts for itself: to compact a conversation, to suggest a prompt, … */
const INTERNAL_AGENT = /^a?(acompact|compact|prompt_suggestion|side_question|session_memory|away_summary)-/;

/** Whether an `agent_id` is one of the program's own agents, which nobody asked for. */
export function isInternalAgent(agent_id: string): boolean {
  return INTERNAL_AGENT.test(agent_id);
}

/** The prompt that the program sends when it starts, to be faster later. */
export const WARM_UP_PROMPT = "Warmup";
