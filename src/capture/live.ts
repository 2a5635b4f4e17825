import { findTelemetryDirectory } from "../event/directory.js";
import { recordingEnabled } from "../record/enabled.js";
import { EventWriter } from "../record/event-writer.js";
import { Failures } from "../record/failures.js";
import type { Observation } from "./trace/observation.js";
import { Traces, type TracesOptions } from "./trace/traces.js";

/** How spans are captured in the process that makes them. Every field may be left out. */
export interface CaptureOptions extends Pick<TracesOptions, "redact"> {
  /** Telemetry directory; by default as {@link findTelemetryDirectory} finds it. Created when first written to. */
  readonly directory?: string;
  /** False writes nothing. Default: unless `OAK_TELEMETRY_ENABLED` is `false`, `0`, `off` or `no`. */
  readonly enabled?: boolean;
  /** Called once for each run of failures. Default: one line on standard error. */
  readonly onError?: (error: Error) => void;
}

/** A program that never ends must not hold its traces for ever. */
const MAX_SPANS = 20_000;

/**
 * Writes what agents do as events while they do it: a run is in the log when it starts. Nothing that goes wrong here
 * reaches the caller.
 */
export class LiveCapture {
  readonly #traces: Traces;
  readonly #writer: EventWriter | undefined;
  readonly #failures: Failures;

  constructor({ directory, enabled = recordingEnabled(), redact, onError }: CaptureOptions = {}) {
    this.#failures = new Failures(onError);
    this.#traces = new Traces({ ...(redact === undefined ? {} : { redact }), max_spans: MAX_SPANS });
    if (!enabled) return;
    try {
      this.#writer = new EventWriter(findTelemetryDirectory(directory), this.#failures.onWritten);
    } catch (error) {
      this.#failures.drop(0, error);
    }
  }

  /**
   * Takes in a span that started, or ended.
   *
   * @param observe gives the span in the words of the log; what it throws goes to `onError`
   */
  see(observe: () => Observation): void {
    if (!this.#writer) return;
    try {
      const span = observe();
      this.#writer.write(this.#traces.add([span]));
      // What happens inside an agent is told when that ends.
      const telling = span.kind === "agent" || span.kind === "workflow" || span.parent_id === undefined;
      if (telling) this.#writer.write(this.#traces.take(span.trace_id));
    } catch (error) {
      this.#failures.drop(0, error);
    }
  }

  /** Writes what was not said yet. */
  flush(): void {
    if (!this.#writer) return;
    try {
      this.#writer.write(this.#traces.takeAll());
      this.#writer.close();
    } catch (error) {
      this.#failures.drop(0, error);
    }
  }
}
