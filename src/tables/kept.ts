import { findTelemetryDirectory } from "../event/directory.js";
import type { ProgressListener } from "../log/size.js";
import type { Tables } from "./tables.js";

/** How the tables of a directory are kept open. */
export interface KeptOptions {
  readonly directory?: string | undefined;
  /** ISO 8601: what was logged later is left out. */
  readonly until?: string | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** The tables of a telemetry directory, opened when they are first needed, and kept up with the log. */
export class KeptTables {
  /** Absolute path of the telemetry directory. */
  readonly directory: string;
  readonly #options: KeptOptions;
  #tables: Promise<Tables> | undefined;

  constructor(options: KeptOptions) {
    this.directory = findTelemetryDirectory(options.directory);
    this.#options = options;
  }

  /**
   * Lets `work` query the tables of the log as it is now. `work` must not call this again: it would wait for itself to
   * end.
   */
  async read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    this.#tables = this.#refresh(this.#tables);
    return (await this.#tables).use(work);
  }

  /** Lines of the log that could not be read when it was read last. */
  async unreadableLines(): Promise<number> {
    this.#tables ??= this.#refresh(undefined);
    return (await this.#tables).unreadable_lines;
  }

  /** Frees the tables, once the calls that are under way have ended. A later call opens them again. */
  close(): void {
    this.#tables?.then(
      (tables) => tables.close(),
      () => undefined,
    );
    this.#tables = undefined;
  }

  /** Gives the tables of the log as it is now: the current ones, with what was appended since. */
  async #refresh(opened: Promise<Tables> | undefined): Promise<Tables> {
    const current = await opened?.catch(() => undefined);
    if (current && (!(await current.stale()) || (await current.catchUp()))) return current;
    current?.close();
    // The SQL engine takes a fifth of a second to load: programs that only record must not wait for it.
    const { Tables } = await import("./tables.js");
    return Tables.open(this.directory, { until: this.#options.until, onProgress: this.#options.onProgress });
  }
}
