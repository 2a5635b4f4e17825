import { join } from "node:path";

import { LOG_FILES, type LogKind } from "../event/directory.js";
import { Appender, type AppenderOptions } from "./append.js";

/**
 * The files of a log, as one process appends to them. Lines of a burst are written together, as {@link Appender} does, but
 * whoever sees a line of a workflow, or a judgement, sees what was told of runs before it. Else a workflow could be seen to
 * end before its runs: readers read its file first.
 */
export class LogFiles {
  readonly #files: Readonly<Record<LogKind, Appender>>;

  constructor(directory: string, options: Pick<AppenderOptions, "fsync" | "onWritten">) {
    const file = (kind: LogKind, after?: Appender) =>
      new Appender({ path: join(directory, LOG_FILES[kind]), after, ...options });
    const invocation = file("invocation");
    this.#files = { invocation, workflow: file("workflow", invocation), feedback: file("feedback", invocation) };
  }

  /**
   * Never throws: what the file system says goes to `onWritten`.
   *
   * @param line without the line end
   * @param now milliseconds since 1970
   */
  append(kind: LogKind, line: string, now: number): void {
    this.#files[kind].append(line, now);
  }

  /** Writes what was buffered. */
  flush(): void {
    for (const file of Object.values(this.#files)) file.flush();
  }

  /** Writes what was buffered, and closes the files. A later line opens them again. */
  close(): void {
    for (const file of Object.values(this.#files)) file.close();
  }
}
