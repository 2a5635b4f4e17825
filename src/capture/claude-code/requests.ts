import { asObject, asText, blocksOf, messageOf, textOf, timeOf, type TranscriptRecord } from "./records.js";

/** What a user asked for: it becomes a workflow when subagents worked on it. */
export interface Request {
  /** See identity.ts; empty for what precedes the first request. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly at: number | undefined;
  /** The root session. */
  readonly session_id: string | undefined;
  /** Working directory. */
  readonly cwd: string | undefined;
}

/** Texts that the program writes in the user's name. */
const NOT_ASKED =
  /^\s*(?:<(?:local-command-|bash-|task-notification|system-reminder|command-stdout|teammate-message|agent-message)|\[Request interrupted by user|Caveat: The messages below)/;

/** Commands that the program itself carries out, and that ask for nothing. */
const OWN_COMMANDS =
  /<command-name>\/?(?:clear|compact|mcp|model|config|login|logout|status|help|cost|usage|resume|rewind|exit|quit|hooks|permissions|agents|memory|context|doctor|theme|vim|plugin|ide|terminal-setup|rename|export|fast|effort)<\/command-name>/;

/** Says which records of the root transcript are requests of the user. Records must be shown in their order. */
export class Requests {
  #previous: TranscriptRecord | undefined;

  /** The request that a record makes, if it makes one. */
  requestOf(record: TranscriptRecord): Request | undefined {
    const previous = this.#previous;
    this.#previous = record;
    if (!isRequest(record)) return undefined;
    // A command and the text that it stands for are written as two records.
    const expands = previous !== undefined && asText(record["parentUuid"]) === asText(previous["uuid"]);
    if (expands && isRequest(previous) && isCommand(previous)) return undefined;
    const key = asText(record["promptId"]) ?? asText(record["uuid"]);
    if (key === undefined) return undefined;
    return { key, at: timeOf(record), session_id: rootSessionOf(record), cwd: asText(record["cwd"]) };
  }
}

function isRequest(record: TranscriptRecord): boolean {
  if (record["type"] !== "user" || record["isSidechain"] === true) return false;
  if (record["isMeta"] === true || record["isCompactSummary"] === true) return false;
  const origin = asText(asObject(record["origin"])?.["kind"]);
  if (origin !== undefined && origin !== "human") return false;
  const blocks = blocksOf(messageOf(record));
  if (blocks.length === 0 || blocks.some((block) => block["type"] === "tool_result")) return false;
  const text = textOf(messageOf(record));
  return !NOT_ASKED.test(text) && !OWN_COMMANDS.test(text);
}

function isCommand(record: TranscriptRecord): boolean {
  return /<command-(?:name|message)>/.test(textOf(messageOf(record)));
}

/** Whether a record says that the user interrupted the work. */
export function isInterruption(record: TranscriptRecord): boolean {
  if (record["type"] !== "user") return false;
  return blocksOf(messageOf(record)).some(
    (block) => block["type"] === "text" && asText(block["text"])?.startsWith("[Request interrupted by user"),
  );
}

/** The session in which a record was first written: a session that continues another one copies its lines. */
export function rootSessionOf(record: TranscriptRecord): string | undefined {
  return asText(asObject(record["forkedFrom"])?.["sessionId"]) ?? asText(record["sessionId"]);
}
