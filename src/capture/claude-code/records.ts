import { isObject } from "../../event/object.js";
import { readLines } from "../../log/lines.js";

/*
 * Claude Code's transcripts are internal to it and change: everything is looked at as if it might be anything.
 */

/** A line of a transcript. */
export type TranscriptRecord = Readonly<Record<string, unknown>>;

/** A longer line is not read: no record that tells of agents is so long, and it would take as much memory. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;

/** What a transcript holds beside records. */
export interface Trouble {
  /** Called with the kind of what was not understood. */
  (kind: string): void;
}

/**
 * Reads a transcript record by record. Lines that are no records are reported, and passed over. Memory is bounded by the
 * longest line.
 *
 * @param onRecord called with each record; whoever gathers them makes the collection of garbage slow
 * @param onBytes called with the bytes read since the last call
 * @throws what the file system says
 */
export async function readRecords(
  path: string,
  onRecord: (record: TranscriptRecord) => void,
  onTrouble: Trouble,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<void> {
  for await (const lines of readLines(path)) {
    let bytes = 0;
    for (const line of lines) {
      bytes += line.length + (line.terminated ? 1 : 0);
      if (line.length === 0) continue;
      if (!line.bytes || line.length > MAX_RECORD_BYTES) {
        onTrouble("line longer than 32 MB");
        continue;
      }
      if (isNoise(line.bytes)) continue;
      const record = parseRecord(line.bytes.toString("utf8"));
      if (record) onRecord(record);
      // A last line without its end is being written.
      else if (line.terminated && line.bytes.some((byte) => byte > SPACE || byte === 0)) onTrouble("damaged line");
    }
    onBytes(bytes);
  }
}

const SPACE = 0x20;

const PROGRESS = Buffer.from('"type":"progress"');
const AGENT_PROGRESS = Buffer.from('"agent_progress"');

/** Half of a transcript tells how far hooks and commands are. Inside of a JSON text the quotes would be escaped. */
function isNoise(line: Buffer): boolean {
  return line.includes(PROGRESS) && !line.includes(AGENT_PROGRESS);
}

/** Reads one line. */
export function parseRecord(line: string): TranscriptRecord | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): TranscriptRecord | undefined {
  return isObject(value) ? value : undefined;
}

/** A text that says something. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A count or a duration. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** When a record was written, in milliseconds since 1970. */
export function timeOf(record: TranscriptRecord): number | undefined {
  const text = asText(record["timestamp"]);
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return time > 0 && time < LATEST ? time : undefined;
}

/** The year 9999: later ones have no ISO 8601 form that readers take. */
const LATEST = 253_402_300_800_000;

/** The message of a record of type `user` or `assistant`. */
export function messageOf(record: TranscriptRecord): TranscriptRecord {
  return asObject(record["message"]) ?? {};
}

/** The content of a message as blocks: a text alone is one block. */
export function blocksOf(message: TranscriptRecord): readonly TranscriptRecord[] {
  const content: unknown = message["content"];
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) return [];
  if (content.every((block) => asObject(block) !== undefined)) return content as TranscriptRecord[];
  return (content as unknown[]).flatMap((block): TranscriptRecord[] => {
    if (typeof block === "string") return [{ type: "text", text: block }];
    const object = asObject(block);
    return object ? [object] : [];
  });
}

/** The text of a message, or of the content of a tool's result. */
export function textOf(message: TranscriptRecord): string {
  return blocksOf(message)
    .flatMap((block) => (block["type"] === "text" ? (asText(block["text"]) ?? []) : []))
    .join("\n");
}
