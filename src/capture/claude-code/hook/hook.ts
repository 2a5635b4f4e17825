import { findTelemetryDirectory } from "../../../event/directory.js";
import type { TelemetryEvent } from "../../../event/events.js";
import { EventWriter } from "../../../record/event-writer.js";
import { isRedactionOff, redactForms } from "../../redact-forms.js";
import { ABANDONED_AFTER_HOURS } from "../identity.js";
import {
  appendDone,
  appendRecord,
  appendRefused,
  isOverdue,
  journalPath,
  readJournal,
  takeSilent,
  type Journal,
} from "./journal.js";
import { definedFields } from "./defined-fields.js";
import { agentOfTranscript, isRequest, readChild, readSidecar, requestKey, transcriptBytes } from "./observe.js";
import { readPayload, redactedPayload, textsOf, type Payload, type Refusal } from "./payload.js";
import type { HookRecord } from "./record.js";
import { mayHoldSecret, mayHoldToken } from "./secrets.js";
import { Session } from "./session.js";

/** How a payload is handled. */
export interface HookOptions {
  /** Telemetry directory; by default as {@link findTelemetryDirectory} finds it from the project's folder. */
  readonly directory?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** When the payload came, milliseconds since 1970. Default: now. */
  readonly now?: number;
  /** Enters what a payload says into its session, instead of its journal, and gives the events that were written. */
  readonly enter?: (record: HookRecord) => TelemetryEvent[];
  /** What is known of the session. Default: its journal. */
  readonly records?: () => readonly HookRecord[];
}

/**
 * Turns what Claude Code gives to a hook into events, and appends them to the log. Payloads of one session may be handled
 * by many processes at once. Secrets are taken out of texts before anything is written.
 *
 * @param text a payload, JSON
 * @returns the events that were written
 * @throws what the file system says
 */
export async function handlePayload(text: string, options: HookOptions = {}): Promise<TelemetryEvent[]> {
  const payload = readPayload(text);
  return handleClean(typeof payload === "string" ? payload : await withoutSecrets(payload, options.env), options);
}

/** What a payload says, as it may be written. The rules that find secrets are only loaded where they could find some. */
async function withoutSecrets(payload: Payload, env = process.env): Promise<Payload> {
  if (isRedactionOff(env) || !textsOf(payload).some(mayHoldSecret)) return redactedPayload(payload, (text) => text);
  const redacted = redactedPayload(payload, redactForms);
  if (!textsOf(redacted).some(mayHoldToken)) return redacted;
  try {
    return redactedPayload(payload, (await import("../../redact.js")).redact);
  } catch {
    // Where the rules were not installed, nothing of such a text is written.
    return redactedPayload(payload, () => "[REDACTED]");
  }
}

function handleClean(payload: Payload | Refusal, options: HookOptions): TelemetryEvent[] {
  const { env = process.env, now = Date.now() } = options;
  if (payload === "irrelevant") return [];
  const cwd = env["CLAUDE_PROJECT_DIR"] || (typeof payload === "object" ? payload.cwd : undefined);
  const directory = options.directory ?? findTelemetryDirectory(undefined, env, cwd);
  if (typeof payload === "string") {
    appendRefused(directory, payload, now);
    return [];
  }
  const journalled = () => readJournal(journalPath(directory, payload.session_id)).records;
  const record = observed(payload, now, cwd, options.records ?? journalled);
  if (options.enter) return options.enter(record);
  const events = handle(directory, payload.session_id, record, now);
  if (payload.event !== "SessionStart") return events;
  const silence = ABANDONED_AFTER_HOURS * 3_600_000;
  return [...events, ...takeSilent(directory, now, silence).flatMap((id) => closeSilent(directory, id, now))];
}

/** Closes a session of which nothing is heard any more: what still ran in it was abandoned. */
function closeSilent(directory: string, session_id: string, now: number): TelemetryEvent[] {
  return handle(directory, session_id, { id: newId(), at: now, event: "Silence" }, now);
}

/** What a payload says, and what the disk says besides. */
function observed(
  payload: Payload,
  now: number,
  cwd: string | undefined,
  records: () => readonly HookRecord[],
): HookRecord {
  const { session_id: _, prompt_id, prompt, transcript_path, agent_transcript_path, ...said } = payload;
  const { event, agent_id } = payload;
  const aboutAgent = event === "SubagentStart" || event === "SubagentStop";
  const spawned_by = aboutAgent && agent_id !== undefined ? readSidecar(transcript_path, agent_id) : undefined;
  const transcript_agent_id = agentOfTranscript(agent_transcript_path);
  const prompt_key = prompt_id ?? (event === "UserPromptSubmit" ? undefined : requestKey(transcript_path, records));
  return definedFields<HookRecord>({
    ...said,
    id: newId(),
    at: now,
    prompt_key,
    continues: prompt !== undefined && !isRequest(prompt) ? true : undefined,
    transcript_bytes: event === "UserPromptSubmit" && !prompt_id ? transcriptBytes(transcript_path) : undefined,
    spawned_by,
    transcript:
      event === "SubagentStop" && transcript_agent_id !== undefined ? readChild(agent_transcript_path!) : undefined,
    transcript_agent_id: transcript_agent_id === agent_id ? undefined : transcript_agent_id,
    cwd,
  });
}

/** Enters a record into its session's journal, and writes the events that it adds. */
function handle(directory: string, session_id: string, record: HookRecord, now: number): TelemetryEvent[] {
  appendRecord(directory, session_id, record);
  const journal = readJournal(journalPath(directory, session_id));
  const entered = journal.records.some(({ id }) => id === record.id);
  // Where the journal cannot be written, what it held still says most.
  const records = entered ? journal.records : [...journal.records, record];
  const due = new Set(dueRecords({ ...journal, records }, record, now));
  const session = new Session(session_id);
  const events: TelemetryEvent[] = [];
  const done: string[] = [];
  for (const each of records) {
    const added = session.step(each, due.has(each));
    if (added.length === 0) continue;
    events.push(...added);
    done.push(each.id);
  }
  appendEvents(directory, events);
  for (const id of done) appendDone(directory, session_id, id);
  return events;
}

/** The record itself, and those whose processes were ended before they had written their events. */
function dueRecords(journal: Journal, record: HookRecord, now: number): HookRecord[] {
  return journal.records.filter((each) => each.id === record.id || isOverdue(journal, each, now));
}

export function appendEvents(directory: string, events: readonly TelemetryEvent[]): void {
  const writer = new EventWriter(directory, () => undefined);
  writer.write(events);
  writer.close();
}

function newId(): string {
  return [process.pid, process.hrtime.bigint(), Math.floor(Math.random() * 2 ** 48)]
    .map((n) => n.toString(36))
    .join("-");
}
