import { join } from "node:path";

import { LOG_FILES, type LogKind } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { toJson } from "../event/json.js";
import { Appender, type AppenderOptions } from "./append.js";

/** The file that an event belongs into. */
function kindOf({ event }: TelemetryEvent): LogKind {
  if (event === "success_metric") return "feedback";
  return event.startsWith("invocation") ? "invocation" : "workflow";
}

/** As in every line of the log: readers find by it where a line begins. */
function timestampFirst(event: TelemetryEvent): object {
  if (Object.keys(event)[0] === "timestamp") return event;
  const { timestamp, ...rest } = event;
  return { timestamp, ...rest };
}

/** Appends events that have their time and identity already to the log of a telemetry directory. */
export class EventWriter {
  readonly #files = new Map<LogKind, Appender>();
  readonly #directory: string;
  readonly #onWritten: AppenderOptions["onWritten"];

  /** @param onWritten called when lines are written, or could not be, then with what the file system said */
  constructor(directory: string, onWritten: AppenderOptions["onWritten"]) {
    this.#directory = directory;
    this.#onWritten = onWritten;
  }

  /** Never throws. Lines of a burst are written together, as {@link Appender} does. */
  write(events: Iterable<TelemetryEvent>): void {
    const now = Date.now();
    for (const event of events) this.#file(kindOf(event)).append(toJson(timestampFirst(event)), now);
  }

  /** Writes what was gathered. */
  flush(): void {
    for (const file of this.#files.values()) file.flush();
  }

  /** Writes what was gathered, and closes the files. A later event opens them again. */
  close(): void {
    for (const file of this.#files.values()) file.close();
  }

  #file(kind: LogKind): Appender {
    let file = this.#files.get(kind);
    if (!file) {
      const path = join(this.#directory, LOG_FILES[kind]);
      file = new Appender({ path, fsync: false, onWritten: this.#onWritten });
      this.#files.set(kind, file);
    }
    return file;
  }
}
