import type { AppenderOptions } from "./append.js";
import { MirrorError } from "./mirror.js";
import { DeliveryError } from "./remote.js";

/** Counts what a logger loses, and tells its program what went wrong. Nothing is ever thrown. */
export class Failures {
  readonly #onError: (error: Error) => void;
  #failing = false;
  #dropped = 0;

  /** @param onError by default writes on standard error */
  constructor(onError: (error: Error) => void = reportOnStderr) {
    this.#onError = onError;
  }

  /** Events that are lost. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Counts lines that are lost, of which something else has told or will tell. */
  lost(lines: number): void {
    this.#dropped += lines;
  }

  /** Counts what is lost, and says so once for each run of failures: a full disk must not flood standard error. */
  drop(lines: number, error: unknown): void {
    this.#dropped += lines;
    if (this.#failing) return;
    this.#failing = true;
    this.report(error);
  }

  /** What an {@link Appender} says of lines: that they are written, which ends a run of failures, or lost. */
  readonly onWritten: AppenderOptions["onWritten"] = (lines, error) => {
    if (error === undefined) this.#failing = false;
    else this.drop(lines, error);
  };

  report(failure: unknown): void {
    try {
      const handled: unknown = this.#onError(failure instanceof Error ? failure : new Error(String(failure)));
      if (handled instanceof Promise) handled.catch(() => undefined);
    } catch {
      // The host's own handler failed; telemetry must not make that the host's problem.
    }
  }
}

function reportOnStderr(error: Error): void {
  // Unlike process.stderr.write, it survives that nobody listens any more.
  const sending = error instanceof MirrorError || error instanceof DeliveryError;
  const failure = sending ? "is not being sent" : "is not being recorded";
  console.error(`oak-telemetry: telemetry ${failure}: ${error.message}`);
}
