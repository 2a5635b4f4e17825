import { logState } from "./follow.js";

/** Hears now and then how many bytes of a log have been read, and how many there are. */
export type ProgressListener = (done: number, total: number) => void;

/** Bytes in all files of a log; what cannot be looked at counts for nothing. */
export async function logSize(directory: string): Promise<number> {
  const { sizes } = await logState(directory);
  return Object.values(sizes).reduce((sum, size) => sum + size, 0);
}
