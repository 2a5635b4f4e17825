import { stat } from "node:fs/promises";
import { join } from "node:path";

import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";

/** What tells whether a log is still what it was, without reading it. */
export interface LogState {
  /** Differs when any file was written, replaced, created or removed. */
  readonly fingerprint: string;
  /** Of each file, bytes; what cannot be looked at has none. */
  readonly sizes: Readonly<Record<LogKind, number>>;
}

/** Looks at the files of a log; those that do not exist yet count as empty. */
export async function logState(directory: string): Promise<LogState> {
  const files = await Promise.all(
    LOG_KINDS.map((kind) =>
      stat(join(directory, LOG_FILES[kind])).then(
        ({ ino, size, mtimeMs }) => ({ kind, size, text: `${ino}:${size}:${mtimeMs}` }),
        () => ({ kind, size: 0, text: "absent" }),
      ),
    ),
  );
  return {
    fingerprint: files.map(({ text }) => text).join(" "),
    sizes: Object.fromEntries(files.map(({ kind, size }) => [kind, size])) as Record<LogKind, number>,
  };
}

/**
 * Whether a file has become smaller: somebody is about to write it anew, as the Python logger does with every update.
 * Until it is whole again, what it no longer holds must not be taken for gone.
 */
export function hasShrunk(before: LogState, now: LogState): boolean {
  return LOG_KINDS.some((kind) => now.sizes[kind] < before.sizes[kind]);
}
