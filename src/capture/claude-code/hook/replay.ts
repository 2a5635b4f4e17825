import { parseTimestamp } from "../../../event/clock.js";
import { findTelemetryDirectory } from "../../../event/directory.js";
import { readLines } from "../../../log/lines.js";
import { asObject, asText, parseRecord, type TranscriptRecord } from "../records.js";
import { ABANDONED_AFTER_HOURS } from "../identity.js";
import { closeSilent, handlePayload } from "./hook.js";
import { listJournals } from "./journal.js";

/** What a replay came to. */
export interface Replayed {
  readonly directory: string;
  readonly payloads: number;
  /** Lines that are no payloads. */
  readonly refused: number;
  /** Events that were written. */
  readonly events: number;
}

/**
 * Handles the payloads of a file, one on each line, as if they came at the time that their `timestamp` says, else now.
 * A line may also hold the payload in `payload` or `input`, as those who log hooks like to write it.
 *
 * @throws what the file system says
 */
export async function replay(path: string, given?: string): Promise<Replayed> {
  const directory = findTelemetryDirectory(given);
  let payloads = 0;
  let refused = 0;
  let events = 0;
  let latest = 0;
  const sessions = new Map<string, number>();
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      const record = line.bytes && parseRecord(line.bytes.toString("utf8"));
      if (line.length === 0) continue;
      const payload = record && (asObject(record["payload"]) ?? asObject(record["input"]) ?? record);
      if (!record || typeof payload?.["hook_event_name"] !== "string") {
        refused++;
        continue;
      }
      payloads++;
      // Without a time, it came when the one before it came.
      latest = timeOf(record) ?? timeOf(payload) ?? (latest || Date.now());
      const session_id = asText(payload["session_id"]);
      if (session_id !== undefined) sessions.set(session_id, latest);
      events += (await handlePayload(JSON.stringify(payload), { directory, now: latest })).length;
    }
  }
  const silent = Date.now() - ABANDONED_AFTER_HOURS * 3_600_000;
  for (const { session_id } of listJournals(directory)) {
    const last = sessions.get(session_id);
    if (last !== undefined && last < silent) events += closeSilent(directory, session_id, Date.now()).length;
  }
  return { directory, payloads, refused, events };
}

function timeOf(record: TranscriptRecord): number | undefined {
  const text = asText(record["timestamp"]);
  return text === undefined ? undefined : parseTimestamp(text);
}
