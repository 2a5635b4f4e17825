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
      this.#failure ??= error;
    });
  }

  take(values: readonly unknown[]): Receipt {
    const events: TelemetryEvent[] = [];
    const rejected: { index: number; error: string }[] = [];
    values.forEach((value, index) => {
      const checked = check(value);
      if (typeof checked === "string") rejected.push({ index, error: checked });
      else events.push(checked);
    });
    this.#failure = undefined;
    this.#writer.write(events);
    this.#writer.flush();
    const failure: unknown = this.#failure;
    if (failure === undefined) return { accepted: events.length, rejected };
    return { accepted: 0, rejected, failure: failure instanceof Error ? failure.message : "it could not be written" };
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
