import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<string>();
let watchesExit = false;

/** A new folder for the user alone, removed when it is no longer needed, at the latest when the process exits. */
export class TemporaryFolder {
  /** Absolute path. */
  readonly path: string;

  /** @throws what the file system says, and what to do about it */
  constructor() {
    try {
      this.path = mkdtempSync(join(tmpdir(), "oak-"));
    } catch (error) {
      const hint = `no temporary folder can be made in ${tmpdir()}: set TMPDIR to a folder that can be written`;
      throw Object.assign(error as NodeJS.ErrnoException, { message: `${hint} (${(error as Error).message})` });
    }
    folders.add(this.path);
    if (watchesExit) return;
    watchesExit = true;
    process.on("exit", () => folders.forEach(remove));
  }

  remove(): void {
    folders.delete(this.path);
    remove(this.path);
  }
}

/** What cannot be removed stays: the result was right all the same. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // See above.
  }
}
