import { coordinationOverhead, type CoordinationOverhead, type PooledTime } from "./analyze/coordination.js";
import {
  compareRuns,
  compareWorkflows,
  type Period,
  type PeriodComparison,
  type RunTotals,
} from "./analyze/periods.js";
import {
  agentStatistics,
  rankAgents,
  type AgentRank,
  type AgentTotals,
  type Statistics,
} from "./analyze/statistics.js";
import { agentTrend, RECENT_DAYS, type AgentTrend, type Outcomes } from "./analyze/trends.js";
import {
  workflowAnalysis,
  type WorkflowAnalysis,
  type WorkflowStatus,
  type WorkflowTotals,
} from "./analyze/workflows.js";
import { formatTimestamp, parseTimestamp } from "./event/clock.js";
import { findTelemetryDirectory } from "./event/directory.js";
import type { Row, Tables } from "./tables/tables.js";

/** How a {@link TelemetryAnalyzer} reads. Every field may be left out. */
export interface AnalyzerOptions {
  /** Telemetry directory; by default as {@link findTelemetryDirectory} finds it. */
  readonly directory?: string;
  /** What "now" is, wherever it matters (recent runs, abandoned workflows). Default: the time of the call. */
  readonly as_of?: string | Date;
  /** A workflow without an end counts as abandoned after so many seconds of silence. Default: one day. */
  readonly abandoned_after_seconds?: number;
}

const DAY_SECONDS = 24 * 60 * 60;

/** How often each error message or task type occurred, most frequent first, ties by first occurrence. */
const COUNTS_BY_AGENT = (value: string, condition: string) => `
  SELECT agent_name, list({value: value, count: count} ORDER BY count DESC, first, value) AS counts
  FROM (
    SELECT agent_name, ${value} AS value, count(*) AS count, min(started_at) AS first
    FROM invocations WHERE ${condition} GROUP BY ALL
  )
  GROUP BY agent_name`;

/** The last judgement of each invocation. */
const RATINGS = `
  SELECT invocation_id,
    arg_max(quality_rating, (given_at, sequence, event_id)) FILTER (quality_rating BETWEEN 1 AND 5) AS quality
  FROM feedback GROUP BY invocation_id`;

/**
 * Analyses what was recorded in a telemetry directory. Each call sees what has been written until then.
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
  #tables: Promise<Tables> | undefined;

  /** @throws {RangeError} when `as_of` is no time or `abandoned_after_seconds` no duration */
  constructor(options: AnalyzerOptions = {}) {
    this.directory = findTelemetryDirectory(options.directory);
    this.#asOf = options.as_of === undefined ? undefined : milliseconds("as_of", options.as_of);
    this.#abandonedAfter = options.abandoned_after_seconds ?? DAY_SECONDS;
    if (!(this.#abandonedAfter >= 0)) throw new RangeError("abandoned_after_seconds must be 0 or more");
  }

  /** Lines of the log that cannot be read and are not in any number. `oak doctor` tells where they stand. */
  async unreadableLines(): Promise<number> {
    return (await this.#open()).unreadable_lines;
  }

  /** Counts, rates, durations and ratings of every agent, in order of their first run. */
  async generateStatistics(): Promise<Statistics> {
    const tables = await this.#open();
    const [range] = await tables.rows(`
      SELECT count(*) AS total, ${iso("min(started_at)")} AS "start", ${iso("max(started_at)")} AS "end"
      FROM invocations WHERE agent_name IS NOT NULL`);
    const agents = await tables.rows(`
      SELECT i.agent_name, count(*) AS invocations,
        count(*) FILTER (status = 'success') AS successes,
        count(*) FILTER (status = 'failure') AS failures,
        count(*) FILTER (status = 'partial') AS partial,
        count(*) FILTER (status = 'unknown') AS unknown,
        count(*) FILTER (status = 'running') AS running,
        -- As specified: a run of zero seconds is one whose duration nobody took.
        avg(duration_seconds) FILTER (duration_seconds > 0) AS mean_duration_seconds,
        avg(quality) AS mean_quality, count(quality) AS rated,
        coalesce(any_value(t.counts), []) AS task_types,
        coalesce(any_value(e.counts), []) AS errors,
        list(error_message ORDER BY started_at, i.invocation_id)
          FILTER (status = 'failure' AND error_message <> '')[:5] AS first_errors
      FROM invocations AS i
        LEFT JOIN (${RATINGS}) AS r USING (invocation_id)
        LEFT JOIN (${COUNTS_BY_AGENT("task_type", "task_type <> ''")}) AS t ON t.agent_name = i.agent_name
        LEFT JOIN (${COUNTS_BY_AGENT("error_message", "status = 'failure' AND error_message <> ''")}) AS e
          ON e.agent_name = i.agent_name
      WHERE i.agent_name IS NOT NULL
      GROUP BY i.agent_name
      ORDER BY min(started_at), i.agent_name`);
    return {
      generated_at: formatTimestamp(this.#now()),
      total_invocations: range!["total"] as number,
      date_range: { start: range!["start"] as string | null, end: range!["end"] as string | null },
      agents: Object.fromEntries(agents.map((row) => [row["agent_name"] as string, agentStatistics(agentTotals(row))])),
    };
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
  async analyzeWorkflows(): Promise<WorkflowAnalysis> {
    const tables = await this.#open();
    const [totals] = await tables.rows(
      `SELECT
        count(*) FILTER (status = 'completed') AS completed,
        count(*) FILTER (status = 'failed') AS failed,
        count(*) FILTER (status = 'cancelled') AS cancelled,
        count(*) FILTER (status = 'running') AS running,
        count(*) FILTER (status = 'abandoned') AS abandoned,
        count(*) FILTER (success) AS successes,
        count(success) AS judged,
        avg(duration_seconds) FILTER (status IN ('completed', 'failed')) AS mean_duration_seconds,
        avg(len(agents_executed)) FILTER (status IN ('completed', 'failed')) AS mean_agents
      FROM (SELECT *, ${WORKFLOW_STATUS} AS status FROM workflows)`,
      this.#silence(),
    );
    const patterns = await tables.rows(`
      SELECT agents_executed AS agents, count(*) AS count
      FROM workflows
      WHERE end_status IN ('completed', 'failed') AND len(agents_executed) > 0
      GROUP BY agents_executed
      ORDER BY count DESC, min(started_at), agents_executed
      LIMIT 5`);
    return workflowAnalysis({
      by_status: totals as unknown as Record<WorkflowStatus, number>,
      ...(totals as unknown as Omit<WorkflowTotals, "by_status" | "patterns">),
      patterns: patterns as unknown as WorkflowTotals["patterns"],
    });
  }

  /** The specified coordination overhead, joined by `workflow_id`, with what it is made of. */
  async calculateCoordinationOverhead(): Promise<CoordinationOverhead> {
    return this.#overhead("true", {});
  }

  /**
   * Compares an agent's last 7 days with the days before them.
   *
   * @param days how far to look back; more than 7
   * @throws {RangeError} when `days` is not more than 7
   */
  async getAgentPerformanceTrends(agent_name: string, days = 30): Promise<AgentTrend> {
    const nothing: Outcomes = { successes: 0, total: 0 };
    const [row] = await this.#trendRows(days, "agent_name = $agent_name", { agent_name });
    return row ?? agentTrend(agent_name, nothing, nothing, days);
  }

  /**
   * The trend of every agent, in order of their first run.
   *
   * @param days how far to look back; more than 7
   * @throws {RangeError} when `days` is not more than 7
   */
  async getPerformanceTrends(days = 30): Promise<Record<string, AgentTrend>> {
    const trends = await this.#trendRows(days, "agent_name IS NOT NULL", {});
    return Object.fromEntries(trends.map((trend) => [trend.agent_name, trend]));
  }

  /**
   * Puts two periods side by side: invocations, agents and workflows that started in them.
   *
   * @throws {RangeError} when a bound is no time or a period ends before it starts
   */
  async comparePeriods(before: Period, after: Period): Promise<PeriodComparison> {
    const bounds = { before: periodBounds("before", before), after: periodBounds("after", after) };
    const [runsBefore, runsAfter] = [await this.#runs(bounds.before), await this.#runs(bounds.after)];
    const names = [...new Set([...runsBefore.agents.keys(), ...runsAfter.agents.keys()])].toSorted();
    const none: RunTotals = { invocations: 0, successes: 0, total: 0, mean_duration_seconds: null, mean_quality: null };
    return {
      periods: bounds,
      invocations: compareRuns(runsBefore.all, runsAfter.all),
      agents: Object.fromEntries(
        names.map((name) => [
          name,
          compareRuns(runsBefore.agents.get(name) ?? none, runsAfter.agents.get(name) ?? none),
        ]),
      ),
      workflows: compareWorkflows(await this.#workflowPeriod(bounds.before), await this.#workflowPeriod(bounds.after)),
    };
  }

  /** Frees the tables. A later call opens them again. */
  close(): void {
    void this.#tables?.then((tables) => tables.close()).catch(() => undefined);
    this.#tables = undefined;
  }

  async #open(): Promise<Tables> {
    const current = await this.#tables?.catch(() => undefined);
    if (current && !(await current.stale())) return current;
    this.close();
    // The SQL engine takes a fifth of a second to load: programs that only record must not wait for it.
    this.#tables = import("./tables/tables.js").then(({ Tables }) => Tables.open(this.directory));
    return this.#tables;
  }

  #now(): number {
    return this.#asOf ?? Date.now();
  }

  #silence(): { silent_since: string } {
    return { silent_since: formatTimestamp(this.#now() - this.#abandonedAfter * 1000).slice(0, -1) };
  }

  async #trendRows(days: number, condition: string, parameters: Record<string, string>): Promise<AgentTrend[]> {
    if (!(days > RECENT_DAYS)) throw new RangeError(`days must be more than ${RECENT_DAYS}, got ${days}`);
    const ago = (number: number) => formatTimestamp(this.#now() - number * DAY_SECONDS * 1000).slice(0, -1);
    const known = "status IN ('success', 'failure', 'partial')";
    const tables = await this.#open();
    const rows = await tables.rows(
      `SELECT agent_name,
        count(*) FILTER (period = 'recent' AND status = 'success') AS recent_successes,
        count(*) FILTER (period = 'recent' AND ${known}) AS recent_total,
        count(*) FILTER (period = 'historical' AND status = 'success') AS historical_successes,
        count(*) FILTER (period = 'historical' AND ${known}) AS historical_total
      FROM (
        SELECT *, CASE
          WHEN started_at > CAST($now AS TIMESTAMP) THEN 'future'
          WHEN started_at >= CAST($recent AS TIMESTAMP) THEN 'recent'
          WHEN started_at >= CAST($oldest AS TIMESTAMP) THEN 'historical'
        END AS period
        FROM invocations WHERE ${condition}
      )
      GROUP BY agent_name
      ORDER BY min(started_at), agent_name`,
      { ...parameters, recent: ago(RECENT_DAYS), oldest: ago(days), now: ago(0) },
    );
    return rows.map((row) =>
      agentTrend(
        row["agent_name"] as string,
        { successes: row["recent_successes"] as number, total: row["recent_total"] as number },
        { successes: row["historical_successes"] as number, total: row["historical_total"] as number },
        days,
      ),
    );
  }

  async #overhead(condition: string, parameters: Record<string, string>): Promise<CoordinationOverhead> {
    const tables = await this.#open();
    const [pool] = await tables.rows(
      `SELECT
        count(*) FILTER (measured) AS workflows,
        count(*) FILTER (NOT measured) AS left_out,
        count(*) FILTER (measured AND joined_by_session) AS joined_by_session,
        count(*) FILTER (measured AND abs(duration_seconds - observed_seconds) > 0.05 * duration_seconds)
          AS duration_mismatches,
        coalesce(sum(open_invocations) FILTER (measured), 0) AS open_invocations,
        coalesce(sum(wall_us) FILTER (measured), 0) AS wall,
        coalesce(sum(work_us) FILTER (measured), 0) AS work,
        coalesce(sum(busy_us) FILTER (measured), 0) AS busy,
        coalesce(sum(own_us) FILTER (measured), 0) AS own
      FROM (
        SELECT *, coalesce(wall_us > 0 AND ended_invocations > 0, false) AS measured
        FROM workflows LEFT JOIN workflow_metrics USING (workflow_id)
        WHERE end_status IN ('completed', 'failed') AND ${condition}
      )`,
      parameters,
    );
    return coordinationOverhead(pool as unknown as PooledTime);
  }

  async #runs({ start, end }: { start: string; end: string }): Promise<{
    all: RunTotals;
    agents: Map<string, RunTotals>;
  }> {
    const tables = await this.#open();
    const rows = await tables.rows(
      `SELECT agent_name, grouping(agent_name) = 1 AS is_total, count(*) AS invocations,
        count(*) FILTER (status = 'success') AS successes,
        count(*) FILTER (status IN ('success', 'failure')) AS total,
        avg(duration_seconds) FILTER (duration_seconds > 0) AS mean_duration_seconds,
        avg(quality) AS mean_quality
      FROM invocations LEFT JOIN (${RATINGS}) USING (invocation_id)
      WHERE agent_name IS NOT NULL AND ${STARTED_IN_PERIOD}
      GROUP BY GROUPING SETS ((agent_name), ())`,
      { start: start.slice(0, -1), end: end.slice(0, -1) },
    );
    return {
      all: rows.find((row) => row["is_total"]) as unknown as RunTotals,
      agents: new Map(
        rows.filter((row) => !row["is_total"]).map((row) => [row["agent_name"] as string, row as unknown as RunTotals]),
      ),
    };
  }

  async #workflowPeriod({
    start,
    end,
  }: {
    start: string;
    end: string;
  }): Promise<Parameters<typeof compareWorkflows>[0]> {
    const parameters = { start: start.slice(0, -1), end: end.slice(0, -1) };
    const tables = await this.#open();
    const [counts] = await tables.rows(
      `SELECT count(*) AS workflows, count(*) FILTER (success) AS successes, count(success) AS total
      FROM workflows WHERE end_status IN ('completed', 'failed') AND ${STARTED_IN_PERIOD}`,
      parameters,
    );
    const { workflows, successes, total } = counts as unknown as Outcomes & { workflows: number };
    return { workflows, successes, total, overhead: await this.#overhead(STARTED_IN_PERIOD, parameters) };
  }
}

const STARTED_IN_PERIOD = "started_at >= CAST($start AS TIMESTAMP) AND started_at < CAST($end AS TIMESTAMP)";

const WORKFLOW_STATUS = `coalesce(
  end_status, CASE WHEN last_activity_at < CAST($silent_since AS TIMESTAMP) THEN 'abandoned' ELSE 'running' END
)`;

/** A time as the log writes it: milliseconds, or microseconds where the log has them. */
function iso(column: string): string {
  return `regexp_replace(strftime(${column}, '%Y-%m-%dT%H:%M:%S.%f'), '000$', '') || 'Z'`;
}

function agentTotals(row: Row): AgentTotals {
  return row as unknown as AgentTotals;
}

function periodBounds(name: string, period: Period): { start: string; end: string } {
  const start = milliseconds(`${name}.start`, period.start);
  const end = milliseconds(`${name}.end`, period.end);
  if (end < start) throw new RangeError(`${name}: the period ends before it starts`);
  return { start: formatTimestamp(start), end: formatTimestamp(end) };
}

function milliseconds(name: string, time: string | Date): number {
  const value = time instanceof Date ? time.getTime() : parseTimestamp(time);
  if (value === undefined || Number.isNaN(value))
    throw new RangeError(
      `${name} must be a Date or an ISO 8601 time such as 2026-11-01T12:00:00Z, got ${String(time)}`,
    );
  return value;
}
