import type { LogKind } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { toJson } from "../event/json.js";
import type { AppenderOptions } from "./append.js";
import { LogFiles } from "./log-files.js";

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
  readonly #files: LogFiles;

  /** @param onWritten called when lines are written, or could not be, then with what the file system said */
  constructor(directory: string, onWritten: AppenderOptions["onWritten"]) {
    this.#files = new LogFiles(directory, { fsync: false, onWritten });
  }

  /** Never throws. Lines of a burst are written together, as {@link LogFiles} does. */
  write(events: Iterable<TelemetryEvent>): void {
    const now = Date.now();
    for (const event of events) this.#files.append(kindOf(event), toJson(timestampFirst(event)), now);
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#files.flush();
  }

  /** Writes what was gathered, and closes the files. A later event opens them again. */
  close(): void {
    this.#files.close();
  }
}
