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
      this.#failure ??= error;
    });
  }

  /** Writes what is an event, and nothing else. */
  take(values: readonly unknown[]): Receipt {
    const rejected: { index: number; error: string }[] = [];
    this.#failure = undefined;
    values.forEach((value, index) => {
      const checked = checkEvent(value);
      const error = typeof checked === "string" ? checked : this.#add(checked);
      if (error !== undefined) rejected.push({ index, error });
    });
    const failure = this.#flush();
    return failure === undefined
      ? { accepted: values.length - rejected.length, rejected }
      : { accepted: 0, rejected, failure };
  }

  /** Writes events. Gives what the file system says, if anything: nothing is known to be written then. */
  write(events: readonly TelemetryEvent[]): string | undefined {
    this.#failure = undefined;
    this.#writer.write(events);
    return this.#flush();
  }

  #flush(): string | undefined {
    this.#writer.flush();
    const failure: unknown = this.#failure;
    if (failure === undefined) return undefined;
    return failure instanceof Error ? failure.message : "it could not be written";
  }

  /** Why it cannot be told, if so. What can be read as JSON may be too deep to be written: that costs nothing but itself. */
  #add(event: TelemetryEvent): string | undefined {
    try {
      this.#writer.write([event]);
      return undefined;
    } catch (error) {
      if (error instanceof RangeError) return "it is nested too deeply";
      throw error;
    }
  }

  close(): void {
    this.#writer.close();
  }
}
