import { removeCache } from "../tables/cache.js";
import type { CacheState } from "../tables/cache-state.js";
import type { AccessOptions } from "./open.js";

export type { CacheState } from "../tables/cache-state.js";

/** Where the tables of a telemetry directory are cached, and how much of the log they hold. Changes nothing. */
export async function tableCache(directory: string): Promise<CacheState> {
  const { cacheState } = await import("../tables/cache-state.js");
  return cacheState(directory);
}

/** Deletes the cached tables. That loses nothing: they are folded from the log again when they are needed. */
export async function deleteTableCache(directory: string): Promise<void> {
  await removeCache(directory);
}

/** Deletes the cached tables and folds the whole log again, however little it is. */
export async function rebuildTableCache(
  directory: string,
  onProgress: AccessOptions["onProgress"],
): Promise<CacheState> {
  await removeCache(directory);
  const { Tables } = await import("../tables/tables.js");
  (await Tables.open(directory, { onProgress, cacheAfterBytes: 0 })).close();
  return tableCache(directory);
}
