import { rmSync } from "node:fs";
import { open, readFile, rm, stat } from "node:fs/promises";

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
      const holder = Number(await readFile(path, "utf8").catch(() => ""));
      const isHeld = holder === process.pid ? !(await isOlderThanUs(path)) : isAlive(holder);
      if (attempt > 0 || holder === 0 || isHeld)
        throw new LockedError(`process ${holder || "unknown"} is at it (if not, delete ${path})`);
      await rm(path, { force: true });
    }
  }
}

/** In a container that was restarted, a process has the id that its dead predecessor had. */
async function isOlderThanUs(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return !found || found.mtimeMs < Date.now() - process.uptime() * 1000;
}
