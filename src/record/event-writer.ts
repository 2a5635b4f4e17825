import { join } from "node:path";

import { LOG_FILES, type LogKind } from "../event/directory.js";
import type { EventName, TelemetryEvent } from "../event/events.js";
import { toJson } from "../event/json.js";
import { Appender } from "./append.js";

/** The file that each event stands in. */
const KIND: Readonly<Record<EventName, LogKind>> = {
  workflow_start: "workflow",
  agent_handoff: "workflow",
  workflow_complete: "workflow",
  workflow_cancelled: "workflow",
  invocation_start: "invocation",
  invocation_update: "invocation",
  success_metric: "feedback",
};

/** Appends events that somebody else made, as they are, to the log of a telemetry directory. */
export class EventWriter {
  readonly #files: Readonly<Record<LogKind, Appender>>;
  #failure: unknown;

  /** @param directory made when the first event is written */
  constructor(readonly directory: string) {
    const appender = (kind: LogKind) =>
      new Appender({
        path: join(directory, LOG_FILES[kind]),
        fsync: false,
        onWritten: (_lines, error) => {
          this.#failure ??= error;
        },
      });
    this.#files = {
      workflow: appender("workflow"),
      invocation: appender("invocation"),
      feedback: appender("feedback"),
    };
  }

  /**
   * Writes events in their order.
   *
   * @throws what the file system says; then it is not known how many were written, and writing all again does no harm
   *   where they have ids
   */
  write(events: readonly TelemetryEvent[]): void {
    const now = Date.now();
    // `timestamp` first, as in every line of the log: a reader finds where a line begins by it.
    for (const { timestamp, event, ...rest } of events)
      this.#files[KIND[event]].append(toJson({ timestamp, event, ...rest }), now);
    for (const file of Object.values(this.#files)) file.flush();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  close(): void {
    for (const file of Object.values(this.#files)) file.close();
  }
}
