import { join } from "node:path";

import { LOG_FILES, LOG_KINDS } from "../../event/directory.js";
import type { TelemetryEvent } from "../../event/events.js";
import { readLines } from "../../log/lines.js";
import { EventWriter } from "../../record/event-writer.js";
import type { TracesOptions } from "../trace/traces.js";
import { readOtlpFile } from "./read-file.js";
import { OtlpTranslator } from "./translator.js";

/** What is imported, and where to. */
export interface OtlpImportOptions extends TracesOptions {
  /** Telemetry directory. */
  readonly directory: string;
  /** `-` is standard input. */
  readonly files: readonly string[];
  /** Counts what would be added, and adds nothing. */
  readonly dry_run?: boolean;
  /** Called with the bytes read so far of all files, and how many there are. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What an import found and added. */
export interface OtlpImportResult {
  readonly directory: string;
  readonly dry_run: boolean;
  readonly spans: number;
  readonly log_records: number;
  /** Workflows, invocations and handoffs that were found. */
  readonly workflows: number;
  readonly invocations: number;
  readonly handoffs: number;
  /** Lines that the log did not hold yet. */
  readonly lines_added: number;
  readonly lines_known: number;
  /** Spans and log records without what makes them such. */
  readonly rejected: number;
  /** What could not be read: the first hundred places. */
  readonly damage: readonly { readonly where: string; readonly reason: string }[];
  readonly damaged: number;
}

const MAX_PLACES = 100;

/**
 * Imports traces from files. Lines that the log holds already are not added again.
 *
 * @throws what the file system says of a file that cannot be read, or of a log that cannot be written
 */
export async function importOtlp(options: OtlpImportOptions): Promise<OtlpImportResult> {
  const { directory, files, dry_run = false } = options;
  const translator = new OtlpTranslator(options);
  const known = await knownLines(directory);
  let lost: unknown;
  const writer = new EventWriter(directory, (_, error) => (lost ??= error));
  const found = { workflows: new Set<string>(), invocations: new Set<string>(), handoffs: new Set<string>() };
  const counts = { spans: 0, log_records: 0, lines_added: 0, lines_known: 0, rejected: 0, damaged: 0 };
  const damage: { where: string; reason: string }[] = [];
  const broken = (where: string, reason: string) => {
    if (++counts.damaged <= MAX_PLACES) damage.push({ where, reason });
  };

  const write = (events: readonly TelemetryEvent[]) => {
    for (const event of events) {
      if (event.event === "workflow_start") found.workflows.add(event.workflow_id);
      if (event.event === "invocation_start") found.invocations.add(event.invocation_id);
      if (event.event === "agent_handoff") found.handoffs.add(event.event_id ?? JSON.stringify(event));
    }
    const fresh = events.filter(({ event_id }) => typeof event_id !== "string" || !known.has(event_id));
    for (const { event_id } of fresh) if (typeof event_id === "string") known.add(event_id);
    counts.lines_added += fresh.length;
    counts.lines_known += events.length - fresh.length;
    if (!dry_run) writer.write(fresh);
    if (lost !== undefined) throw lost;
  };

  const sizes = files.map(() => [0, 0]);
  try {
    for (const [i, file] of files.entries()) {
      const onProgress = (done: number, total: number) => {
        sizes[i] = [done, total];
        options.onProgress?.(sum(sizes, 0), sum(sizes, 1));
      };
      for await (const entry of readOtlpFile(file, onProgress)) {
        if (entry.kind === "damage") {
          broken(entry.where, entry.reason);
          continue;
        }
        const { spans, logs } = entry.request;
        const { events, rejected, reason } = translator.add(entry.request);
        counts.spans += spans.length;
        counts.log_records += logs.length;
        counts.rejected += rejected;
        if (reason !== undefined) broken(file, reason);
        write(events);
      }
    }
    write(translator.flush());
  } finally {
    writer.close();
  }
  if (lost !== undefined) throw lost;
  const { workflows, invocations, handoffs } = found;
  return {
    directory,
    dry_run,
    ...counts,
    workflows: workflows.size,
    invocations: invocations.size,
    handoffs: handoffs.size,
    damage,
  };
}

/** The identities of the lines that such imports have written. */
async function knownLines(directory: string): Promise<Set<string>> {
  const known = new Set<string>();
  for (const kind of LOG_KINDS)
    for await (const lines of readLines(join(directory, LOG_FILES[kind])))
      for (const { bytes } of lines) {
        const id = bytes && /"event_id":"([^"]+)"/.exec(bytes.toString("latin1"))?.[1];
        if (id) known.add(id);
      }
  return known;
}

function sum(pairs: readonly (readonly number[])[], index: number): number {
  return pairs.reduce((total, pair) => total + (pair[index] ?? 0), 0);
}
