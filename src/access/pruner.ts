import { existsSync } from "node:fs";
import { join } from "node:path";

import { formatTimestamp, parseTimestamp } from "../event/clock.js";
import { findTelemetryDirectory, LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import { contradicts, sift, type Expired, type ExpiredLines } from "../log/expiry.js";
import { logState } from "../log/follow.js";
import { withLock } from "../log/lock.js";
import { recoverReplacement, Replacement } from "../log/replace.js";
import { removeCache } from "../tables/cache.js";
import { withTables, type AccessOptions } from "./open.js";

export { LockedError } from "../log/lock.js";

/** What is removed, and from where. */
export interface PruneOptions extends Pick<AccessOptions, "directory" | "onProgress"> {
  /** What was last heard of before this time goes: ISO 8601, not in the future. */
  readonly before: string;
  /** Called when a program goes on writing into the old file for long. */
  readonly onWaiting?: () => void;
}

/** What goes, or went. */
export interface PruneSummary {
  /** Absolute path of the telemetry directory. */
  readonly directory: string;
  readonly before: string;
  readonly workflows: number;
  readonly invocations: number;
  readonly handoffs: number;
  readonly feedback: number;
  readonly lines: number;
  readonly bytes: number;
  /** Bytes of the whole log before. */
  readonly log_bytes: number;
  /** Earliest and latest time on a line that goes; `null` where none goes. */
  readonly from: string | null;
  readonly to: string | null;
  /** Lines that stay though nobody can say how old they are: damaged, invalid, or of an unknown event. */
  readonly kept_unknown_lines: number;
}

/** Lines that were written meanwhile belong to what was to go. */
export class ContradictionError extends Error {
  override readonly name = "ContradictionError";
}

/** How often it is worth while to find out anew what is to go. */
const ATTEMPTS = 5;

/** Removed in this order, so that what an interrupted pruning left is still found by the next one. */
const ORDER: readonly LogKind[] = ["feedback", "invocation", "workflow"];

/**
 * Says what {@link prune} would remove, and changes nothing.
 *
 * @throws {RangeError} when `before` is no time, or in the future
 */
export async function planPruning(options: PruneOptions): Promise<PruneSummary> {
  const { directory, before } = checked(options);
  const { sizes } = await logState(directory);
  const expired = await findExpired(options, directory, before);
  const found = await forEachKind((kind) => sift(join(directory, LOG_FILES[kind]), kind, sizes[kind], expired));
  return summary(directory, before, sizes, expired, found);
}

/**
 * Removes from the log what was last heard of before a time: workflows with their invocations, handoffs and feedback,
 * and invocations without a workflow with their feedback. Programs may go on recording: nothing of what they write
 * meanwhile is lost.
 *
 * @throws {RangeError} when `before` is no time, or in the future
 * @throws {LockedError} when another process is at it
 * @throws {ContradictionError} when what is to go is being written to again and again
 */
export async function prune(options: PruneOptions): Promise<PruneSummary> {
  const { directory, before } = checked(options);
  return withLock(join(directory, "prune.lock"), async () => {
    for (const kind of LOG_KINDS) await recoverReplacement(join(directory, LOG_FILES[kind]));
    for (let attempt = 1; ; attempt++) {
      try {
        return await attemptPruning(options, directory, before);
      } catch (error) {
        if (!(error instanceof ContradictionError) || attempt === ATTEMPTS) throw error;
      }
    }
  });
}

async function attemptPruning(options: PruneOptions, directory: string, before: string): Promise<PruneSummary> {
  // Before the tables are read: what is written later is younger than what they say.
  const { sizes } = await logState(directory);
  const expired = await findExpired(options, directory, before);
  const replacements = new Map<LogKind, Replacement>();
  const removeAll = () => replacements.forEach((replacement) => replacement.removeTemporary());
  process.on("exit", removeAll);
  try {
    const found = await forEachKind(async (kind) => {
      const path = join(directory, LOG_FILES[kind]);
      if (expired[kind].size === 0 || !existsSync(path)) return sift(path, kind, sizes[kind], expired);
      const replacement = await Replacement.begin(path);
      replacements.set(kind, replacement);
      return sift(path, kind, sizes[kind], expired, (lines) => replacement.keep(lines));
    });
    // A file of which nothing goes stays as it is.
    for (const [kind, replacement] of replacements) {
      if (found[kind].lines > 0) continue;
      await replacement.abandon();
      replacements.delete(kind);
    }
    await replaceAll(replacements, found, expired, options.onWaiting);
    if (replacements.size > 0) await removeCache(directory);
    return summary(directory, before, sizes, expired, found);
  } finally {
    process.off("exit", removeAll);
    // Those that took their place have no temporary file any more.
    for (const replacement of replacements.values()) await replacement.abandon();
  }
}

async function replaceAll(
  replacements: ReadonlyMap<LogKind, Replacement>,
  found: Readonly<Record<LogKind, ExpiredLines>>,
  expired: Expired,
  onWaiting: () => void = () => undefined,
): Promise<void> {
  const replaced: Replacement[] = [];
  try {
    for (const kind of ORDER) {
      const replacement = replacements.get(kind);
      await replacement?.replace(found[kind].end, (lines) => {
        if (linesOf(lines).some((line) => contradicts(line, kind, expired)))
          throw new ContradictionError("what is that old is being written to just now: try again later");
      });
      if (replacement) replaced.push(replacement);
    }
  } finally {
    // Also what took its place before another failed.
    await Promise.all(replaced.map((replacement) => replacement.drain(onWaiting)));
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0, end = bytes.indexOf("\n"); end !== -1; from = end + 1, end = bytes.indexOf("\n", from))
    lines.push(bytes.subarray(from, end));
  return lines;
}

function checked({ directory, before }: PruneOptions): { directory: string; before: string } {
  const time = parseTimestamp(before);
  if (time === undefined) throw new RangeError(`before must be a time, got ${before}`);
  if (time > Date.now()) throw new RangeError("before must not be in the future");
  return { directory: findTelemetryDirectory(directory), before: formatTimestamp(time) };
}

async function findExpired({ onProgress }: PruneOptions, directory: string, before: string): Promise<Expired> {
  const { expiredIds } = await import("../tables/retention.js");
  return withTables({ directory, onProgress }, (tables) => expiredIds(tables, before));
}

async function forEachKind<T>(work: (kind: LogKind) => Promise<T>): Promise<Record<LogKind, T>> {
  const results = {} as Record<LogKind, T>;
  for (const kind of LOG_KINDS) results[kind] = await work(kind);
  return results;
}

function summary(
  directory: string,
  before: string,
  sizes: Readonly<Record<LogKind, number>>,
  expired: Expired,
  found: Readonly<Record<LogKind, ExpiredLines>>,
): PruneSummary {
  const all = LOG_KINDS.map((kind) => found[kind]);
  const sum = (value: (lines: ExpiredLines) => number) => all.reduce((total, lines) => total + value(lines), 0);
  const time = (milliseconds: number) => (Number.isFinite(milliseconds) ? formatTimestamp(milliseconds) : null);
  return {
    directory,
    before,
    workflows: expired.workflow.size,
    invocations: expired.invocation.size,
    handoffs: found.workflow.events.agent_handoff ?? 0,
    feedback: found.feedback.lines,
    lines: sum(({ lines }) => lines),
    bytes: sum(({ bytes }) => bytes),
    log_bytes: LOG_KINDS.reduce((total, kind) => total + sizes[kind], 0),
    from: time(Math.min(...all.map(({ from }) => from))),
    to: time(Math.max(...all.map(({ to }) => to))),
    kept_unknown_lines: sum(({ unknown }) => unknown),
  };
}
