import type { Tokens } from "../agent-transcript.js";
import type { Payload } from "./payload.js";

/**
 * What the journal of a session keeps of one payload: what it says, and what was found on the disk when it came, so that
 * the events follow from the journal alone.
 */
export interface HookRecord extends Omit<
  Payload,
  "event" | "session_id" | "prompt_id" | "prompt" | "transcript_path" | "agent_transcript_path"
> {
  /** `Silence` closes a session of which nothing was heard any more. */
  readonly event: Payload["event"] | "Silence";
  /** Tells it from the others. */
  readonly id: string;
  /** When it came, milliseconds since 1970. */
  readonly at: number;
  /** Tells the user's request: see `identity.ts`. */
  readonly prompt_key?: string;
  /** A prompt of the program itself, such as that a task has ended: work on the request goes on. */
  readonly continues?: boolean;
  /** Length of the session's transcript when the request came: its record stands behind that. */
  readonly transcript_bytes?: number;
  /** Which call started the subagent, from the file beside its transcript. */
  readonly spawned_by?: SpawnedBy;
  /** What the subagent's own transcript says. */
  readonly transcript?: ChildTranscript;
  /** The subagent that the name of the transcript tells, where it is another than `agent_id`. */
  readonly transcript_agent_id?: string;
  /** The project's folder. */
  readonly cwd?: string;
}

/** Where a subagent comes from, as the file beside its transcript says. */
export interface SpawnedBy {
  readonly tool_use_id?: string;
  readonly agent_type?: string;
  readonly parent_agent_id?: string;
}

/** What the transcript of a subagent tells of its run. */
export interface ChildTranscript {
  /** When its first record was written, milliseconds since 1970. */
  readonly started_at?: number;
  readonly records: number;
  readonly tools: readonly string[];
  readonly files_read: readonly string[];
  readonly files_written: readonly string[];
  readonly files_created: readonly string[];
  readonly model?: string;
  readonly tokens?: Tokens;
  /** The program started it to be faster later. */
  readonly warm_up?: boolean;
}
