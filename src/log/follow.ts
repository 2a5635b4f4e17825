import { stat } from "node:fs/promises";
import { join } from "node:path";

import { LOG_FILES } from "../event/directory.js";

/** What tells whether a log is still what it was, without reading it. */
export interface LogState {
  /** Differs when any file was written, replaced, created or removed. */
  readonly fingerprint: string;
  /** Of each file; what cannot be looked at has none. */
  readonly sizes: readonly number[];
}

/** Looks at the files of a log; those that do not exist yet count as empty. */
export async function logState(directory: string): Promise<LogState> {
  const files = await Promise.all(
    Object.values(LOG_FILES).map((file) =>
      stat(join(directory, file)).then(
        ({ ino, size, mtimeMs }) => ({ size, text: `${ino}:${size}:${mtimeMs}` }),
        () => ({ size: 0, text: "absent" }),
      ),
    ),
  );
  return { fingerprint: files.map(({ text }) => text).join(" "), sizes: files.map(({ size }) => size) };
}

/**
 * Whether a file has become smaller: somebody is about to write it anew, as the Python logger does with every update.
 * Until it is whole again, what it no longer holds must not be taken for gone.
 */
export function hasShrunk(before: LogState, now: LogState): boolean {
  return now.sizes.some((size, i) => size < before.sizes[i]!);
}
