import { declinesQuietly, type AgentTrend } from "../analyze/trends.js";
import type { TelemetryAnalyzer } from "../analyzer.js";
import { formatTimestamp } from "../event/clock.js";
import { LockedError, withLock } from "../log/lock.js";
import type { Alert } from "./alert.js";
import { readConfig, type Deliver, type Rules } from "./config.js";
import { callWebhook, runCommand } from "./deliver.js";
import { settle, type Known, type Settled } from "./ledger.js";
import { findingsOf, secondsUntilStuck, type Observation } from "./rules.js";
import { canHaveState, CHANNELS, lockOf, readState, writeState, type AlertState, type Channel } from "./state.js";

/** More workflows are not running at once. */
const MOST_RUNNING = 100_000;

/** How {@link Alerts} works. */
export interface AlertOptions {
  /** Channels that may be used, of those that `oak.config.json` names. */
  readonly channels: readonly Channel[];
  /**
   * What has fired before: kept, so that it does not fire again; only read, so that nothing is changed; or none, as what
   * fires at another time has nothing to do with it. Delivered is only what is kept.
   */
  readonly memory: "kept" | "read" | "none";
}

/** What one look has found. */
export interface Look {
  /** Alerts whose cause lasts. */
  readonly alerts: readonly Alert[];
  /** Those of them that have fired just now. */
  readonly fired: readonly Alert[];
  /** Seconds after which a workflow will be stuck if nothing happens; `null` when none will be. */
  readonly next_seconds: number | null;
  /** Agents that decline by the last days, and of which there is no alert: see {@link declinesQuietly}. */
  readonly declining_quietly: readonly string[];
  /** What `oak.config.json` names, and the options do not allow. */
  readonly withheld: readonly Channel[];
}

/** The alerts of one telemetry directory. */
export class Alerts {
  /** What has fired, where it cannot be written. */
  #unwritten: AlertState | undefined;

  constructor(
    readonly analyzer: TelemetryAnalyzer,
    readonly options: AlertOptions,
    /** Says what went wrong and does not end the work. */
    readonly note: (text: string) => void,
  ) {}

  /**
   * Applies the rules to the log as it is, remembers what fires, and delivers it.
   *
   * @param onLook is told before anything is delivered, which takes its time
   * @param signal ends deliveries: those that are not done are done the next time
   * @throws {ConfigError} when `oak.config.json` is wrong
   * @throws {LockedError} when another process is letting alerts fire
   * @throws what the file system says
   */
  async look(onLook: (look: Look) => void, signal: AbortSignal): Promise<void> {
    const { directory } = this.analyzer;
    const { alerts: config } = await readConfig(directory);
    const observation = await observe(this.analyzer, config.rules);
    const findings = findingsOf(observation, config.rules);
    const now = formatTimestamp(Date.now());
    const named = CHANNELS.filter((channel) => Boolean(config.deliver[channel]));
    const tell = ({ known, fired }: Settled) =>
      onLook({
        alerts: known.map(({ alert }) => alert),
        fired,
        next_seconds: secondsUntilStuck(observation, config.rules),
        declining_quietly: observation.trends.filter(declinesQuietly).map(({ agent_name }) => agent_name),
        withheld: named.filter((channel) => !this.options.channels.includes(channel)),
      });
    const before = await this.#read();
    const settled = settle(before.known, findings, now);
    const channels = named.filter((channel) => this.options.channels.includes(channel));
    const isSame = levels(settled.known) === levels(before.known) && settled.fired.length === 0;
    const due = before.undelivered.some(({ channel }) => channels.includes(channel));
    if ((isSame && !due) || this.options.memory !== "kept" || !canHaveState(directory)) return tell(settled);
    await this.#alone(
      async () => {
        const current = await this.#read();
        if (current.trouble !== undefined) this.note(current.trouble);
        const decided = settle(current.known, findings, now);
        const fresh = decided.fired.flatMap((alert) => channels.map((channel) => ({ alert, channel })));
        const state = { known: [...decided.known], undelivered: [...current.undelivered, ...fresh] };
        await this.#write(state);
        tell(decided);
        await this.#deliver(state, config.deliver, channels, signal);
      },
      () => {
        // What is new is for the other process to tell.
        const isNew = new Set(settled.fired);
        tell({ known: settled.known.filter(({ alert }) => !isNew.has(alert)), fired: [] });
      },
    );
  }

  /** Delivers what is due. What is done is taken out of the state at once: nothing is delivered again after a crash. */
  async #deliver(
    state: AlertState,
    deliver: Deliver,
    channels: readonly Channel[],
    signal: AbortSignal,
  ): Promise<void> {
    let { undelivered } = state;
    const failed = new Set<Channel>();
    for (const one of state.undelivered) {
      if (signal.aborted) return;
      if (!channels.includes(one.channel)) continue;
      try {
        // A receiver that is not there is waited for once, not once for each alert.
        if (!failed.has(one.channel)) await this.#send(one.alert, one.channel, deliver, signal);
        else this.note(`not delivered either: ${one.alert.text}`);
      } catch (error) {
        if (signal.aborted) return;
        failed.add(one.channel);
        this.note(`alert not delivered: ${(error as Error).message}: ${one.alert.text}`);
      }
      undelivered = undelivered.filter((other) => other !== one);
      await this.#write({ known: state.known, undelivered });
    }
  }

  async #send(alert: Alert, channel: Channel, deliver: Deliver, signal: AbortSignal): Promise<void> {
    if (channel === "stderr") this.note(`alert: ${alert.text}`);
    if (channel === "command" && deliver.command)
      await runCommand(deliver.command, alert, this.analyzer.directory, signal);
    if (channel === "webhook" && deliver.webhook) await callWebhook(deliver.webhook, alert, signal);
  }

  async #read(): Promise<AlertState & { readonly trouble?: string }> {
    if (this.options.memory === "none") return { known: [], undelivered: [] };
    return this.#unwritten ?? readState(this.analyzer.directory);
  }

  /** Where it cannot be written it is kept for as long as this process lives. */
  async #write(state: AlertState): Promise<void> {
    const told = this.#unwritten !== undefined;
    try {
      await writeState(this.analyzer.directory, state);
      this.#unwritten = undefined;
    } catch (error) {
      this.#unwritten = state;
      if (!told) this.note(`${(error as Error).message}: alerts fire again after a restart`);
    }
  }

  async #alone(work: () => Promise<void>, busy: () => void): Promise<void> {
    try {
      await withLock(lockOf(this.analyzer.directory), work);
    } catch (error) {
      if (error instanceof LockedError) busy();
      const { code = "" } = error as NodeJS.ErrnoException;
      // A directory that takes no lock takes no state either: there is nothing to get in each other's way about.
      if (!["EACCES", "EPERM", "EROFS", "ENOSPC"].includes(code)) throw error;
      await work();
    }
  }
}

/** Tells states apart. */
function levels(known: readonly Known[]): string {
  return JSON.stringify(known.map(({ alert, level }) => `${level} ${alert.id}`).toSorted());
}

/** Asks the analyzer for what the rules need. */
async function observe(
  analyzer: TelemetryAnalyzer,
  rules: Rules,
): Promise<Observation & { readonly trends: readonly AgentTrend[] }> {
  const { agent_declining, overhead_band, workflow_stuck, failure_streak } = rules;
  return {
    trends: agent_declining.enabled ? Object.values(await analyzer.getPerformanceTrends(agent_declining.days)) : [],
    overhead: overhead_band.enabled ? await analyzer.calculateCoordinationOverhead() : undefined,
    running: workflow_stuck.enabled
      ? (await analyzer.listWorkflows({ status: "running" }, { limit: MOST_RUNNING })).workflows
      : [],
    streaks: failure_streak.enabled
      ? await analyzer.getFailureStreaks(failure_streak.failures, failure_streak.days)
      : [],
  };
}
