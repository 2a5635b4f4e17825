import { coordinationOverhead, type CoordinationOverhead } from "./analyze/coordination.js";
import {
  compareRuns,
  compareWorkflows,
  type Period,
  type PeriodBounds,
  type PeriodComparison,
  type RunTotals,
} from "./analyze/periods.js";
import { agentStatistics, rankAgents, type AgentRank, type Statistics } from "./analyze/statistics.js";
import { agentTrend, RECENT_DAYS, type AgentTrend } from "./analyze/trends.js";
import { workflowAnalysis, type WorkflowAnalysis } from "./analyze/workflows.js";
import { formatTimestamp, parseTimestamp } from "./event/clock.js";
import { findTelemetryDirectory } from "./event/directory.js";
import * as query from "./tables/queries.js";
import type { Tables } from "./tables/tables.js";

/** How a {@link TelemetryAnalyzer} reads. Every field may be left out. */
export interface AnalyzerOptions {
  /** Telemetry directory; by default as {@link findTelemetryDirectory} finds it. */
  readonly directory?: string;
  /** What "now" is: what was logged later does not count. Default: the time of the call, and everything counts. */
  readonly as_of?: string | Date;
  /** A workflow without an end counts as abandoned after so many seconds of silence. Default: one day. */
  readonly abandoned_after_seconds?: number;
  /** Called now and then while a long log is read: bytes that have been read, and bytes there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** All results of the analyzer at one time. */
export interface Report {
  readonly statistics: Statistics;
  readonly workflows: WorkflowAnalysis;
  readonly coordination_overhead: CoordinationOverhead;
  readonly ranking: readonly AgentRank[];
  /** By agent, in order of their first run. */
  readonly trends: Readonly<Record<string, AgentTrend>>;
}

const DAY_SECONDS = 24 * 60 * 60;

/**
 * Analyses what was recorded in a telemetry directory. Each call sees what has been written until then; a directory
 * that does not exist, or is empty, gives results without numbers.
 *
 * All methods reject when a file of the log cannot be read, with the error of the file system.
 *
 * @example
 * const analyzer = new TelemetryAnalyzer();
 * const overhead = await analyzer.calculateCoordinationOverhead();
 * console.log(overhead.idle_share, overhead.recommendation);
 * analyzer.close();
 */
export class TelemetryAnalyzer {
  /** Absolute path of the telemetry directory. */
  readonly directory: string;
  readonly #asOf: number | undefined;
  readonly #abandonedAfter: number;
  readonly #onProgress: AnalyzerOptions["onProgress"];
  #tables: Promise<Tables> | undefined;

  /** @throws {RangeError} when `as_of` is no time or `abandoned_after_seconds` no duration */
  constructor(options: AnalyzerOptions = {}) {
    this.directory = findTelemetryDirectory(options.directory);
    this.#asOf = options.as_of === undefined ? undefined : milliseconds("as_of", options.as_of);
    this.#abandonedAfter = options.abandoned_after_seconds ?? DAY_SECONDS;
    this.#onProgress = options.onProgress;
    if (!(this.#abandonedAfter >= 0)) throw new RangeError("abandoned_after_seconds must be 0 or more");
  }

  /**
   * Lines of the log that could not be read when it was read last, and are not in any number. `oak doctor` tells where
   * they stand.
   */
  async unreadableLines(): Promise<number> {
    this.#tables ??= this.#refresh(undefined);
    return (await this.#tables).unreadable_lines;
  }

  /**
   * All results at once, of one and the same state of the log.
   *
   * @param days how far trends look back; more than 7
   * @throws {RangeError} when `days` is not more than 7
   */
  async generateReport(days = 30): Promise<Report> {
    const times = this.#trendTimes(days);
    return this.#read(async (tables) => {
      const statistics = await this.#statistics(tables);
      return {
        statistics,
        workflows: await this.#workflows(tables),
        coordination_overhead: await overhead(tables),
        ranking: rankAgents(statistics.agents),
        trends: byAgent(await trends(tables, times, days)),
      };
    });
  }

  /** Counts, rates, durations and ratings of every agent, in order of their first run. */
  generateStatistics(): Promise<Statistics> {
    return this.#read((tables) => this.#statistics(tables));
  }

  /**
   * Agents by the specified score, best first.
   *
   * @param task_type only agents that have it among their common task types
   */
  async getAgentRanking(task_type?: string): Promise<AgentRank[]> {
    return rankAgents((await this.generateStatistics()).agents, task_type);
  }

  /** Number, success, duration and agent sequences of the workflows. */
  analyzeWorkflows(): Promise<WorkflowAnalysis> {
    return this.#read((tables) => this.#workflows(tables));
  }

  /** The specified coordination overhead, joined by `workflow_id`, with what it is made of. */
  calculateCoordinationOverhead(): Promise<CoordinationOverhead> {
    return this.#read((tables) => overhead(tables));
  }

  /**
   * Compares an agent's last 7 days with the days before them.
   *
   * @param days how far to look back; more than 7
   * @throws {RangeError} when `days` is not more than 7
   * @throws {TypeError} without an agent
   */
  async getAgentPerformanceTrends(agent_name: string, days = 30): Promise<AgentTrend> {
    if (typeof agent_name !== "string") throw new TypeError("agent_name must be a string");
    const times = this.#trendTimes(days);
    const [trend] = await this.#read((tables) => trends(tables, times, days, agent_name));
    const nothing = { successes: 0, total: 0 };
    return trend ?? agentTrend(agent_name, nothing, nothing, days);
  }

  /**
   * The trend of every agent, in order of their first run.
   *
   * @param days how far to look back; more than 7
   * @throws {RangeError} when `days` is not more than 7
   */
  async getPerformanceTrends(days = 30): Promise<Record<string, AgentTrend>> {
    const times = this.#trendTimes(days);
    return byAgent(await this.#read((tables) => trends(tables, times, days)));
  }

  /**
   * Puts two periods side by side: invocations, agents and workflows that started in them.
   *
   * @throws {RangeError} when a bound is no time or a period ends before it starts
   */
  async comparePeriods(before: Period, after: Period): Promise<PeriodComparison> {
    const periods = { before: bounds("before", before), after: bounds("after", after) };
    return this.#read(async (tables) => {
      const runs = {
        before: await query.runTotals(tables, periods.before),
        after: await query.runTotals(tables, periods.after),
      };
      const workflows = async (period: PeriodBounds) => ({
        ...(await query.workflowOutcomes(tables, period)),
        overhead: await overhead(tables, period),
      });
      const agents = [...new Set([...runs.before.agents.keys(), ...runs.after.agents.keys()])].toSorted();
      return {
        periods,
        invocations: compareRuns(runs.before.all, runs.after.all),
        agents: Object.fromEntries(
          agents.map((agent) => [
            agent,
            compareRuns(runs.before.agents.get(agent) ?? NO_RUNS, runs.after.agents.get(agent) ?? NO_RUNS),
          ]),
        ),
        workflows: compareWorkflows(await workflows(periods.before), await workflows(periods.after)),
      };
    });
  }

  /** Frees the tables, once the calls that are under way have ended. A later call opens them again. */
  close(): void {
    this.#tables?.then(
      (tables) => tables.close(),
      () => undefined,
    );
    this.#tables = undefined;
  }

  async #statistics(tables: Tables): Promise<Statistics> {
    const { total, start, end } = await query.invocationRange(tables);
    const agents = await query.agentTotals(tables);
    return {
      generated_at: formatTimestamp(this.#now()),
      total_invocations: total,
      date_range: { start, end },
      agents: Object.fromEntries(agents.map((totals) => [totals.agent_name, agentStatistics(totals)])),
    };
  }

  async #workflows(tables: Tables): Promise<WorkflowAnalysis> {
    const silentSince = formatTimestamp(Math.max(0, this.#now() - this.#abandonedAfter * 1000));
    return workflowAnalysis(await query.workflowTotals(tables, silentSince));
  }

  #trendTimes(days: number): query.TrendTimes {
    if (!(days > RECENT_DAYS)) throw new RangeError(`days must be more than ${RECENT_DAYS}, got ${days}`);
    const ago = (number: number) => formatTimestamp(Math.max(0, this.#now() - number * DAY_SECONDS * 1000));
    return { oldest: ago(days), recent: ago(RECENT_DAYS), now: ago(0) };
  }

  async #read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    this.#tables = this.#refresh(this.#tables);
    return (await this.#tables).use(work);
  }

  /** Gives the tables of the log as it is now: the current ones while it has not changed. */
  async #refresh(opened: Promise<Tables> | undefined): Promise<Tables> {
    const current = await opened?.catch(() => undefined);
    if (current && !(await current.stale())) return current;
    current?.close();
    // The SQL engine takes a fifth of a second to load: programs that only record must not wait for it.
    const { Tables } = await import("./tables/tables.js");
    return Tables.open(this.directory, {
      until: this.#asOf === undefined ? undefined : formatTimestamp(this.#asOf),
      onProgress: this.#onProgress,
    });
  }

  #now(): number {
    return this.#asOf ?? Date.now();
  }
}

async function overhead(tables: Tables, period?: PeriodBounds): Promise<CoordinationOverhead> {
  return coordinationOverhead(await query.pooledTime(tables, period));
}

async function trends(tables: Tables, times: query.TrendTimes, days: number, agent?: string): Promise<AgentTrend[]> {
  return (await query.outcomesAround(tables, times, agent)).map(({ agent_name, recent, historical }) =>
    agentTrend(agent_name, recent, historical, days),
  );
}

function byAgent(list: readonly AgentTrend[]): Record<string, AgentTrend> {
  return Object.fromEntries(list.map((trend) => [trend.agent_name, trend]));
}

const NO_RUNS: RunTotals = {
  invocations: 0,
  successes: 0,
  total: 0,
  mean_duration_seconds: null,
  mean_quality: null,
};

function bounds(name: string, period: Period): PeriodBounds {
  const start = milliseconds(`${name}.start`, period.start);
  const end = milliseconds(`${name}.end`, period.end);
  if (end < start) throw new RangeError(`${name}: the period ends before it starts`);
  return { start: formatTimestamp(start), end: formatTimestamp(end) };
}

function milliseconds(name: string, time: string | Date): number {
  const value = time instanceof Date ? time.getTime() : parseTimestamp(time);
  if (value === undefined || Number.isNaN(value)) {
    const example = "a Date or an ISO 8601 time such as 2026-11-01T12:00:00Z";
    throw new RangeError(`${name} must be ${example}, got ${String(time)}`);
  }
  return value;
}
