import type { RunRecord } from "../select/outcome.js";
import { JUDGEMENT_ORDER, KNOWN_OUTCOME, MOST_CHARACTERS } from "./selection-queries.js";
import { stream } from "./sql.js";
import type { Tables } from "./tables.js";

/** A run whose outcome is known by now, and when what was known of it. */
export interface TimedRecord extends RunRecord {
  /** Milliseconds since 1970. */
  readonly ended_at: number;
  /** When the last judgement was given; `null`: none was. */
  readonly judged_at: number | null;
  readonly exploration: boolean | null;
  readonly propensity: number | null;
}

/** The last runs whose outcome is known, in order of their start. */
export async function timedRuns(tables: Tables, most: number): Promise<TimedRecord[]> {
  const chosen = `
    SELECT invocation_id, started_at, judged_success, quality_rating, judged_at
    FROM invocations LEFT JOIN (
      SELECT invocation_id, arg_max(success, ${JUDGEMENT_ORDER}) AS judged_success,
        arg_max(quality_rating, ${JUDGEMENT_ORDER}) AS quality_rating, max(given_at) AS judged_at
      FROM feedback WHERE success IS NOT NULL GROUP BY invocation_id
    ) USING (invocation_id)
    WHERE ${KNOWN_OUTCOME}
    ORDER BY started_at DESC, invocation_id DESC
    LIMIT ${most}`;
  const rows = stream<TimedRecord>(
    tables,
    `SELECT invocation_id, agent_name, agent_type, task_type, project_name, left(task_description, ${MOST_CHARACTERS}) AS task_description,
      i.status, tests_passed, build_succeeded, judged_success, quality_rating, epoch_ms(c.started_at)::DOUBLE AS at,
      i.duration_seconds, definition_hash, exploration, propensity,
      epoch_ms(coalesce(i.ended_at, c.started_at))::DOUBLE AS ended_at, epoch_ms(judged_at)::DOUBLE AS judged_at
    FROM (${chosen}) AS c JOIN invocations AS i USING (invocation_id) LEFT JOIN workflows AS w USING (workflow_id)
    ORDER BY c.started_at, invocation_id`,
  );
  const runs: TimedRecord[] = [];
  for await (const part of rows) for (const run of part) runs.push(run);
  return runs;
}
