import { stat } from "node:fs/promises";

import { LOG_KINDS, type LogKind } from "../event/directory.js";
import { logSize } from "../log/size.js";
import { cachePath, stillHolds, type Positions } from "./cache.js";
import { engine } from "./engine.js";
import { sqlText } from "./lines.js";
import { TABLES_VERSION } from "./version.js";
import { rowsOf } from "./sql.js";

/** What is cached of a telemetry directory. */
export interface CacheState {
  /** Where the cache is, or would be. */
  readonly path: string;
  /** Its size; `null` where there is none. */
  readonly bytes: number | null;
  /** When it was written: ISO 8601, UTC. */
  readonly written_at: string | null;
  /** Bytes of the log. */
  readonly log_bytes: number;
  /** How many of them are folded in the cache; the rest is folded when it is asked for. */
  readonly covered_bytes: number;
  /** Whether the next analysis uses it. */
  readonly usable: boolean;
  /** Why it does not. */
  readonly reason: string | null;
}

/** Looks at the cache of a telemetry directory, and changes nothing. */
export async function cacheState(directory: string): Promise<CacheState> {
  const path = cachePath(directory);
  const log_bytes = await logSize(directory);
  const file = await stat(path).catch(() => undefined);
  const nothing = { path, bytes: null, written_at: null, log_bytes, covered_bytes: 0, usable: false };
  if (!file) return { ...nothing, reason: "there is none" };
  const there = { ...nothing, bytes: file.size, written_at: file.mtime.toISOString() };
  const meta = await readMeta(path);
  if (!meta) return { ...there, reason: "it cannot be read" };
  if (meta.version !== TABLES_VERSION) return { ...there, reason: "another version of oak wrote it" };
  if (!(await stillHolds(directory, meta.positions)))
    return { ...there, reason: "the log has been changed since, other than by appending" };
  const covered_bytes = LOG_KINDS.reduce((sum, kind) => sum + meta.positions[kind].offset, 0);
  return { ...there, covered_bytes, usable: true, reason: null };
}

/** What the cache says of itself. */
async function readMeta(path: string): Promise<{ version: string; positions: Positions } | undefined> {
  const instance = await engine.DuckDBInstance.create(":memory:", { autoinstall_known_extensions: "false" });
  try {
    const connection = await instance.connect();
    await connection.run(`ATTACH ${sqlText(path)} AS base (READ_ONLY);`);
    const [row] = await rowsOf(connection, "SELECT state FROM base.meta");
    connection.closeSync();
    const { version, positions } = JSON.parse(String(row?.["state"])) as Partial<CacheMeta>;
    const whole = LOG_KINDS.every((kind: LogKind) => typeof positions?.[kind].offset === "number");
    return version !== undefined && positions && whole ? { version, positions } : undefined;
  } catch {
    return undefined;
  } finally {
    instance.closeSync();
  }
}

interface CacheMeta {
  readonly version: string;
  readonly positions: Positions;
}
