import { formatTimestamp, timeOf } from "../event/clock.js";
import { findTelemetryDirectory } from "../event/directory.js";
import type { Tables } from "../tables/tables.js";

/** How the log of a telemetry directory is opened as tables. Every field may be left out. */
export interface AccessOptions {
  /** Telemetry directory; by default as {@link findTelemetryDirectory} finds it. */
  readonly directory?: string;
  /** What "now" is: what was logged later does not count. Default: the time of the call, and everything counts. */
  readonly as_of?: string | Date;
  /** A workflow without an end counts as abandoned after so many seconds of silence. Default: one day. */
  readonly abandoned_after_seconds?: number;
  /** Called now and then while a long log is read: bytes that have been read, and bytes there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

const DAY_SECONDS = 24 * 60 * 60;

/**
 * Opens the tables, lets `work` use them, and closes them.
 *
 * @param work also gets the time since when a workflow must have been silent to be abandoned
 * @throws {RangeError} when `as_of` is no time
 */
export async function withTables<T>(
  options: AccessOptions,
  work: (tables: Tables, silentSince: string) => Promise<T>,
): Promise<T> {
  const asOf = options.as_of === undefined ? undefined : timeOf("as_of", options.as_of);
  const silence = (options.abandoned_after_seconds ?? DAY_SECONDS) * 1000;
  // Loading the SQL engine takes time: wrong usage is said before.
  const { Tables } = await import("../tables/tables.js");
  const tables = await Tables.open(findTelemetryDirectory(options.directory), {
    until: asOf === undefined ? undefined : formatTimestamp(asOf),
    onProgress: options.onProgress,
  });
  try {
    return await work(tables, formatTimestamp(Math.max(0, (asOf ?? Date.now()) - silence)));
  } finally {
    tables.close();
  }
}
