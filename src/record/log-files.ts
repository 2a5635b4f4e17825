import { join } from "node:path";

import { LOG_FILES, type LogKind } from "../event/directory.js";
import { Appender, type AppenderOptions } from "./append.js";

/**
 * The files of a log, as one process appends to them. Lines of a burst are written together, as {@link Appender} does, but
 * never out of order: whoever sees a line sees every line that was appended before it, in whichever file. Else a workflow
 * could be seen to end before its runs.
 */
export class LogFiles {
  readonly #directory: string;
  readonly #options: Omit<AppenderOptions, "path">;
  readonly #files = new Map<LogKind, Appender>();
  /** The only one that may have buffered lines. */
  #last: Appender | undefined;

  constructor(directory: string, options: Omit<AppenderOptions, "path">) {
    this.#directory = directory;
    this.#options = options;
  }

  /**
   * Never throws: what the file system says goes to `onWritten`.
   *
   * @param line without the line end
   * @param now milliseconds since 1970
   */
  append(kind: LogKind, line: string, now: number): void {
    let file = this.#files.get(kind);
    if (!file) {
      file = new Appender({ path: join(this.#directory, LOG_FILES[kind]), ...this.#options });
      this.#files.set(kind, file);
    }
    if (this.#last !== file) this.#last?.flush(now);
    this.#last = file;
    file.append(line, now);
  }

  /** Writes what was buffered. */
  flush(): void {
    this.#last?.flush();
  }

  /** Writes what was buffered, and closes the files. A later line opens them again. */
  close(): void {
    for (const file of this.#files.values()) file.close();
  }
}
