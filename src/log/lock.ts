import { rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";

import { isAlive } from "../event/process.js";

/** Somebody else is at work. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

/**
 * Does work that only one process may do at a time. The file at `path` names the process; one that died does not hold
 * anybody up.
 *
 * @throws {LockedError} when another process is at it
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path);
  const release = () => rmSync(path, { force: true });
  process.on("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

async function acquire(path: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, "wx", 0o600);
      try {
        await file.write(String(process.pid));
      } catch (error) {
        // A full disk: a lock that names nobody would hold up everybody.
        await rm(path, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const found = await look(path);
      if (attempt > 0 || (found && isHeld(found)))
        throw new LockedError(`process ${found?.holder || "unknown"} is at it (if not, delete ${path})`);
      if (found) await removeStale(path, found);
    }
  }
}

/** A lock that is there. */
interface Found {
  /** Process id; 0: it does not say. */
  readonly holder: number;
  readonly written_at: number;
  /** No lock that is put in its place has the same. */
  readonly identity: string;
}

async function look(path: string): Promise<Found | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return undefined;
  try {
    const { ino, mtimeNs, mtimeMs } = await file.stat({ bigint: true });
    const holder = Number(await file.readFile("utf8")) || 0;
    return { holder, written_at: Number(mtimeMs), identity: `${ino}-${mtimeNs}` };
  } finally {
    await file.close();
  }
}

/** Of several processes that find the same, one removes it, and none removes what another has put in its place. */
async function removeStale(path: string, { identity }: Found): Promise<void> {
  const claim = `${path}.${identity}`;
  try {
    await (await open(claim, "wx", 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  }
  try {
    if ((await look(path))?.identity === identity) await rm(path, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

function isHeld({ holder, written_at }: Found): boolean {
  if (holder === 0) return true;
  // In a container that was restarted, a process has the id that its dead predecessor had.
  if (holder === process.pid) return written_at >= Date.now() - process.uptime() * 1000;
  return isAlive(holder);
}
