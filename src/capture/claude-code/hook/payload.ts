import { isObject } from "../../../event/object.js";
import { writable } from "../../writable.js";
import { SPAWN_TOOLS } from "../identity.js";
import { definedFields } from "./defined-fields.js";

/** The hooks that say something about runs of subagents; `oak init` registers these. */
export const HOOK_EVENTS = [
  "SessionStart",
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "SubagentStart",
  "SubagentStop",
  "Stop",
  "StopFailure",
  "SessionEnd",
] as const;

export type HookEvent = (typeof HOOK_EVENTS)[number];

/** The hooks that Claude Code calls for tools: only those of the tools that start a subagent matter. */
export const TOOL_EVENTS: ReadonlySet<HookEvent> = new Set(["PreToolUse", "PostToolUse", "PostToolUseFailure"]);

/** An `agent_id`, `session_id` or `tool_use_id` that may be part of a file's name. */
const SAFE_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** What a hook payload says that matters here. */
export interface Payload {
  readonly event: HookEvent;
  readonly session_id: string;
  readonly prompt_id?: string;
  /** The subagent that is meant (SubagentStart, SubagentStop), or in which the tool is called. */
  readonly agent_id?: string;
  readonly agent_type?: string;
  /** What was submitted, as it is: to be looked at, not written. */
  readonly prompt?: string;
  readonly transcript_path?: string;
  readonly cwd?: string;
  readonly tool_use_id?: string;
  /** What a subagent is started for. */
  readonly call?: SpawnCall;
  /** What the tool that started a subagent said. */
  readonly result?: SpawnResult;
  readonly error?: string;
  readonly interrupted?: boolean;
  /** The subagent was made to go on when it wanted to stop. */
  readonly stop_hook_active?: boolean;
  readonly agent_transcript_path?: string;
}

/** The input of the tool that starts a subagent. */
export interface SpawnCall {
  readonly agent_name: string;
  readonly task_description?: string;
  readonly model?: string;
  readonly background?: boolean;
}

/** The answer of the tool that starts a subagent. */
interface SpawnResult {
  readonly status?: string;
  readonly agent_id?: string;
  readonly agent_type?: string;
  readonly milliseconds?: number;
}

/** Why a payload says nothing about subagents: what is wrong with it, or that it is about something else. */
export type Refusal = "not_json" | "not_a_payload" | "irrelevant";

/** Reads what Claude Code gives to a hook. Never throws. Texts are as they came: see {@link redactedPayload}. */
export function readPayload(text: string): Payload | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "not_json";
  }
  if (!isObject(value)) return "not_a_payload";
  const event = HOOK_EVENTS.find((name) => name === value["hook_event_name"]);
  if (event === undefined) return typeof value["hook_event_name"] === "string" ? "irrelevant" : "not_a_payload";
  if (TOOL_EVENTS.has(event) && !SPAWN_TOOLS.has(String(value["tool_name"]))) return "irrelevant";
  const session_id = idOf(value["session_id"]);
  if (session_id === undefined) return "not_a_payload";
  const payload = {
    event,
    session_id,
    prompt_id: textOf(value["prompt_id"]),
    agent_id: idOf(value["agent_id"]),
    agent_type: textOf(value["agent_type"]),
    prompt: event === "UserPromptSubmit" ? textOf(value["prompt"]) : undefined,
    transcript_path: textOf(value["transcript_path"]),
    cwd: textOf(value["cwd"]),
    tool_use_id: idOf(value["tool_use_id"]),
    call: event === "PreToolUse" || event === "PostToolUse" ? spawnCall(value["tool_input"]) : undefined,
    result: event === "PostToolUse" ? spawnResult(value["tool_response"]) : undefined,
    error: textOf(value["error_details"]) ?? textOf(value["error"]),
    interrupted: value["is_interrupt"] === true || undefined,
    stop_hook_active: value["stop_hook_active"] === true || undefined,
    agent_transcript_path: textOf(value["agent_transcript_path"]),
  };
  const aboutAgent = event === "SubagentStart" || event === "SubagentStop";
  if ((aboutAgent && !payload.agent_id) || (TOOL_EVENTS.has(event) && !payload.tool_use_id)) return "not_a_payload";
  return definedFields(payload);
}

/** The agent type is the subagent's default where the model named none. */
function spawnCall(input: unknown): SpawnCall {
  const fields = isObject(input) ? input : {};
  return definedFields({
    agent_name: textOf(fields["subagent_type"]) ?? "general-purpose",
    task_description: textOf([textOf(fields["description"]), textOf(fields["prompt"])].filter(Boolean).join("\n\n")),
    model: textOf(fields["model"]),
    background: fields["run_in_background"] === true || undefined,
  });
}

function spawnResult(response: unknown): SpawnResult {
  const fields = isObject(response) ? response : {};
  const milliseconds = fields["totalDurationMs"];
  return definedFields({
    status: textOf(fields["status"]),
    agent_id: idOf(fields["agentId"]),
    agent_type: textOf(fields["agentType"]),
    milliseconds: typeof milliseconds === "number" && milliseconds >= 0 ? milliseconds : undefined,
  });
}

/** The texts of a payload that are written. */
export function textsOf({ call, error }: Payload): string[] {
  return [call?.task_description, error].filter((text) => text !== undefined);
}

/**
 * The payload as it may be written.
 *
 * @param redact takes secrets out of a text
 */
export function redactedPayload(payload: Payload, redact: (text: string) => string): Payload {
  const { call, error } = payload;
  const clean = (text: string) => writable(text, redact);
  const task = call?.task_description;
  return {
    ...payload,
    ...(call && task !== undefined ? { call: { ...call, task_description: clean(task) } } : {}),
    ...(error === undefined ? {} : { error: clean(error) }),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function idOf(value: unknown): string | undefined {
  return typeof value === "string" && SAFE_ID.test(value) ? value : undefined;
}
