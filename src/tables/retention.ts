import { sqlText } from "./lines.js";
import { stream } from "./sql.js";
import type { Tables } from "./tables.js";

/** What is older than a point in time, by id. */
export interface ExpiredIds {
  readonly workflow: ReadonlySet<string>;
  readonly invocation: ReadonlySet<string>;
  /** Invocations whose feedback is as old as they, or that are themselves not in the log. */
  readonly feedback: ReadonlySet<string>;
}

/** When an invocation was last heard of: `last_n` holds the time of its last line, see `place_in_time`. */
const LAST_LINE = `greatest(first_line, first_start, closed_at, make_timestamp(CAST(
  (last_n // 295147905179352825856::UHUGEINT) % 576460752303423488::UHUGEINT AS BIGINT) - 62135596800000000))`;

/** Workflows with when they, or any of their invocations, were last heard of. */
const WORKFLOWS = `
  SELECT workflow_id, greatest(any_value(w.last_activity_at), max(${LAST_LINE}), max(i.ended_at)) AS last_at
  FROM workflows AS w
    LEFT JOIN workflow_invocations AS m USING (workflow_id)
    LEFT JOIN invocations AS i USING (invocation_id)
  GROUP BY workflow_id`;

/**
 * Finds what was last heard of before a point in time: workflows with all their invocations, invocations without a
 * workflow, and feedback with its invocation, or by itself where the log holds no such invocation. Feedback does not
 * make what it is about younger.
 *
 * @param before ISO 8601
 */
export async function expiredIds(tables: Tables, before: string): Promise<ExpiredIds> {
  const time = `(CAST(${sqlText(before)} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')`;
  const workflows = `SELECT workflow_id FROM (${WORKFLOWS}) WHERE last_at < ${time}`;
  const invocations = `
    SELECT invocation_id FROM workflow_invocations WHERE workflow_id IN (${workflows})
    UNION
    SELECT invocation_id FROM invocations ANTI JOIN workflow_invocations USING (invocation_id)
    WHERE ${LAST_LINE} < ${time}`;
  const unknown = `
    SELECT invocation_id FROM feedback ANTI JOIN invocations USING (invocation_id)
    GROUP BY invocation_id HAVING max(given_at) < ${time}`;
  const invocation = await idsOf(tables, invocations);
  const feedback = await idsOf(tables, unknown);
  for (const id of invocation) feedback.add(id);
  return { workflow: await idsOf(tables, workflows), invocation, feedback };
}

async function idsOf(tables: Tables, sql: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const rows of stream<{ id: string }>(tables, `SELECT * FROM (${sql}) AS t(id)`))
    for (const { id } of rows) ids.add(id);
  return ids;
}
