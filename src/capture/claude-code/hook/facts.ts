import type { Closing } from "../events.js";
import { isInternalAgent, type EndReason } from "../identity.js";
import type { SpawnCall } from "./payload.js";
import type { ChildTranscript, HookRecord } from "./record.js";

/*
 * What a session's records are put together to: calls, runs and requests, as far as they are known.
 */

/** A call of the tool that starts a subagent. */
export interface Call {
  readonly tool_use_id: string;
  readonly at: number;
  input?: SpawnCall;
  /** The subagent that called it. */
  parent_agent_id?: string;
  request?: UserRequest;
  /** The subagent that it started. */
  agent_id?: string;
  /** Both were said to belong together, not only concluded from being the only ones. */
  certain?: boolean;
  finished?: boolean;
}

export interface End {
  readonly at: number;
  readonly reason: EndReason;
  readonly error?: string;
}

/** A run of a subagent, or what looks like one. */
export interface Run {
  readonly agent_id: string;
  /** When SubagentStart came. */
  started_at?: number;
  agent_name?: string;
  call?: Call;
  /** That the call was this one was concluded from there being no other. */
  concluded?: boolean;
  request?: UserRequest;
  parent_agent_id?: string;
  detached?: boolean;
  /** Somebody asked for it. What merely stops may be the program's own. */
  asked_for?: boolean;
  /** It began with the session, before there was anything to do. */
  early?: boolean;
  transcript?: ChildTranscript;
  end?: End;
  stops: number;
  /** It was started again after it had stopped. */
  resumed?: boolean;
}

/** What the user asked for once: a workflow, if subagents work on it. */
export interface UserRequest {
  /** Without a key, it is told by its place among the requests. */
  key?: string;
  readonly place: number;
  readonly at: number;
  cwd?: string;
  /** How work on it ended: an answer was given, or the user went on to something else. */
  closing?: Exclude<Closing, "interruption">;
  readonly runs: Set<Run>;
}

export function failure(record: HookRecord): End {
  return {
    at: record.at,
    reason: record.interrupted ? "interrupted" : "failed",
    ...(record.error === undefined ? {} : { error: record.error }),
  };
}

export function isKnown(run: Run): boolean {
  return run.asked_for === true && !isInternalAgent(run.agent_id);
}

export function startOf(run: Run): number {
  return run.started_at ?? run.call?.at ?? run.transcript?.started_at ?? run.end?.at ?? 0;
}

export function parentOf(run: Run): string | undefined {
  const parent = run.call?.parent_agent_id ?? run.parent_agent_id;
  return parent === run.agent_id ? undefined : parent;
}
