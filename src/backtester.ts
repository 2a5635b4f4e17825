import { ownHistory, type OwnHistory } from "./backtest/own-history.js";
import { hindsights, type HistoricRun } from "./backtest/prequential.js";
import { formatTimestamp, timeOf } from "./event/clock.js";
import type { TimedRecord } from "./tables/backtest-queries.js";
import { KeptTables } from "./tables/kept.js";

/** What {@link backtest} looks at. Every field may be left out. */
export interface BacktestOptions {
  /** Telemetry directory; by default as `findTelemetryDirectory` finds it. */
  readonly directory?: string;
  /** What was logged later is left out. */
  readonly as_of?: string | Date;
  /** How many runs to look at, the latest; those before them are learned from. Default: 1,000. */
  readonly last?: number;
  /** Called now and then while a long log is read: bytes that have been read, and bytes there are. */
  readonly onRead?: (done: number, total: number) => void;
  /** Called often: runs that have been looked at, and runs there are; waited for. */
  readonly onProgress?: (done: number, total: number) => Promise<void>;
}

/** What {@link backtest} gives. */
export interface BacktestReport extends OwnHistory {
  /** Absolute path of the telemetry directory. */
  readonly directory: string;
  /** Lines of the log that could not be read, and were not learned from. */
  readonly unreadable_lines: number;
}

/** Runs that are learned from before the first that is looked at: more do not fit a model. */
const MOST_LEARNED = 50_000;
const LAST = 1000;

/**
 * Replays the history of a telemetry directory in order of time: at each run, what would have been advised from what was
 * known by then, and how well the stated probabilities matched what happened.
 *
 * @throws {RangeError} when `as_of` is no time, or `last` no number of runs
 */
export async function backtest(options: BacktestOptions = {}): Promise<BacktestReport> {
  const { last = LAST, onProgress } = options;
  if (!(Number.isSafeInteger(last) && last > 0))
    throw new RangeError(`last must be a whole number above 0, got ${last}`);
  const tables = new KeptTables({
    directory: options.directory,
    until: options.as_of === undefined ? undefined : formatTimestamp(timeOf("as_of", options.as_of)),
    onProgress: options.onRead,
  });
  try {
    const records = await tables.read(async (opened) => {
      const { timedRuns } = await import("./tables/backtest-queries.js");
      return timedRuns(opened, MOST_LEARNED + last);
    });
    const looked = Math.min(last, records.length);
    const said = await hindsights(
      records.map(historicRun),
      last,
      (done) => onProgress?.(done, looked) ?? Promise.resolve(),
    );
    return {
      directory: tables.directory,
      unreadable_lines: await tables.unreadableLines(),
      ...ownHistory(said, looked),
    };
  } finally {
    tables.close();
  }
}

function historicRun(record: TimedRecord): HistoricRun {
  const { task_description, task_type, status, at, ended_at, judged_at, exploration, propensity } = record;
  return {
    // Without a kind of task the label would be the agent, who was not chosen yet.
    query: { task_description: task_description ?? "", domains: task_type ? [task_type] : [] },
    started_at: at,
    ended_at: Math.max(at, ended_at),
    at_end: status === "unknown" ? null : { ...record, judged_success: null, quality_rating: null },
    judged_at,
    finally: record,
    explored: exploration === true,
    propensity,
  };
}
