import { TelemetryAnalyzer, type AnalyzerOptions } from "../analyzer.js";
import { logState } from "../log/follow.js";

/** A result that was computed, and of what. */
interface Kept {
  readonly fingerprint: string;
  readonly at: number;
  /** How long it took, milliseconds. */
  readonly cost: number;
  readonly value: Promise<unknown>;
}

/** A result depends on the time of day too: how much has elapsed, what has been silent for long. */
const KEPT_MILLISECONDS = 5000;

/** What is dear to compute is computed anew at most so often, in terms of what it costs, while the log is growing. */
const PAUSE = 2;

/** Distinct questions whose answers are kept. */
const MOST_KEPT = 500;

/**
 * The telemetry of one directory, as many readers ask for it at once: the same question about the same state of the log
 * is answered once. While the log grows, a question whose answer is dear gets the last one for a while.
 */
export class Telemetry {
  readonly directory: string;
  readonly analyzer: TelemetryAnalyzer;
  readonly #kept = new Map<string, Kept>();

  constructor(options: AnalyzerOptions) {
    this.analyzer = new TelemetryAnalyzer(options);
    this.directory = this.analyzer.directory;
  }

  /**
   * @param question names what is computed, with all it depends on but the log
   */
  async ask<T>(question: string, answer: (analyzer: TelemetryAnalyzer) => Promise<T>): Promise<T> {
    const { fingerprint } = await logState(this.directory);
    const now = performance.now();
    const kept = this.#kept.get(question);
    if (kept) {
      const age = now - kept.at;
      if (age < (kept.fingerprint === fingerprint ? Math.max(KEPT_MILLISECONDS, PAUSE * kept.cost) : PAUSE * kept.cost))
        return kept.value as Promise<T>;
    }
    const value = answer(this.analyzer);
    this.#keep(question, { fingerprint, at: now, cost: 0, value });
    void this.#measure(question, fingerprint, now, value);
    return value;
  }

  close(): void {
    this.analyzer.close();
    this.#kept.clear();
  }

  async #measure(question: string, fingerprint: string, began: number, value: Promise<unknown>): Promise<void> {
    try {
      await value;
      const at = performance.now();
      this.#keep(question, { fingerprint, at, cost: at - began, value });
    } catch {
      this.#kept.delete(question);
    }
  }

  #keep(question: string, kept: Kept): void {
    this.#kept.delete(question);
    this.#kept.set(question, kept);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }
}
