import { open, stat, type FileHandle } from "node:fs/promises";

/**
 * Opens a file of the log to read it.
 *
 * @returns undefined when there is none
 * @throws when it is no file (opening a pipe would wait for ever), and what the file system says
 */
export async function openLogFile(path: string): Promise<FileHandle | undefined> {
  try {
    if (!(await stat(path)).isFile())
      throw Object.assign(new Error(`${path} is not a file`), { syscall: "open", code: "ENOTSUP" });
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
