import { unwatchFile, watchFile } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { LockedError } from "../log/lock.js";
import type { Alert } from "./alert.js";
import type { Alerts, Look } from "./alerts.js";
import { CONFIG_FILE, ConfigError } from "./config.js";

/** While the log grows one looks at most so often, milliseconds. */
const PAUSE = 1000;

/** And rests so long in terms of what the last look took, but not longer than this. */
const REST = 20;
const LONGEST_REST = 10_000;

/** Without a change one looks so often, milliseconds: days pass, and workflows fall silent. */
const PERIOD = 10 * 60 * 1000;

/** Another process that lets alerts fire is waited for, milliseconds. */
const OTHER = 2000;

/** One that takes longer than this hangs, or has left its lock behind, milliseconds. */
const TOO_LONG = 60_000;

/** A look that is under way when the server stops may go on for so long, milliseconds. */
const GRACE = 2000;

/** What is known of the alerts at a time. */
export interface AlertsNow {
  readonly alerts: readonly Alert[];
  /** Why they may not be as things are; `null` as a rule. */
  readonly trouble: string | null;
}

/** Looks after the alerts for as long as a server runs: when the log changes, and when a workflow will be stuck. */
export class AlertWatch {
  #now: AlertsNow = { alerts: [], trouble: null };
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;
  /** When the next look may be, of which the last one took its share. */
  #notBefore = 0;
  #looking: Promise<void> | undefined;
  /** A look was due while another one was under way. */
  #again = false;
  #looked = false;
  #noted = new Set<string>();
  /** Since when another process has let alerts fire, and what there is to say of that. */
  #lockedSince: number | undefined;
  #locked: string | null = null;
  readonly #config: string;
  readonly #abort = new AbortController();

  /** @param onChange is told when alerts come, go or become others */
  constructor(
    private readonly alerts: Alerts,
    private readonly onChange: (now: AlertsNow) => void,
  ) {
    this.#plan(PAUSE);
    this.#config = join(alerts.analyzer.directory, CONFIG_FILE);
    watchFile(this.#config, { persistent: false, interval: PAUSE }, () => this.changed());
  }

  /** The alerts as of the last look; the first is waited for. */
  async now(): Promise<AlertsNow> {
    if (!this.#looked && !this.#abort.signal.aborted) await this.#look();
    return this.#now;
  }

  /** The log has changed. */
  changed(): void {
    this.#plan(PAUSE);
  }

  /** Ends what is under way: what has not been delivered is delivered by the next process. */
  async stop(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    unwatchFile(this.#config);
    await Promise.race([this.#looking, sleep(GRACE, undefined, { ref: false })]);
  }

  #plan(milliseconds: number): void {
    if (this.#abort.signal.aborted) return;
    const due = Math.max(performance.now() + milliseconds, this.#notBefore);
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#due = Infinity;
      if (this.#looking) this.#again = true;
      else void this.#look();
    }, due - performance.now());
    // A process is not kept alive to wait.
    this.#timer.unref();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    this.#again = false;
    const began = performance.now();
    let next = PERIOD;
    const onLook = (look: Look) => {
      const cost = performance.now() - began;
      // The first one reads the whole log.
      if (this.#looked) this.#notBefore = performance.now() + Math.min(REST * cost, LONGEST_REST);
      // A moment later it is so.
      if (look.next_seconds !== null) next = Math.min(next, look.next_seconds * 1000 + 100);
      this.#tell({ alerts: look.alerts, trouble: this.#locked });
      if (look.withheld.length > 0)
        this.#noteOnce(`oak.config.json names a ${look.withheld.join(" and a ")} for alerts: --deliver allows it`);
    };
    try {
      await this.alerts.look(onLook, this.#abort.signal);
      this.#unlock();
    } catch (error) {
      if (error instanceof LockedError) {
        next = OTHER;
        this.#lockedSince ??= performance.now();
        if (performance.now() - this.#lockedSince > TOO_LONG) this.#locked = this.#trouble(error);
      } else {
        next = PERIOD;
        this.#trouble(error);
      }
    }
    this.#looked = true;
    this.#plan(this.#again ? PAUSE : next);
  }

  #unlock(): void {
    this.#lockedSince = undefined;
    if (this.#locked === null) return;
    this.#locked = null;
    this.#tell({ ...this.#now, trouble: null });
  }

  #trouble(error: unknown): string | null {
    if (this.#abort.signal.aborted) return null;
    const message = error instanceof Error ? error.message : String(error);
    const trouble = error instanceof ConfigError ? message : `alerts cannot be told: ${message}`;
    this.#noteOnce(trouble);
    this.#tell({ alerts: this.#now.alerts, trouble });
    return trouble;
  }

  #tell(now: AlertsNow): void {
    const shown = ({ alerts, trouble }: AlertsNow) =>
      JSON.stringify([trouble, alerts.map(({ id, text }) => [id, text])]);
    const isNew = shown(now) !== shown(this.#now);
    this.#now = now;
    if (isNew) this.onChange(now);
  }

  #noteOnce(text: string): void {
    if (this.#noted.has(text)) return;
    this.#noted.add(text);
    this.alerts.note(text);
  }
}
