import type { TelemetryEvent } from "../event/events.js";
import { checkEvent } from "../event/schema.js";
import { EventWriter } from "../record/event-writer.js";

/** What became of events that somebody sent. */
export interface Receipt {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly error: string }[];
  /** What the file system says: nothing is known to be written, all should be sent again. */
  readonly failure?: string;
}

/** Writes what is sent to the server into the log. */
export class Intake {
  readonly #writer: EventWriter;
  #failure: unknown;

  constructor(directory: string) {
    this.#writer = new EventWriter(directory, (_lines, error) => {
      this.#failure = error;
    });
  }

  /** Writes what is an event, and nothing else. */
  take(values: readonly unknown[]): Receipt {
    const events: TelemetryEvent[] = [];
    const rejected: { index: number; error: string }[] = [];
    values.forEach((value, index) => {
      const checked = checkEvent(value);
      if (typeof checked === "string") rejected.push({ index, error: checked });
      else events.push(checked);
    });
    const failure = this.write(events);
    return failure === undefined ? { accepted: events.length, rejected } : { accepted: 0, rejected, failure };
  }

  /** Writes events. Gives what the file system says, if anything: nothing is known to be written then. */
  write(events: readonly TelemetryEvent[]): string | undefined {
    this.#failure = undefined;
    this.#writer.write(events);
    this.#writer.flush();
    const failure: unknown = this.#failure;
    if (failure === undefined) return undefined;
    return failure instanceof Error ? failure.message : "it could not be written";
  }

  close(): void {
    this.#writer.close();
  }
}
