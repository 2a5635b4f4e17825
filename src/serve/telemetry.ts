import { setTimeout as sleep } from "node:timers/promises";

import { TelemetryAnalyzer, type AnalyzerOptions } from "../analyzer.js";
import { AgentSelector } from "../selector.js";
import { logState } from "../log/follow.js";

/** A result, of which state of the log it is, and when it was there. */
interface Kept {
  readonly fingerprint: string;
  readonly value: Promise<unknown>;
  /** `undefined` while it is under way. */
  done: { readonly at: number; readonly cost: number } | undefined;
}

/** A result depends on the time of day too: how much has elapsed, what has been silent for long. Milliseconds. */
const KEPT_MILLISECONDS = 5000;

/**
 * While the log grows, a question is answered anew at most so often, in terms of what its answer costs: so that dear
 * questions leave time for others.
 */
const PAUSE = 1;

/** Distinct questions whose answers are kept. */
const MOST_KEPT = 100;

/**
 * The telemetry of one directory, as many readers ask for it at once. A question that many ask about the same state of
 * the log is answered once. An answer never is older than its question: while the log grows, who asks for something dear
 * waits a little instead.
 */
export class Telemetry {
  readonly directory: string;
  readonly analyzer: TelemetryAnalyzer;
  readonly selector: AgentSelector;
  readonly #kept = new Map<string, Kept>();
  /** Answers that are to come: of what the log will be when they are begun. */
  readonly #next = new Map<string, Promise<unknown>>();

  constructor(options: AnalyzerOptions) {
    this.analyzer = new TelemetryAnalyzer(options);
    this.selector = new AgentSelector({ analyzer: this.analyzer });
    this.directory = this.analyzer.directory;
  }

  /**
   * @param question names what is computed, with all it depends on but the log
   */
  async ask<T>(question: string, answer: (analyzer: TelemetryAnalyzer) => Promise<T>): Promise<T> {
    const { fingerprint } = await logState(this.directory);
    const kept = this.#kept.get(question);
    if (kept?.fingerprint === fingerprint && !isOld(kept)) return kept.value as Promise<T>;
    const next = this.#next.get(question) ?? this.#answerNext(question, kept, answer);
    return next as Promise<T>;
  }

  close(): void {
    this.selector.close();
    this.analyzer.close();
    this.#kept.clear();
  }

  #answerNext<T>(question: string, last: Kept | undefined, answer: (analyzer: TelemetryAnalyzer) => Promise<T>) {
    const next = this.#pauseAfter(last).then(() => this.#answer(question, answer));
    this.#next.set(question, next);
    return next;
  }

  async #pauseAfter(last: Kept | undefined): Promise<void> {
    if (!last) return;
    await last.value.catch(() => undefined);
    if (!last.done) return;
    const rest = last.done.at + PAUSE * last.done.cost - performance.now();
    if (rest > 0) await sleep(rest);
  }

  async #answer<T>(question: string, answer: (analyzer: TelemetryAnalyzer) => Promise<T>): Promise<T> {
    const { fingerprint } = await logState(this.directory);
    // From here on who asks may have seen more of the log than this answer will.
    this.#next.delete(question);
    const began = performance.now();
    const value = answer(this.analyzer);
    const kept: Kept = { fingerprint, value, done: undefined };
    this.#keep(question, kept);
    try {
      return await value;
    } catch (error) {
      if (this.#kept.get(question) === kept) this.#kept.delete(question);
      throw error;
    } finally {
      const at = performance.now();
      kept.done = { at, cost: at - began };
    }
  }

  #keep(question: string, kept: Kept): void {
    this.#kept.delete(question);
    this.#kept.set(question, kept);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

/** Of the same state of the log, and yet to be computed again. */
function isOld({ done }: Kept): boolean {
  return done !== undefined && performance.now() - done.at > Math.max(KEPT_MILLISECONDS, PAUSE * done.cost);
}
