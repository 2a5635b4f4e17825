import type { OverheadInput, PooledTime } from "../analyze/overhead.js";
import type { PeriodBounds } from "../analyze/periods.js";
import { DURATION_TOLERANCE } from "../analyze/workflow-figures.js";
import { STARTED_IN_PERIOD, time } from "./queries.js";
import type { Tables } from "./tables.js";

/** More groups than this make the interval no better, only slower. */
const MOST_GROUPS = 1000;

/** Days over which the trend of the idle share is looked at. */
const TREND_DAYS = 30;

/** The measured workflows that have a duration and an ended run, of all time or of a period. */
const measured = (period: PeriodBounds | undefined) => `(
  SELECT *, wall_us - busy_us AS idle_us FROM workflow_metrics
  WHERE wall_us > 0 AND ended_invocations > 0 ${period ? `AND ${STARTED_IN_PERIOD}` : ""}
)`;

/**
 * All that the coordination overhead is worked out from, of all workflows that ran to their end or of those that started
 * in a period.
 *
 * @param now until when the trend of the idle share is looked at
 */
export async function overheadInput(tables: Tables, now: string, period?: PeriodBounds): Promise<OverheadInput> {
  const query = (sql: string, more: Record<string, string> = {}) => tables.rows(sql, { ...period, ...more });
  const from = measured(period);
  const [pool] = await query(`
    SELECT
      count(*) AS workflows,
      count(*) FILTER (joined_by_session) AS joined_by_session,
      count(*) FILTER (abs(duration_seconds - observed_seconds) > ${DURATION_TOLERANCE} * duration_seconds)
        AS duration_mismatches,
      ${SUMMED.map(([name, column]) => `coalesce(sum(${column}), 0) AS ${name}`).join(", ")},
      median(idle_us / wall_us) AS median_idle_share,
      median(100 * (wall_us - work_us) / wall_us) AS median_overhead_pct,
      -- An exact sum: that of fractions would depend on the order.
      avg(adherence::DECIMAL(18, 15)) AS mean_adherence,
      count(adherence) AS planned,
      median((duration_seconds - estimated_duration) / estimated_duration) FILTER (estimated_duration > 0)
        AS median_estimate_error,
      count(*) FILTER (estimated_duration > 0) AS estimated
    FROM ${from}`);
  const [ended] = await query(`
    SELECT count(*) AS ended FROM workflows
    WHERE end_status IN ('completed', 'failed') ${period ? `AND ${STARTED_IN_PERIOD}` : ""}`);
  const chosen = `WHERE workflow_id IN (SELECT workflow_id FROM ${from})`;
  const agents = await query(`
    SELECT agent_name, count(*) AS runs, sum(path_us) AS path, coalesce(sum(drag_us), 0) AS drag
    FROM workflow_runs ${chosen} GROUP BY agent_name ORDER BY agent_name`);
  const [handoffs] = await query(`
    SELECT count(latency_us) AS count, avg(latency_us) AS mean,
      quantile_cont(latency_us, [0.5, 0.95]) AS quantiles, coalesce(sum(latency_us), 0) AS wait,
      coalesce(sum(contention_us), 0) AS contention, coalesce(sum(prioritization_us), 0) AS prioritization
    FROM workflow_runs ${chosen}`);
  const workflows = Number(pool!["workflows"]);
  const groups = await query(`
    SELECT sum(idle_us) AS idle, sum(wall_us) AS wall FROM ${from}
    GROUP BY ${workflows > MOST_GROUPS ? `hash(workflow_id) % ${MOST_GROUPS}` : "workflow_id"}
    ORDER BY min(workflow_id)`);
  const daily = await query(
    `SELECT -days_ago AS x, sum(idle_us) / sum(wall_us) AS y FROM (
      SELECT *, floor((epoch_ms(${time("now")}) - epoch_ms(started_at)) / 86400000) AS days_ago FROM ${from}
      WHERE started_at <= ${time("now")}
    ) WHERE days_ago < ${TREND_DAYS} GROUP BY days_ago ORDER BY x`,
    { now },
  );
  const [p50 = null, p95 = null] = (handoffs!["quantiles"] ?? []) as number[];
  return {
    pool: { ...pool, left_out: Number(ended!["ended"]) - workflows } as unknown as PooledTime,
    agents: agents as unknown as OverheadInput["agents"],
    handoffs: { ...handoffs, p50, p95 } as unknown as OverheadInput["handoffs"],
    groups: groups as unknown as OverheadInput["groups"],
    daily_idle: daily as unknown as OverheadInput["daily_idle"],
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
