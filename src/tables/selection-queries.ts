import type { RunRecord } from "../select/outcome.js";
import { stream } from "./sql.js";
import type { Tables } from "./tables.js";

/** A text is read so far: what it is about stands at its beginning. */
export const MOST_CHARACTERS = 20_000;

export const JUDGEMENT_ORDER =
  "(given_at, coalesce(sequence, 0), coalesce(event_id, ''), coalesce(feedback_source, ''))";

/** The last judgement of each of some invocations. */
const judgementsOf = (ids: string) => `(
  SELECT invocation_id, arg_max(success, ${JUDGEMENT_ORDER}) AS judged_success,
    arg_max(quality_rating, ${JUDGEMENT_ORDER}) AS quality_rating
  FROM feedback WHERE success IS NOT NULL AND invocation_id IN (${ids}) GROUP BY invocation_id
)`;

/** Runs that ended and of which somebody knows what came of them. */
export const KNOWN_OUTCOME =
  "agent_name IS NOT NULL AND status <> 'running' AND (status <> 'unknown' OR judged_success IS NOT NULL)";

/**
 * The last runs of every agent that ended and whose outcome is known, in order of their start, and how many such runs each
 * of these agents has in all.
 *
 * @param ofAgent how many of one agent, so that nobody's runs drive out those of others; more when several started at once
 * @param most how many at most, of the last ones
 */
export async function endedRuns(
  tables: Tables,
  ofAgent: number,
  most: number,
): Promise<{ records: RunRecord[]; known: Map<string, number> }> {
  // Each row as one text in JSON: the engine's library takes about as long to hand over any text, however short. What
  // is not finite JSON cannot say.
  //
  // Ids first: whole rows of a million runs take many times longer to sort than to look up. Few runs end without saying
  // how, so they alone are looked up among the judgements.
  const rows = stream<{ readonly record: string }>(
    tables,
    `WITH known AS MATERIALIZED (
      SELECT invocation_id, agent_name, started_at FROM invocations
      WHERE agent_name IS NOT NULL AND (status IN ('success', 'failure', 'partial') OR status = 'unknown'
        AND invocation_id IN (SELECT invocation_id FROM feedback WHERE success IS NOT NULL))
    ),
    chosen AS MATERIALIZED (
      SELECT invocation_id, started_at, runs FROM known JOIN (
        SELECT agent_name, list_last(max(started_at, ${ofAgent})) AS first, count(*) AS runs FROM known GROUP BY agent_name
      ) USING (agent_name)
      WHERE started_at >= first
      ORDER BY started_at DESC, invocation_id DESC
      LIMIT ${most}
    )
    SELECT to_json({
      invocation_id: invocation_id, agent_name: agent_name, agent_type: agent_type, task_type: task_type,
      project_name: project_name, task_description: left(task_description, ${MOST_CHARACTERS}), status: i.status, tests_passed: tests_passed,
      build_succeeded: build_succeeded, judged_success: judged_success, quality_rating: quality_rating,
      'at': epoch_ms(c.started_at), duration_seconds: CASE WHEN isfinite(i.duration_seconds) THEN i.duration_seconds END,
      definition_hash: definition_hash, known: runs
    })::VARCHAR AS record
    FROM chosen AS c JOIN invocations AS i USING (invocation_id) LEFT JOIN workflows AS w USING (workflow_id)
      LEFT JOIN ${judgementsOf("SELECT invocation_id FROM chosen")} USING (invocation_id)
    ORDER BY c.started_at, invocation_id`,
  );
  const records: RunRecord[] = [];
  const known = new Map<string, number>();
  for await (const part of rows)
    for (const { record } of part) {
      const run = JSON.parse(record) as RunRecord & { readonly known: number };
      known.set(run.agent_name, run.known);
      records.push(run);
    }
  return { records, known };
}
