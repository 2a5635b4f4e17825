import type { InvocationSummary } from "../analyze/run.js";
import type { FailureStreak } from "../analyze/streaks.js";
import { isoTime, time } from "./queries.js";
import type { Tables } from "./tables.js";

/**
 * Agents whose last runs failed, longest streak first. Only runs that succeeded or failed count, in order of their
 * start.
 *
 * @param least how many failures it takes
 * @param times ISO 8601: the last failure lies between `oldest` and `now`; a streak may have begun before
 */
export async function failureStreaks(
  tables: Tables,
  least: number,
  { oldest, now }: { readonly oldest: string; readonly now: string },
): Promise<FailureStreak[]> {
  return (await tables.rows(
    `SELECT agent_name, count(*) AS failures, ${isoTime("min(started_at)")} AS since,
      ${isoTime("max(started_at)")} AS "until", arg_max(error_message, (started_at, invocation_id)) AS last_error
    FROM invocations LEFT JOIN (
      SELECT agent_name, max(started_at) AS last_success
      FROM invocations WHERE status = 'success' AND started_at <= ${time("now")} GROUP BY agent_name
    ) USING (agent_name)
    WHERE agent_name IS NOT NULL AND status = 'failure' AND started_at <= ${time("now")}
      AND (last_success IS NULL OR started_at > last_success)
    GROUP BY agent_name HAVING count(*) >= $least AND max(started_at) >= ${time("oldest")}
    ORDER BY failures DESC, agent_name`,
    { least, oldest, now },
  )) as unknown as FailureStreak[];
}

/** What is known of one run; `undefined` when there is none of this id. */
export async function invocationSummary(tables: Tables, invocation_id: string): Promise<InvocationSummary | undefined> {
  const [row] = await tables.rows(
    `SELECT invocation_id, agent_name, workflow_id, status, ${isoTime("started_at")} AS started_at, duration_seconds
    FROM invocations WHERE invocation_id = $invocation_id`,
    { invocation_id },
  );
  return row as unknown as InvocationSummary | undefined;
}
