import type { NamedOutcomes, RecentFailure } from "../analyze/agent-profile.js";
import type { Outcomes } from "../analyze/trends.js";
import type { WeekTotals } from "../analyze/weeks.js";
import { isoTime, time } from "./queries.js";
import type { Tables } from "./tables.js";

/** Words that occur less often say nothing. */
const LEAST_RUNS = 5;

/** Names that are compared: those that occur most often. */
const MOST_NAMES = 200;

const MOST_FAILURES = 10;

const OUTCOMES = `count(*) FILTER (status = 'success') AS successes, count(*) AS total`;

/** Runs of an agent since `$oldest` that succeeded or failed, as in its success rate. */
const KNOWN = `(
  SELECT * FROM invocations
  WHERE agent_name = $agent AND status IN ('success', 'failure')
    AND started_at >= ${time("oldest")} AND started_at <= ${time("now")}
)`;

/** Monday of the week in which something started. */
const WEEK = "strftime(date_trunc('week', started_at), '%Y-%m-%d')";

/** What is read of one agent for its profile. */
export interface ProfileRows {
  readonly known: Outcomes;
  readonly weeks: readonly (Outcomes & { readonly week: string; readonly median_duration_seconds: number | null })[];
  readonly task_types: readonly NamedOutcomes[];
  readonly words: readonly NamedOutcomes[];
  readonly recent_failures: readonly RecentFailure[];
}

/** @param times ISO 8601: from when until when its runs count */
export async function profileRows(
  tables: Tables,
  agent: string,
  { oldest, now }: { readonly oldest: string; readonly now: string },
): Promise<ProfileRows> {
  const query = async <R>(sql: string) => (await tables.rows(sql, { agent, oldest, now })) as unknown as R[];
  const [known] = await query<Outcomes>(`SELECT ${OUTCOMES} FROM ${KNOWN}`);
  const weeks = await query<ProfileRows["weeks"][number]>(`
    SELECT ${WEEK} AS week, ${OUTCOMES}, median(duration_seconds) FILTER (duration_seconds > 0) AS median_duration_seconds
    FROM ${KNOWN} GROUP BY week ORDER BY week`);
  const task_types = await query<NamedOutcomes>(`
    SELECT task_type AS name, ${OUTCOMES} FROM ${KNOWN} WHERE task_type IS NOT NULL
    GROUP BY task_type ORDER BY total DESC, name LIMIT ${MOST_NAMES}`);
  const words = await query<NamedOutcomes>(`
    SELECT name, ${OUTCOMES} FROM (
      SELECT status,
        unnest(list_distinct(regexp_extract_all(lower(left(task_description, 2000)), '[\\p{L}][\\p{L}\\p{N}_-]{2,}'))) AS name
      FROM ${KNOWN} WHERE task_description IS NOT NULL
    )
    GROUP BY name HAVING total >= ${LEAST_RUNS} ORDER BY total DESC, name LIMIT ${MOST_NAMES}`);
  const recent_failures = await query<RecentFailure>(`
    SELECT invocation_id, workflow_id, ${isoTime("started_at")} AS started_at, task_description, error_message
    FROM ${KNOWN} AS failed WHERE status = 'failure'
    ORDER BY failed.started_at DESC, invocation_id LIMIT ${MOST_FAILURES}`);
  return { known: known!, weeks, task_types, words, recent_failures };
}

/** Times of the measured workflows by week, oldest first, of those that started since `oldest`. */
export async function weekTotals(
  tables: Tables,
  times: { readonly oldest: string; readonly now: string },
): Promise<WeekTotals[]> {
  return (await tables.rows(
    `SELECT ${WEEK} AS week, count(*) AS workflows, sum(wall_us) AS wall, sum(busy_us) AS busy, sum(exclusive_us) AS exclusive
    FROM workflow_metrics
    WHERE wall_us > 0 AND ended_invocations > 0 AND started_at >= ${time("oldest")} AND started_at <= ${time("now")}
    GROUP BY week ORDER BY week`,
    { ...times },
  )) as unknown as WeekTotals[];
}
