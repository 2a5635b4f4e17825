import type { OverheadInput, PooledTime } from "../analyze/overhead.js";
import type { PeriodBounds } from "../analyze/periods.js";
import { STARTED_IN_PERIOD, time } from "./queries.js";
import type { Row } from "./sql.js";
import type { Tables } from "./tables.js";

/** More groups than this make the interval no better, only slower. */
const MOST_GROUPS = 1000;

/** Days over which the trend of the idle share is looked at. */
const TREND_DAYS = 30;

/** Workflows that ran to their end, those with numbers first: `measured`. */
const ended = (period: PeriodBounds | undefined) => `(
  SELECT workflows.workflow_id, workflow_metrics.* EXCLUDE (workflow_id), started_at, duration_seconds, observed_seconds, estimated_duration,
    coalesce(wall_us > 0 AND ended_invocations > 0, false) AS measured, wall_us - busy_us AS idle_us
  FROM workflows LEFT JOIN workflow_metrics USING (workflow_id)
  WHERE end_status IN ('completed', 'failed') ${period ? `AND ${STARTED_IN_PERIOD}` : ""}
)`;

/**
 * All that the coordination overhead is worked out from, of all workflows that ran to their end or of those that started
 * in a period.
 *
 * @param now until when the trend of the idle share is looked at
 */
export async function overheadInput(tables: Tables, now: string, period?: PeriodBounds): Promise<OverheadInput> {
  // A table of this call's own, as several queries read it and calls may run side by side.
  const from = `ended_${++calls}`;
  await tables.rows(`CREATE TABLE ${from} AS FROM ${ended(period)}`, { ...period });
  try {
    return await overheadOf(tables, from, now, period !== undefined);
  } finally {
    await tables.rows(`DROP TABLE ${from}`);
  }
}

let calls = 0;

async function overheadOf(tables: Tables, from: string, now: string, some: boolean): Promise<OverheadInput> {
  const query = (sql: string, parameters: Record<string, string> = {}) => tables.rows(sql, parameters);
  const [pool] = await query(`
    SELECT
      count(*) FILTER (measured) AS workflows,
      count(*) FILTER (NOT measured) AS left_out,
      count(*) FILTER (measured AND joined_by_session) AS joined_by_session,
      count(*) FILTER (measured AND abs(duration_seconds - observed_seconds) > 0.05 * duration_seconds)
        AS duration_mismatches,
      ${SUMMED.map(([name, column]) => `coalesce(sum(${column}) FILTER (measured), 0) AS ${name}`).join(", ")},
      median(idle_us / wall_us) FILTER (measured) AS median_idle_share,
      median(100 * (wall_us - work_us) / wall_us) FILTER (measured) AS median_overhead_pct,
      avg(adherence::DECIMAL(18, 15)) FILTER (measured) AS mean_adherence,
      count(adherence) FILTER (measured) AS planned,
      median((duration_seconds - estimated_duration) / estimated_duration) FILTER (estimated_duration > 0)
        AS median_estimate_error,
      count(*) FILTER (estimated_duration > 0 AND duration_seconds IS NOT NULL) AS estimated
    FROM ${from}`);
  const chosen = some ? `WHERE workflow_id IN (SELECT workflow_id FROM ${from})` : "";
  const agents = await query(`
    SELECT agent_name, count(*) AS runs, sum(path_us) AS path, coalesce(sum(drag_us), 0) AS drag
    FROM workflow_runs ${chosen} GROUP BY agent_name ORDER BY agent_name`);
  const [handoffs] = await query(`
    SELECT count(latency_us) AS count, avg(latency_us) AS mean, quantile_cont(latency_us, 0.5) AS p50,
      quantile_cont(latency_us, 0.95) AS p95, coalesce(sum(latency_us), 0) AS wait,
      coalesce(sum(contention_us), 0) AS contention, coalesce(sum(prioritization_us), 0) AS prioritization
    FROM workflow_runs ${chosen}`);
  const groups = await query(`
    SELECT sum(idle_us) AS idle, sum(wall_us) AS wall FROM ${from} WHERE measured
    GROUP BY ${
      Number(pool!["workflows"]) > MOST_GROUPS ? `hash(workflow_id) % ${MOST_GROUPS}` : "workflow_id"
    } ORDER BY min(workflow_id)`);
  const daily = await query(
    `SELECT -days_ago AS x, sum(idle_us) / sum(wall_us) AS y FROM (
      SELECT *, floor((epoch_ms(${time("now")}) - epoch_ms(started_at)) / 86400000) AS days_ago FROM ${from}
      WHERE measured AND started_at <= ${time("now")}
    ) WHERE days_ago < ${TREND_DAYS} GROUP BY days_ago ORDER BY x`,
    { now },
  );
  const typed = <T>(rows: Row | Row[] | undefined) => rows as unknown as T;
  return {
    pool: typed<PooledTime>(pool),
    agents: typed<OverheadInput["agents"]>(agents),
    handoffs: typed<OverheadInput["handoffs"]>(handoffs),
    groups: typed<OverheadInput["groups"]>(groups),
    daily_idle: typed<OverheadInput["daily_idle"]>(daily),
  };
}

/** Sums over the measured workflows, with what is summed. */
const SUMMED = [
  ["wall", "wall_us"],
  ["work", "work_us"],
  ["busy", "busy_us"],
  ["inside", "inside_us"],
  ["exclusive", "exclusive_us"],
  ["lead_in", "lead_in_us"],
  ["handoff_gaps", "handoff_gaps_us"],
  ["tail", "tail_us"],
  ["agent_time", "agents * wall_us"],
  ["ended_invocations", "ended_invocations"],
  ["open_invocations", "open_invocations"],
  ["outside_parent", "outside_parent"],
  ["self_loops", "self_loops"],
  ["repeats", "repeats"],
  ["redos", "redos"],
  ["retries", "retries"],
] as const;
