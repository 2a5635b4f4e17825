import { stat } from "node:fs/promises";
import { join } from "node:path";

import { LOG_FILES } from "../event/directory.js";

/** Hears now and then how many bytes of a log have been read, and how many there are. */
export type ProgressListener = (done: number, total: number) => void;

/** Bytes in all files of a log; what cannot be looked at counts for nothing. */
export async function logSize(directory: string): Promise<number> {
  const sizes = await Promise.all(
    Object.values(LOG_FILES).map((file) =>
      stat(join(directory, file)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
