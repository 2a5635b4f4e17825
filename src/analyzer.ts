import { shareSource } from "./analyzer-source.js";
import { agentProfile, type AgentProfile } from "./analyze/agent-profile.js";
import { BAND_THRESHOLDS, type BandThresholds } from "./analyze/band.js";
import { handoffAnalysis, type HandoffAnalysis } from "./analyze/handovers.js";
import { coordinationOverhead, type CoordinationOverhead } from "./analyze/overhead.js";
import { declineAlert } from "./analyze/page-hinkley.js";
import { PATTERN_UNITS, patternAnalysis, type PatternAnalysis, type PatternUnit } from "./analyze/patterns.js";
import {
  compareAgents,
  compareRuns,
  compareWorkflows,
  type Period,
  type PeriodBounds,
  type PeriodComparison,
} from "./analyze/periods.js";
import type { InvocationSummary } from "./analyze/run.js";
import type { FailureStreak } from "./analyze/streaks.js";
import { agentStatistics, rankAgents, type AgentRank, type Statistics } from "./analyze/statistics.js";
import { agentTrend, RECENT_DAYS, type AgentTrend, type TrendAlert } from "./analyze/trends.js";
import { coordinationWeek, type CoordinationWeek } from "./analyze/weeks.js";
import {
  workflowDetail,
  type WorkflowDetail,
  type WorkflowFilter,
  type WorkflowList,
} from "./analyze/workflow-detail.js";
import { WORKFLOW_STATUSES, workflowAnalysis, type WorkflowAnalysis } from "./analyze/workflows.js";
import { formatTimestamp, timeOf } from "./event/clock.js";
import { overheadInput } from "./tables/overhead-queries.js";
import { arcTotals, handovers, pairLatencies, variantTotals } from "./tables/pattern-queries.js";
import { KeptTables } from "./tables/kept.js";
import { profileRows, weekTotals } from "./tables/profile-queries.js";
import * as query from "./tables/queries.js";
import { failureStreaks, invocationSummary } from "./tables/run-queries.js";
import type { Tables } from "./tables/tables.js";
import { workflowFacts, workflowIdsLike, workflowList, type Moment } from "./tables/workflow-queries.js";

/** How a {@link TelemetryAnalyzer} reads. Every field may be left out. */
export interface AnalyzerOptions {
  /** Telemetry directory; by default as `findTelemetryDirectory` finds it. */
  readonly directory?: string;
  /** What "now" is: what was logged later does not count. Default: the time of the call, and everything counts. */
  readonly as_of?: string | Date;
  /** A workflow without an end counts as abandoned after so many seconds of silence. Default: one day. */
  readonly abandoned_after_seconds?: number;
  /** Limits of the bands of overhead, percent. Default: 15 and 30, as specified. */
  readonly bands?: BandThresholds;
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
  readonly #bands: BandThresholds;
  readonly #tables: KeptTables;

  /** @throws {RangeError} when `as_of` is no time or `abandoned_after_seconds` no duration */
  constructor(options: AnalyzerOptions = {}) {
    this.#asOf = options.as_of === undefined ? undefined : timeOf("as_of", options.as_of);
    this.#abandonedAfter = options.abandoned_after_seconds ?? DAY_SECONDS;
    this.#bands = options.bands ?? BAND_THRESHOLDS;
    if (!(this.#abandonedAfter >= 0)) throw new RangeError("abandoned_after_seconds must be 0 or more");
    this.#tables = new KeptTables({
      directory: options.directory,
      until: this.#asOf === undefined ? undefined : formatTimestamp(this.#asOf),
      onProgress: options.onProgress,
    });
    this.directory = this.#tables.directory;
    shareSource(this, { tables: this.#tables, as_of: this.#asOf });
  }

  /**
   * Lines of the log that could not be read when it was read last, and are not in any number. `oak doctor` tells where
   * they stand.
   */
  unreadableLines(): Promise<number> {
    return this.#tables.unreadableLines();
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
        coordination_overhead: await this.#overhead(tables),
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

  /**
   * Workflows, latest start first, with what has become of them.
   *
   * @param limit how many at most
   * @param offset how many to leave out before
   */
  async listWorkflows(filter: WorkflowFilter = {}, { limit = 20, offset = 0 } = {}): Promise<WorkflowList> {
    if (filter.status !== undefined && !WORKFLOW_STATUSES.includes(filter.status))
      throw new RangeError(`status must be one of ${WORKFLOW_STATUSES.join(", ")}, got ${filter.status}`);
    for (const [name, value] of Object.entries({ limit, offset }))
      if (!Number.isInteger(value) || value < 0)
        throw new RangeError(`${name} must be a whole number from 0, got ${value}`);
    const times = Object.fromEntries(
      (["since", "until"] as const).flatMap((name) => {
        const time = filter[name];
        return time === undefined ? [] : [[name, formatTimestamp(timeOf(name, time))]];
      }),
    );
    const list = await this.#read((tables) =>
      workflowList(tables, this.#moment(), { ...filter, ...times }, limit, offset),
    );
    return { ...list, offset };
  }

  /** One workflow: its runs, handoffs, critical path and metrics; `undefined` when there is none of this id. */
  async getWorkflow(workflow_id: string): Promise<WorkflowDetail | undefined> {
    const known = await this.#read((tables) => workflowFacts(tables, this.#moment(), workflow_id));
    return known && workflowDetail(known.facts, known.runs, known.handoffs);
  }

  /** What is known of one run; `undefined` when there is none of this id. */
  async getInvocation(invocation_id: string): Promise<InvocationSummary | undefined> {
    return this.#read((tables) => invocationSummary(tables, invocation_id));
  }

  /** Ids of workflows that begin with a text, up to 10. */
  findWorkflowIds(beginning: string): Promise<string[]> {
    return this.#read((tables) => workflowIdsLike(tables, beginning));
  }

  /**
   * Sequences of runs that workflows have in common, and which run follows which. Of workflows that ran to their end.
   *
   * @param by what stands for a run: its agent, or its kind of task
   * @throws {RangeError} when it is neither
   */
  async analyzePatterns(by: PatternUnit = "agent_name"): Promise<PatternAnalysis> {
    if (!PATTERN_UNITS.includes(by)) throw new RangeError(`by must be ${PATTERN_UNITS.join(" or ")}, got ${by}`);
    return this.#read(async (tables) =>
      patternAnalysis(by, await variantTotals(tables, by), await arcTotals(tables, by)),
    );
  }

  /** Which agents work after which, how long runs wait in between, and why. Of workflows that ran to their end. */
  analyzeHandoffs(): Promise<HandoffAnalysis> {
    return this.#read(async (tables) => {
      const { matrix, pingPong } = await handovers(tables);
      const { pairs, overlapping } = await pairLatencies(tables);
      return handoffAnalysis(matrix, pairs, pingPong, overlapping);
    });
  }

  /** The specified coordination overhead, joined by `workflow_id`, with what it is made of. */
  calculateCoordinationOverhead(): Promise<CoordinationOverhead> {
    return this.#read((tables) => this.#overhead(tables));
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
   * Agents whose last runs all failed, longest streak first. Runs that neither succeeded nor failed are passed over.
   *
   * @param least how many failures it takes
   * @param days the last of them is not older than this
   * @throws {RangeError} when one of them is no positive number
   */
  async getFailureStreaks(least = 2, days = 30): Promise<FailureStreak[]> {
    for (const [name, value] of Object.entries({ least, days }))
      if (!(value > 0)) throw new RangeError(`${name} must be more than 0, got ${value}`);
    const now = this.#now();
    const oldest = formatTimestamp(Math.max(0, now - days * DAY_SECONDS * 1000));
    return this.#read((tables) => failureStreaks(tables, least, { oldest, now: formatTimestamp(now) }));
  }

  /**
   * What one agent is like: its statistics and trend, how it does by week, which tasks it is good and bad at, and its last
   * failures.
   *
   * @param days how far to look back, but for `statistics`, which are of all time; more than 7
   * @returns `undefined` for an agent that never ran
   * @throws {RangeError} when `days` is not more than 7
   */
  async getAgentProfile(agent_name: string, days = 182): Promise<AgentProfile | undefined> {
    const times = this.#trendTimes(days);
    return this.#read(async (tables) => {
      const { agents } = await this.#statistics(tables);
      const statistics = Object.hasOwn(agents, agent_name) ? agents[agent_name] : undefined;
      if (!statistics) return undefined;
      const [trend] = await trends(tables, times, days, agent_name);
      return agentProfile(agent_name, { statistics, trend: trend!, ...(await profileRows(tables, agent_name, times)) });
    });
  }

  /**
   * Where the time of workflows went, by week of their start, oldest first. Of workflows that ran to their end.
   *
   * @param weeks how far to look back
   * @throws {RangeError} when `weeks` is no positive number
   */
  async getCoordinationWeeks(weeks = 26): Promise<CoordinationWeek[]> {
    if (!(weeks > 0)) throw new RangeError(`weeks must be more than 0, got ${weeks}`);
    const oldest = formatTimestamp(Math.max(0, this.#now() - weeks * 7 * DAY_SECONDS * 1000));
    return this.#read(async (tables) =>
      (await weekTotals(tables, { oldest, now: formatTimestamp(this.#now()) })).map(coordinationWeek),
    );
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
        overhead: await this.#overhead(tables, period),
      });
      return {
        periods,
        invocations: compareRuns(runs.before.all, runs.after.all),
        agents: compareAgents(runs.before.agents, runs.after.agents),
        workflows: compareWorkflows(await workflows(periods.before), await workflows(periods.after)),
      };
    });
  }

  /** Frees the tables, once the calls that are under way have ended. A later call opens them again. */
  close(): void {
    this.#tables.close();
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
    return workflowAnalysis(await query.workflowTotals(tables, this.#moment().silent_since));
  }

  async #overhead(tables: Tables, period?: PeriodBounds): Promise<CoordinationOverhead> {
    return coordinationOverhead(await overheadInput(tables, this.#moment().now, period), this.#bands);
  }

  #moment(): Moment {
    const ago = (seconds: number) => formatTimestamp(Math.max(0, this.#now() - seconds * 1000));
    return { now: ago(0), silent_since: ago(this.#abandonedAfter) };
  }

  #trendTimes(days: number): query.TrendTimes {
    if (!(days > RECENT_DAYS)) throw new RangeError(`days must be more than ${RECENT_DAYS}, got ${days}`);
    const ago = (number: number) => formatTimestamp(Math.max(0, this.#now() - number * DAY_SECONDS * 1000));
    return { oldest: ago(days), recent: ago(RECENT_DAYS), now: ago(0) };
  }

  #read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#tables.read(work);
  }

  #now(): number {
    return this.#asOf ?? Date.now();
  }
}

async function trends(tables: Tables, times: query.TrendTimes, days: number, agent?: string): Promise<AgentTrend[]> {
  const daily = await query.agentDays(tables, times, agent);
  const failures = await query.failuresInOrder(tables, times, agent);
  const list: AgentTrend[] = [];
  for (const { agent_name, recent, historical } of await query.outcomesAround(tables, times, agent)) {
    const alert = await alertOf(tables, times, agent_name, failures.get(agent_name) ?? []);
    list.push(agentTrend(agent_name, recent, historical, days, { daily: daily.get(agent_name) ?? [], alert }));
  }
  return list;
}

async function alertOf(
  tables: Tables,
  times: query.TrendTimes,
  agent: string,
  failures: readonly boolean[],
): Promise<TrendAlert | null> {
  const alert = declineAlert(failures);
  if (!alert) return null;
  const { change_index, detected_index, ...rates } = alert;
  return {
    changed_at: await query.startOfOutcome(tables, times, agent, change_index),
    detected_at: await query.startOfOutcome(tables, times, agent, detected_index),
    ...rates,
  };
}

function byAgent(list: readonly AgentTrend[]): Record<string, AgentTrend> {
  return Object.fromEntries(list.map((trend) => [trend.agent_name, trend]));
}

function bounds(name: string, period: Period): PeriodBounds {
  const start = timeOf(`${name}.start`, period.start);
  const end = timeOf(`${name}.end`, period.end);
  if (end < start) throw new RangeError(`${name}: the period ends before it starts`);
  return { start: formatTimestamp(start), end: formatTimestamp(end) };
}
