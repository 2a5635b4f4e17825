import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { basename, join } from "node:path";

import { AgentTranscript } from "../agent-transcript.js";
import { WARM_UP_PROMPT } from "../identity.js";
import { asObject, asText, parseRecord } from "../records.js";
import { Requests } from "../requests.js";
import { definedFields } from "./defined-fields.js";
import type { ChildTranscript, HookRecord, SpawnedBy } from "./record.js";

/** A file beside a transcript is small. */
const LONGEST_SIDECAR = 64 * 1024;

/** Transcripts of subagents are read in parts, and so far: a hook must end soon. */
const CHUNK = 4 * 1024 * 1024;
const LONGEST_TRANSCRIPT = 64 * 1024 * 1024;

const NEWLINE = 0x0a;

/** What is read of a transcript to find a request: its record stands near. */
const REQUEST_WINDOW = 4 * 1024 * 1024;

/**
 * What the file beside a subagent's transcript says of where it comes from. It is written when the subagent starts, by
 * newer versions of Claude Code.
 *
 * @param agent_id fit to be a part of a file's name
 */
export function readSidecar(transcript_path: string | undefined, agent_id: string): SpawnedBy | undefined {
  if (!transcript_path?.endsWith(".jsonl")) return undefined;
  const folder = transcript_path.slice(0, -".jsonl".length);
  const text = readPart(join(folder, "subagents", `agent-${agent_id}.meta.json`), 0, LONGEST_SIDECAR);
  if (text === undefined) return undefined;
  try {
    const sidecar = asObject(JSON.parse(text)) ?? {};
    return definedFields<SpawnedBy>({
      tool_use_id: asText(sidecar["toolUseId"]),
      agent_type: asText(sidecar["agentType"]),
      parent_agent_id: asText(sidecar["parentAgentId"]),
    });
  } catch {
    return undefined;
  }
}

/** The subagent that the name of its transcript tells. */
export function agentOfTranscript(path: string | undefined): string | undefined {
  return path === undefined ? undefined : /^agent-([A-Za-z0-9_-]{1,128})\.jsonl$/.exec(basename(path))?.[1];
}

/** How long a session's transcript is. */
export function transcriptBytes(path: string | undefined): number | undefined {
  if (path === undefined) return undefined;
  return withFile(path, (_, size) => size);
}

/**
 * The key of the request that a session works on, from its transcript, for versions whose hooks do not tell it.
 *
 * @param records what the session's journal holds
 */
export function requestKey(transcript_path: string | undefined, records: readonly HookRecord[]): string | undefined {
  if (transcript_path === undefined) return undefined;
  const from = records.findLast((record) => record.event === "UserPromptSubmit" && !record.continues)?.transcript_bytes;
  const size = transcriptBytes(transcript_path) ?? 0;
  const text = readPart(transcript_path, from ?? Math.max(0, size - REQUEST_WINDOW), REQUEST_WINDOW) ?? "";
  const requests = new Requests();
  let last: string | undefined;
  for (const line of text.split("\n")) {
    const record = parseRecord(line);
    const request = record && requests.requestOf(record);
    if (!request) continue;
    // Behind the place where the request came it is the first, else the last that there is.
    if (from !== undefined) return request.key;
    last = request.key;
  }
  return last;
}

/** Whether the user asked for something: the program too submits prompts, such as that a task has ended. */
export function isRequest(prompt: string): boolean {
  const record = { type: "user", uuid: "prompt", message: { role: "user", content: prompt } };
  return new Requests().requestOf(record) !== undefined;
}

/**
 * What the transcript of a subagent says of its run.
 *
 * @returns undefined where there is none
 */
export function readChild(path: string): ChildTranscript | undefined {
  const child = new AgentTranscript();
  eachLine(path, (line) => {
    const record = parseRecord(line);
    if (record) child.see(record);
  });
  if (child.records === 0) return undefined;
  return definedFields<ChildTranscript>({
    started_at: child.first_at,
    records: child.records,
    tools: [...child.tools],
    files_read: [...child.files_read],
    files_written: [...child.files_written],
    files_created: [...child.files_created],
    model: child.model,
    tokens: child.tokens,
    warm_up: child.prompt === WARM_UP_PROMPT || undefined,
  });
}

/** The lines of a file, up to {@link LONGEST_TRANSCRIPT} bytes. */
function eachLine(path: string, use: (line: string) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  for (let from = 0; from < LONGEST_TRANSCRIPT; from += CHUNK) {
    const part = readBytes(path, from, CHUNK);
    if (!part) break;
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    const end = part.length < CHUNK ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
    for (const line of bytes.toString("utf8", 0, end).split("\n")) use(line);
    rest = bytes.subarray(end);
    if (part.length < CHUNK) break;
  }
}

function readPart(path: string, from: number, longest: number): string | undefined {
  return readBytes(path, from, longest)?.toString("utf8");
}

function readBytes(path: string, from: number, longest: number): Buffer | undefined {
  return withFile(path, (descriptor, size) => {
    const bytes = Buffer.alloc(Math.min(longest, Math.max(0, size - from)));
    let read = 0;
    while (read < bytes.length) {
      const more = readSync(descriptor, bytes, read, bytes.length - read, from + read);
      if (more === 0) break;
      read += more;
    }
    return bytes.subarray(0, read);
  });
}

/** Opens a file, if it is one: what a payload names may be a device or a pipe that never ends. */
function withFile<T>(path: string, use: (descriptor: number, size: number) => T): T | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    return stats.isFile() ? use(descriptor, stats.size) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
