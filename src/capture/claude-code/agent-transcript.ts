import { asNumber, asObject, asText, blocksOf, messageOf, textOf, timeOf, type TranscriptRecord } from "./records.js";
import { isInterruption, rootSessionOf } from "./requests.js";

/** Tokens as Claude Code counts them: input without what was cached. */
export interface Tokens {
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
}

const TOKEN_FIELDS = [
  "input_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const satisfies (keyof Tokens)[];

const NO_TOKENS: Tokens = {
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};

/** Tools that write files, with the field of their input that names the file. */
const WRITERS: Readonly<Record<string, string>> = {
  Edit: "file_path",
  MultiEdit: "file_path",
  Write: "file_path",
  NotebookEdit: "notebook_path",
};

/** How the records of an agent end: a hint where nobody else says how it ended. */
export type LastWord = "nothing" | "working" | "answer" | "interruption" | "error";

/** What a record is as the last word; undefined where it does not matter. */
export function lastWordOf(record: TranscriptRecord): LastWord | undefined {
  if (record["type"] === "user") return isInterruption(record) ? "interruption" : "working";
  if (record["type"] !== "assistant") return undefined;
  if (record["isApiErrorMessage"] === true) return "error";
  const message = messageOf(record);
  return blocksOf(message).at(-1)?.["type"] === "text" && message["stop_reason"] !== "tool_use" ? "answer" : "working";
}

/**
 * What a subagent's own records say of its run: when, on what, with which tools, files and tokens. Memory grows with the
 * number of its requests and files, not with their content.
 */
export class AgentTranscript {
  /** Milliseconds since 1970. */
  first_at: number | undefined;
  last_at: number | undefined;
  /** The root session, as the first record names it. */
  session_id: string | undefined;
  prompt_id: string | undefined;
  cwd: string | undefined;
  /** The first thing that it was told. */
  prompt: string | undefined;
  /** The last model that answered. */
  model: string | undefined;
  /** Identity of the first record: a copy of the transcript begins with the same one. */
  first_uuid: string | undefined;
  last_word: LastWord = "nothing";
  error: string | undefined;
  records = 0;
  /** Names, in the order of first use. */
  readonly tools = new Set<string>();
  readonly files_read = new Set<string>();
  /** Files that it wrote, those that it created among them. */
  readonly files_written = new Set<string>();
  readonly files_created = new Set<string>();
  /** Calls that have no result yet, with the file that they read or write. */
  readonly #pending = new Map<string, { path: string; writes: boolean }>();
  /** A request stands on several lines, which say the same or more: the last one counts. */
  readonly #usage = new Map<string, Tokens>();
  /** Tokens of the requests that are forgotten. */
  #settled: Tokens | undefined;

  see(record: TranscriptRecord): void {
    this.records++;
    const time = timeOf(record);
    if (time !== undefined) {
      this.first_at = Math.min(this.first_at ?? time, time);
      this.last_at = Math.max(this.last_at ?? time, time);
    }
    this.first_uuid ??= asText(record["uuid"]);
    this.session_id ??= rootSessionOf(record);
    this.prompt_id ??= asText(record["promptId"]);
    this.cwd ??= asText(record["cwd"]);
    this.last_word = lastWordOf(record) ?? this.last_word;
    if (this.last_word === "error" && record["type"] === "assistant") this.error = textOf(messageOf(record));
    if (record["type"] === "assistant") this.#seeAnswer(record);
    else if (record["type"] === "user") this.#seeInput(record);
  }

  /** Tokens of all requests; undefined when no request is known. */
  get tokens(): Tokens | undefined {
    if (!this.#settled && this.#usage.size === 0) return undefined;
    const sum = { ...(this.#settled ?? NO_TOKENS) };
    for (const usage of this.#usage.values()) for (const field of TOKEN_FIELDS) sum[field] += usage[field];
    return sum;
  }

  /** Forgets what was only needed to count each request once: there are no more records. */
  settle(): void {
    this.#settled = this.tokens;
    this.#usage.clear();
    this.#pending.clear();
  }

  #seeAnswer(record: TranscriptRecord): void {
    const message = messageOf(record);
    const usage = asObject(message["usage"]);
    if (usage) {
      const request = [asText(message["id"]) ?? asText(record["uuid"]) ?? this.records, record["requestId"]].join("|");
      const known = this.#usage.get(request);
      // Of an answer that is still being written, the count of its tokens grows.
      const tokens = Object.fromEntries(
        TOKEN_FIELDS.map((field) => [field, Math.max(known?.[field] ?? 0, asNumber(usage[field]) ?? 0)]),
      ) as unknown as Tokens;
      this.#usage.set(request, tokens);
    }
    const model = asText(message["model"]);
    if (model !== undefined && model !== "<synthetic>") this.model = model;
    for (const block of blocksOf(message)) if (block["type"] === "tool_use") this.#seeCall(block);
  }

  #seeCall(block: TranscriptRecord): void {
    const name = asText(block["name"]);
    if (name === undefined) return;
    this.tools.add(name);
    const input = asObject(block["input"]) ?? {};
    const writes = Object.hasOwn(WRITERS, name);
    const path = asText(input[writes ? WRITERS[name]! : "file_path"]);
    const id = asText(block["id"]);
    if (path === undefined || id === undefined) return;
    if (writes || name === "Read") this.#pending.set(id, { path, writes });
  }

  #seeInput(record: TranscriptRecord): void {
    const message = messageOf(record);
    for (const block of blocksOf(message)) {
      if (block["type"] !== "tool_result") continue;
      const id = asText(block["tool_use_id"]) ?? "";
      const call = this.#pending.get(id);
      this.#pending.delete(id);
      // A call that failed, or was refused, has done nothing.
      if (!call || block["is_error"] === true) continue;
      (call.writes ? this.files_written : this.files_read).add(call.path);
      if (call.writes && asObject(record["toolUseResult"])?.["type"] === "create") this.files_created.add(call.path);
    }
    this.prompt ??= asText(textOf(message));
  }
}
