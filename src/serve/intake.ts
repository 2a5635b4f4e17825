import type { EventName, TelemetryEvent } from "../event/events.js";
import { EVENT_NAMES, EVENT_SCHEMAS } from "../event/schema.js";
import { EventWriter } from "../record/event-writer.js";

/** What became of events that somebody sent. */
export interface Receipt {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly error: string }[];
  /** What the file system says: nothing is known to be written, all should be sent again. */
  readonly failure?: string;
}

/** Writes what is sent to the server into the log: what is an event, and nothing else. */
export class Intake {
  readonly #writer: EventWriter;
  #failure: unknown;

  constructor(directory: string) {
    this.#writer = new EventWriter(directory, (_lines, error) => {
      this.#failure = error;
    });
  }

  take(values: readonly unknown[]): Receipt {
    const rejected: { index: number; error: string }[] = [];
    this.#failure = undefined;
    values.forEach((value, index) => {
      const checked = check(value);
      const error = typeof checked === "string" ? checked : this.#write(checked);
      if (error !== undefined) rejected.push({ index, error });
    });
    this.#writer.flush();
    const failure: unknown = this.#failure;
    if (failure === undefined) return { accepted: values.length - rejected.length, rejected };
    return { accepted: 0, rejected, failure: failure instanceof Error ? failure.message : "it could not be written" };
  }

  /** Why it cannot be told, if so. What can be read as JSON may be too deep to be written: that costs nothing but itself. */
  #write(event: TelemetryEvent): string | undefined {
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

/** The event, or why it is none. */
function check(value: unknown): TelemetryEvent | string {
  const name: unknown = typeof value === "object" && value !== null && "event" in value ? value.event : undefined;
  if (typeof name !== "string" || !Object.hasOwn(EVENT_SCHEMAS, name))
    return `event: must be one of ${EVENT_NAMES.join(", ")}`;
  const result = EVENT_SCHEMAS[name as EventName].safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  return `${path.join(".")}: ${message}`;
}
