import type { PeriodBounds, RunTotals } from "../analyze/periods.js";
import type { AgentTotals } from "../analyze/statistics.js";
import type { Outcomes, TrendDay } from "../analyze/trends.js";
import type { WorkflowStatus, WorkflowTotals } from "../analyze/workflows.js";
import type { Tables } from "./tables.js";

/*
 * The aggregates over the tables, in the shapes that the functions of analyze/ take. Points in time are parameters of
 * the form that parseTimestamp reads, in UTC.
 */

/** How often each value occurs with each agent: most frequent first, ties by first occurrence. */
const countsByAgent = (value: string, condition: string) => `
  SELECT agent_name, list({value: value, count: count} ORDER BY count DESC, first, value) AS counts
  FROM (
    SELECT agent_name, ${value} AS value, count(*) AS count, min(started_at) AS first
    FROM invocations WHERE ${condition} GROUP BY ALL
  )
  GROUP BY agent_name`;

const LAST_RATING = `arg_max(quality_rating,
  (given_at, coalesce(sequence, 0), coalesce(event_id, ''), coalesce(feedback_source, ''), quality_rating))`;

/** The last judgement of each invocation. As a rule there is one, which is much faster. */
export const RATINGS = `
  SELECT invocation_id, any_value(quality_rating) AS quality
  FROM feedback WHERE quality_rating BETWEEN 1 AND 5 GROUP BY invocation_id HAVING count(*) = 1
  UNION ALL
  SELECT invocation_id, ${LAST_RATING} AS quality
  FROM feedback WHERE quality_rating BETWEEN 1 AND 5 AND invocation_id IN (
    SELECT invocation_id FROM feedback WHERE quality_rating BETWEEN 1 AND 5 GROUP BY invocation_id HAVING count(*) > 1
  ) GROUP BY invocation_id`;

/** An exact mean, in whole microseconds: that of fractions would depend on the order. */
const exactMean = (seconds: string, condition: string) =>
  `sum(round(${seconds} * 1e6)::HUGEINT) FILTER (${condition}) / 1e6 / count(${seconds}) FILTER (${condition})`;

/** As specified: a run of zero seconds is one whose duration nobody took. */
const MEAN_DURATION = exactMean("duration_seconds", "duration_seconds > 0");

/** Ratings are small numbers, as a rule whole. */
const MEAN_QUALITY = "avg(quality::DECIMAL(18, 9))";

/**
 * The same, added up in order of time as the specified implementation does: the sum of decimal fractions depends on the
 * order, and with it the last digit of a mean that lies between two.
 */
const MEAN_DURATION_IN_ORDER = `list_sum(list(duration_seconds ORDER BY started_at, invocation_id)
  FILTER (duration_seconds > 0)) / count(*) FILTER (duration_seconds > 0)`;

const FAILED_WITH_MESSAGE = "status = 'failure' AND error_message <> ''";

/** Messages of the first 5 failures of each agent. Only failures up to the time of the fifth have to be put in order. */
const FIRST_ERRORS = `
  SELECT agent_name, list(error_message ORDER BY started_at, invocation_id)[:5] AS first_errors
  FROM invocations JOIN (
    SELECT agent_name, list_last(min(started_at, 5)) AS fifth
    FROM invocations WHERE ${FAILED_WITH_MESSAGE} GROUP BY agent_name
  ) USING (agent_name)
  WHERE ${FAILED_WITH_MESSAGE} AND started_at <= fifth
  GROUP BY agent_name`;

/** Tokens that a run recorded; `null` where it recorded none. */
export const tokens = (kind: "input" | "output") => `TRY_CAST(metadata ->> '$.${kind}_tokens' AS BIGINT)`;

/** A parameter as a point in time. */
export const time = (name: string) => `CAST($${name} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'`;

export const STARTED_IN_PERIOD = `started_at >= ${time("start")} AND started_at < ${time("end")}`;

/** A point in time as text: ISO 8601, with the digits of the log. */
export const isoTime = (column: string) =>
  `regexp_replace(strftime(${column}, '%Y-%m-%dT%H:%M:%S.%f'), '000$', '') || 'Z'`;

/** What has become of a workflow. @param silentSince SQL: since when silence means that nobody is at work any more */
export const workflowStatus = (silentSince: string) =>
  `coalesce(end_status, CASE WHEN last_activity_at < ${silentSince} THEN 'abandoned' ELSE 'running' END)`;

/** Counts and sums of every agent, in order of their first run. */
export async function agentTotals(tables: Tables): Promise<AgentTotals[]> {
  const rows = await tables.rows(`
    WITH totals AS (
      SELECT agent_name, count(*) AS invocations,
        count(*) FILTER (status = 'success') AS successes,
        count(*) FILTER (status = 'failure') AS failures,
        count(*) FILTER (status = 'partial') AS partial,
        count(*) FILTER (status = 'unknown') AS unknown,
        count(*) FILTER (status = 'running') AS running,
        ${MEAN_DURATION} AS mean_duration_seconds,
        avg(input_tokens) AS mean_input_tokens,
        avg(output_tokens) AS mean_output_tokens,
        count(coalesce(input_tokens, output_tokens)) AS metered,
        min(started_at) AS first
      FROM (SELECT *, ${tokens("input")} AS input_tokens, ${tokens("output")} AS output_tokens FROM invocations)
      WHERE agent_name IS NOT NULL GROUP BY agent_name
    ),
    ratings AS (
      SELECT agent_name, ${MEAN_QUALITY} AS mean_quality, count(quality) AS rated
      FROM invocations JOIN (${RATINGS}) USING (invocation_id) GROUP BY agent_name
    )
    SELECT totals.* EXCLUDE (first), mean_quality, coalesce(rated, 0) AS rated,
      coalesce(t.counts, []) AS task_types, coalesce(e.counts, []) AS errors, coalesce(first_errors, []) AS first_errors
    FROM totals LEFT JOIN ratings USING (agent_name)
      LEFT JOIN (${countsByAgent("task_type", "task_type <> ''")}) AS t USING (agent_name)
      LEFT JOIN (${countsByAgent("error_message", FAILED_WITH_MESSAGE)}) AS e USING (agent_name)
      LEFT JOIN (${FIRST_ERRORS}) AS f USING (agent_name)
    ORDER BY first, agent_name`);
  const totals = rows as unknown as AgentTotals[];
  const tied = totals.filter(({ mean_duration_seconds: mean }) => mean !== null && isNearTie(mean));
  if (tied.length === 0) return totals;
  const means = await tables.rows(
    `SELECT agent_name, ${MEAN_DURATION_IN_ORDER} AS mean FROM invocations
    WHERE list_contains(from_json($names::JSON, '["VARCHAR"]'), agent_name) GROUP BY agent_name`,
    { names: JSON.stringify(tied.map(({ agent_name }) => agent_name)) },
  );
  const inOrder = new Map(means.map(({ agent_name, mean }) => [agent_name, mean as number]));
  return totals.map((agent) => ({
    ...agent,
    mean_duration_seconds: inOrder.get(agent.agent_name) ?? agent.mean_duration_seconds,
  }));
}

/** Whether a mean is so near to the middle between two hundredths that the order of summing may decide between them. */
function isNearTie(mean: number): boolean {
  return Math.abs(((mean * 100) % 1) - 0.5) < 1e-4;
}

/** How many invocations there are, and when the first and the last started: ISO 8601, with the digits of the log. */
export async function invocationRange(
  tables: Tables,
): Promise<{ total: number; start: string | null; end: string | null }> {
  const [row] = await tables.rows(`
    SELECT count(*) AS total, ${isoTime("min(started_at)")} AS "start", ${isoTime("max(started_at)")} AS "end"
    FROM invocations WHERE agent_name IS NOT NULL`);
  return row as { total: number; start: string | null; end: string | null };
}

/**
 * Counts and means over workflows.
 *
 * @param silentSince a workflow without an end that has not been heard of since then is abandoned
 */
export async function workflowTotals(tables: Tables, silentSince: string): Promise<WorkflowTotals> {
  const [totals] = await tables.rows(
    `SELECT
      count(*) FILTER (status = 'completed') AS completed,
      count(*) FILTER (status = 'failed') AS failed,
      count(*) FILTER (status = 'cancelled') AS cancelled,
      count(*) FILTER (status = 'running') AS running,
      count(*) FILTER (status = 'abandoned') AS abandoned,
      count(*) FILTER (success) AS successes,
      count(success) AS judged,
      ${exactMean("duration_seconds", "status IN ('completed', 'failed')")} AS mean_duration_seconds,
      avg(len(agents_executed)) FILTER (status IN ('completed', 'failed')) AS mean_agents
    FROM (SELECT *, ${workflowStatus(time("silent_since"))} AS status FROM workflows)`,
    { silent_since: silentSince },
  );
  const patterns = await tables.rows(`
    SELECT pattern, count(*) AS count
    FROM workflows
    WHERE end_status IN ('completed', 'failed') AND pattern <> ''
    GROUP BY pattern
    ORDER BY count DESC, min(started_at), pattern
    LIMIT 5`);
  return {
    ...(totals as unknown as Omit<WorkflowTotals, "by_status" | "patterns">),
    by_status: totals as Record<WorkflowStatus, number>,
    patterns: patterns.map(({ pattern, count }) => ({
      agents: (pattern as string).split("\u001f"),
      count: count as number,
    })),
  };
}

/** Outcomes of the workflows that started in a period and ran to their end, and how many these are. */
export async function workflowOutcomes(
  tables: Tables,
  period: PeriodBounds,
): Promise<Outcomes & { readonly workflows: number }> {
  const [counts] = await tables.rows(
    `SELECT count(*) AS workflows, count(*) FILTER (success) AS successes, count(success) AS total
    FROM workflows WHERE end_status IN ('completed', 'failed') AND ${STARTED_IN_PERIOD}`,
    { ...period },
  );
  return counts as unknown as Outcomes & { workflows: number };
}

/** Where the periods of a trend begin and end: `oldest` ≤ historical < `recent` ≤ recent ≤ `now`. */
export interface TrendTimes {
  readonly oldest: string;
  readonly recent: string;
  readonly now: string;
}

/** Outcomes of one agent (or of all, in order of their first run) before and after a point in time. */
export async function outcomesAround(
  tables: Tables,
  times: TrendTimes,
  agent?: string,
): Promise<{ agent_name: string; recent: Outcomes; historical: Outcomes }[]> {
  const outcomes = (condition: string) => `{
    successes: count(*) FILTER (${condition} AND status = 'success'),
    total: count(*) FILTER (${condition} AND status IN ('success', 'failure', 'partial'))
  }`;
  const recent = `started_at >= ${time("recent")}`;
  const chosen = agent === undefined ? "agent_name IS NOT NULL" : "agent_name = $agent";
  const rows = await tables.rows(
    `SELECT agent_name, coalesce(recent, {successes: 0, total: 0}) AS recent,
      coalesce(historical, {successes: 0, total: 0}) AS historical
    FROM (
      SELECT agent_name, min(started_at) AS first FROM invocations WHERE ${chosen} GROUP BY agent_name
    ) LEFT JOIN (
      -- By itself, so that only what is in time is read.
      SELECT agent_name, ${outcomes(recent)} AS recent, ${outcomes(`NOT ${recent}`)} AS historical
      FROM invocations
      WHERE ${chosen} AND started_at >= ${time("oldest")} AND started_at <= ${time("now")}
      GROUP BY agent_name
    ) USING (agent_name)
    ORDER BY first, agent_name`,
    { ...times, ...(agent === undefined ? {} : { agent }) },
  );
  return rows as unknown as { agent_name: string; recent: Outcomes; historical: Outcomes }[];
}

/** Counts and means over the invocations that started in a period: of all, and of each agent. */
export async function runTotals(
  tables: Tables,
  period: PeriodBounds,
): Promise<{ all: RunTotals; agents: Map<string, RunTotals> }> {
  const rows = (await tables.rows(
    `SELECT agent_name, count(*) AS invocations,
      count(*) FILTER (status = 'success') AS successes,
      count(*) FILTER (status IN ('success', 'failure')) AS total,
      ${MEAN_DURATION} AS mean_duration_seconds,
      ${MEAN_QUALITY} AS mean_quality
    FROM invocations LEFT JOIN (${RATINGS}) USING (invocation_id)
    WHERE agent_name IS NOT NULL AND ${STARTED_IN_PERIOD}
    GROUP BY GROUPING SETS ((agent_name), ())`,
    { ...period },
  )) as unknown as (RunTotals & { agent_name: string | null })[];
  const agents = rows.flatMap((row) => (row.agent_name === null ? [] : [[row.agent_name, row] as const]));
  return { all: rows.find(({ agent_name }) => agent_name === null)!, agents: new Map(agents) };
}

/** The runs of every agent by day, oldest first, since `times.oldest`. */
export async function agentDays(tables: Tables, times: TrendTimes, agent?: string): Promise<Map<string, TrendDay[]>> {
  const rows = (await tables.rows(
    `SELECT agent_name, floor((epoch_ms(${time("now")}) - epoch_ms(started_at)) / 86400000) AS days_ago,
      count(*) FILTER (status = 'success') AS successes,
      count(*) FILTER (status IN ('success', 'failure', 'partial')) AS total,
      median(duration_seconds) FILTER (duration_seconds > 0) AS median_duration_seconds
    FROM invocations
    WHERE started_at >= ${time("oldest")} AND started_at <= ${time("now")}
      AND ${agent === undefined ? "agent_name IS NOT NULL" : "agent_name = $agent"}
    GROUP BY ALL
    HAVING total > 0 OR median_duration_seconds IS NOT NULL
    ORDER BY agent_name, days_ago DESC`,
    trendParameters(times, agent),
  )) as unknown as (TrendDay & { agent_name: string })[];
  const days = new Map<string, TrendDay[]>();
  for (const { agent_name, ...day } of rows) {
    const list = days.get(agent_name);
    if (list) list.push(day);
    else days.set(agent_name, [day]);
  }
  return days;
}

/** Known outcomes of every agent in order of their start, since `times.oldest`: true where the run did not succeed. */
export async function failuresInOrder(
  tables: Tables,
  times: TrendTimes,
  agent?: string,
): Promise<Map<string, boolean[]>> {
  // One text for each agent: a list of as many values takes many times longer to be read.
  const rows = await tables.rows(
    `SELECT agent_name, string_agg(CASE status WHEN 'success' THEN '0' ELSE '1' END, '' ORDER BY started_at, invocation_id) AS failures
    FROM invocations
    WHERE started_at >= ${time("oldest")} AND started_at <= ${time("now")} AND status IN ('success', 'failure', 'partial')
      AND ${agent === undefined ? "agent_name IS NOT NULL" : "agent_name = $agent"}
    GROUP BY agent_name`,
    trendParameters(times, agent),
  );
  return new Map(
    rows.map(({ agent_name, failures }) => [agent_name as string, Array.from(failures as string, (c) => c === "1")]),
  );
}

/** When the run at this place among {@link failuresInOrder} started: ISO 8601. */
export async function startOfOutcome(tables: Tables, times: TrendTimes, agent: string, index: number): Promise<string> {
  const [row] = await tables.rows(
    `SELECT ${isoTime("started_at")} AS started_at
    FROM invocations
    WHERE started_at >= ${time("oldest")} AND started_at <= ${time("now")} AND status IN ('success', 'failure', 'partial')
      AND agent_name = $agent
    -- Which of those that started at once it was makes no difference.
    ORDER BY invocations.started_at
    LIMIT 1 OFFSET ${index}`,
    trendParameters(times, agent),
  );
  return row!["started_at"] as string;
}

function trendParameters({ oldest, now }: TrendTimes, agent: string | undefined): Record<string, string> {
  return { oldest, now, ...(agent === undefined ? {} : { agent }) };
}
