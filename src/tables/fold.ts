import { lineTable } from "./lines.js";
import { columnsOf, INVOCATION_FIELDS, rowsWith, UPDATE_FIELDS } from "./schema.js";

/*
 * The fold: lines become one row for each invocation, handoff, feedback and workflow. What several lines say of one
 * thing is merged in the order of `n`, its place in time, so that neither the order in the file nor a line that stands
 * there twice changes anything; and merging with the rows of lines that were folded before gives what folding all
 * lines at once would give.
 *
 * Each leaves its rows in a table named after theirs with `new_` before it, and in `fresh_ids` whose rows they replace.
 */

const FIELDS = Object.keys(INVOCATION_FIELDS);

export const FOLD_MACROS = `
-- Unlike greatest(), these leave unknown what is unknown.
CREATE MACRO not_before(t, earliest) AS CASE WHEN t < earliest THEN earliest ELSE t END;
CREATE MACRO microseconds(seconds) AS to_microseconds(CAST(round(seconds * 1e6) AS BIGINT));
CREATE MACRO seconds_between(earlier, later) AS epoch_us(not_before(later, earlier) - earlier) / 1e6;`;

/** Lines of the invocation log as the rows that each alone would be. */
function invocationLines(kind: "start" | "update"): string {
  const isStart = kind === "start";
  const fields = Object.entries(INVOCATION_FIELDS).map(([name, [type, of_line]]) =>
    isStart || UPDATE_FIELDS.has(name) ? `${of_line} AS ${name}` : `NULL::${type} AS ${name}`,
  );
  // The first line that ends it: a later one amends what is said of it.
  const closed = isStart
    ? "NULL"
    : "CASE WHEN outcome.status IS NOT NULL OR duration_seconds IS NOT NULL THEN timestamp END";
  return `
  SELECT invocation_id, ${fields.join(", ")}, ${isStart ? "timestamp" : "NULL::TIMESTAMP"} AS first_start,
    timestamp AS first_line, (${closed})::TIMESTAMP AS closed_at, n AS first_n, n AS last_n
  FROM ${lineTable("invocation")} WHERE n IS NOT NULL AND ${isStart ? "" : "NOT "}is_start`;
}

/** What two rows of the same invocation say together: the later one where it says anything. */
function overlay(later: string, earlier: string, fields: ReadonlySet<string> = new Set(FIELDS)): string {
  return [
    "invocation_id",
    ...FIELDS.map((name) =>
      fields.has(name) ? `coalesce(${later}.${name}, ${earlier}.${name}) AS ${name}` : `${earlier}.${name}`,
    ),
    // least and greatest take the one that is there.
    ...["first_start", "first_line", "closed_at", "first_n"].map(
      (name) => `least(${later}.${name}, ${earlier}.${name}) AS ${name}`,
    ),
    `greatest(${later}.last_n, ${earlier}.last_n) AS last_n`,
  ].join(", ");
}

/**
 * The lines of a chunk folded into a row for each invocation. As a rule an invocation has a start and an update there: a
 * join is several times faster than an aggregation, which is for the others, those in `several`.
 *
 * @param which a join that chooses among the lines by `invocation_id`
 */
function fresh(which: string): string {
  const starts = `(SELECT * FROM (${invocationLines("start")}) ANTI JOIN several USING (invocation_id) ${which})`;
  const updates = `(SELECT * FROM (${invocationLines("update")}) ANTI JOIN several USING (invocation_id) ${which})`;
  return `
  SELECT ${overlay("u", "s", UPDATE_FIELDS)} FROM ${starts} AS s FULL JOIN ${updates} AS u USING (invocation_id)
  UNION ALL
  SELECT invocation_id, ${FIELDS.map((name) => `arg_max(${name}, last_n) AS ${name}`).join(", ")},
    min(first_start), min(first_line), min(closed_at), min(first_n), max(last_n)
  FROM (${invocationLines("start")} UNION ALL ${invocationLines("update")})
    SEMI JOIN several USING (invocation_id) ${which}
  GROUP BY invocation_id`;
}

const SEVERAL = `
CREATE OR REPLACE TABLE several AS
  SELECT invocation_id FROM ${lineTable("invocation")} WHERE n IS NOT NULL
  GROUP BY invocation_id
  HAVING count(*) > 2 OR (count(*) = 2 AND count(*) FILTER (is_start) <> 1);`;

/** What the lines may change: their workflows, and their sessions where they name no workflow. */
const TOUCHED_BY_LINES = `
INSERT INTO touched_workflows
  SELECT DISTINCT workflow_id FROM ${lineTable("invocation")} WHERE n IS NOT NULL AND workflow_id <> '';
INSERT INTO touched_sessions
  SELECT DISTINCT session_id FROM ${lineTable("invocation")}
  WHERE n IS NOT NULL AND coalesce(workflow_id, '') = '' AND session_id IS NOT NULL;`;

/** A merged invocation with what follows from its fields. */
function completed(rows: string): string {
  return `
  WITH merged AS (${rows}),
  timed AS (
    SELECT *,
      -- An end without a start: it started as long before its end as it says that it ran.
      coalesce(first_start, closed_at - microseconds(coalesce(reported_seconds, 0)), first_line) AS started_at
    FROM merged
  ),
  complete AS (
    SELECT *,
      CASE
        WHEN reported_status IS NOT NULL THEN reported_status
        WHEN reported_seconds IS NULL AND closed_at IS NULL THEN 'running'
        ELSE 'unknown'
      END AS status,
      first_start IS NOT NULL AS has_start,
      CASE
        WHEN reported_seconds IS NOT NULL THEN started_at + microseconds(reported_seconds)
        ELSE not_before(closed_at, started_at)
      END AS ended_at,
      coalesce(reported_seconds, seconds_between(started_at, closed_at)) AS duration_seconds
    FROM timed
  )
  SELECT ${Object.keys(columnsOf("invocations")).join(", ")} FROM complete`;
}

/**
 * Folds a chunk of the invocation log. Leaves in `interleaved` the invocations of which the chunk holds lines that
 * belong between lines that were folded before: what came of those can only be said with all lines at hand.
 */
export const FOLD_INVOCATIONS = `
${SEVERAL}
CREATE OR REPLACE TABLE old AS
  FROM ${rowsWith("invocations", "invocation_id", `SELECT invocation_id FROM ${lineTable("invocation")} WHERE n IS NOT NULL`)};
CREATE OR REPLACE TABLE again AS ${fresh("SEMI JOIN old USING (invocation_id)")};
CREATE OR REPLACE TABLE pairs AS
  SELECT invocation_id, CASE
    WHEN f.first_n > o.last_n THEN 'later'
    WHEN f.last_n < o.first_n THEN 'earlier'
    WHEN f.first_n = f.last_n AND f.first_n IN (o.first_n, o.last_n) THEN 'known'
    ELSE 'interleaved'
  END AS again_is
  FROM again AS f JOIN old AS o USING (invocation_id);
INSERT INTO interleaved SELECT invocation_id FROM pairs WHERE again_is = 'interleaved';
CREATE OR REPLACE TABLE fresh_ids AS SELECT invocation_id FROM pairs WHERE again_is <> 'known';
CREATE OR REPLACE VIEW new_invocations AS ${completed(`
  ${fresh("ANTI JOIN old USING (invocation_id)")}
  UNION ALL
  SELECT ${overlay("f", "o")} FROM again AS f JOIN old AS o USING (invocation_id) JOIN pairs USING (invocation_id)
  WHERE again_is IN ('later', 'interleaved')
  UNION ALL
  SELECT ${overlay("o", "f")} FROM again AS f JOIN old AS o USING (invocation_id) JOIN pairs USING (invocation_id)
  WHERE again_is = 'earlier'`)};
${TOUCHED_BY_LINES}
INSERT INTO touched_workflows SELECT DISTINCT workflow_id FROM old WHERE workflow_id IS NOT NULL;
INSERT INTO touched_sessions
  SELECT DISTINCT session_id FROM old WHERE workflow_id IS NULL AND session_id IS NOT NULL;`;

/** Folds all lines of the interleaved invocations, which were read again. */
export const FOLD_INTERLEAVED = `
${SEVERAL}
CREATE OR REPLACE VIEW new_invocations AS ${completed(fresh(""))};
${TOUCHED_BY_LINES}`;

/**
 * Lines that say the same thing twice become one, the first in time: those of one `owner` with the same `event_id` or,
 * where they have none, with the same `content`. Grouping hashes finds the few that may occur more than once many times
 * faster than ordering all rows.
 */
function once(rows: string, owner: string, content: string): string {
  return `
  WITH all_rows AS NOT MATERIALIZED (
    SELECT *, CASE WHEN event_id IS NULL THEN hash(${owner}, ${content}) ELSE hash(${owner}, event_id) END AS key
    FROM (${rows})
  ),
  twice AS MATERIALIZED (SELECT key FROM all_rows GROUP BY key HAVING count(*) > 1)
  SELECT * EXCLUDE (key) FROM all_rows ANTI JOIN twice USING (key)
  UNION ALL
  (SELECT * EXCLUDE (key) FROM all_rows SEMI JOIN twice USING (key)
    QUALIFY row_number() OVER (
      PARTITION BY ${owner}, event_id, CASE WHEN event_id IS NULL THEN row(${content}) END ORDER BY n) = 1)`;
}

const BEGINNING = "{project_name: project_name, agent_plan: agent_plan, estimated_duration: estimated_duration}";
const ENDING = `{
  event: event, ended_at: timestamp, seconds: duration_seconds, success: success, agents: agents_executed, reason: reason
}`;
const ENDS = "event IN ('workflow_complete', 'workflow_cancelled')";

/** Folds a chunk of the workflow log into what is known of workflows from it, and into handoffs. */
export const FOLD_WORKFLOWS = `
CREATE OR REPLACE TABLE lines_of AS
  SELECT workflow_id, count(*) FILTER (event = 'workflow_start') AS starts, count(*) FILTER (${ENDS}) AS ends,
    min(session_id) AS session_id, max(session_id) AS other_session_id,
    min(n) FILTER (session_id IS NOT NULL) AS session_n,
    min(timestamp) FILTER (event = 'workflow_start') AS first_start, min(timestamp) AS first_line,
    max(timestamp) AS last_line
  FROM ${lineTable("workflow")} WHERE n IS NOT NULL GROUP BY workflow_id;
CREATE OR REPLACE TABLE fresh_ids AS SELECT workflow_id FROM lines_of;
INSERT INTO touched_workflows FROM fresh_ids;
CREATE OR REPLACE TABLE old_states AS FROM ${rowsWith("workflow_states", "workflow_id", "FROM fresh_ids")};
-- As a rule there is nothing to choose from, which is much faster.
CREATE OR REPLACE TABLE several AS
  SELECT workflow_id FROM lines_of WHERE starts > 1 OR ends > 1 OR session_id <> other_session_id
  UNION SELECT workflow_id FROM old_states;
CREATE OR REPLACE TABLE new_workflow_states AS
  SELECT workflow_id, beginning, beginning_n, ending, ending_n, session_id, session_n, first_start, first_line, last_line
  FROM (SELECT * FROM lines_of ANTI JOIN several USING (workflow_id))
    LEFT JOIN (SELECT workflow_id, ${BEGINNING} AS beginning, n AS beginning_n FROM ${lineTable("workflow")}
      WHERE n IS NOT NULL AND event = 'workflow_start') USING (workflow_id)
    LEFT JOIN (SELECT workflow_id, ${ENDING} AS ending, n AS ending_n FROM ${lineTable("workflow")}
      WHERE n IS NOT NULL AND ${ENDS}) USING (workflow_id)
  UNION ALL
  SELECT workflow_id,
    arg_max(beginning, beginning_n), max(beginning_n),
    -- The last end counts: what it does not say is not known.
    arg_max(ending, ending_n), max(ending_n),
    arg_min(session_id, session_n), min(session_n), min(first_start), min(first_line), max(last_line)
  FROM (
    SELECT workflow_id, CASE WHEN event = 'workflow_start' THEN ${BEGINNING} END AS beginning,
      CASE WHEN event = 'workflow_start' THEN n END AS beginning_n,
      CASE WHEN ${ENDS} THEN ${ENDING} END AS ending, CASE WHEN ${ENDS} THEN n END AS ending_n,
      session_id, CASE WHEN session_id IS NOT NULL THEN n END AS session_n,
      CASE WHEN event = 'workflow_start' THEN timestamp END AS first_start, timestamp AS first_line,
      timestamp AS last_line
    FROM ${lineTable("workflow")} SEMI JOIN several USING (workflow_id) WHERE n IS NOT NULL
    UNION ALL SELECT * FROM old_states
  )
  GROUP BY workflow_id;
CREATE OR REPLACE TABLE new_handoffs AS ${once(
  `SELECT workflow_id, from_agent, to_agent, artifacts, timestamp AS handed_off_at, session_id, event_id, sequence, n
  FROM ${lineTable("workflow")}
  WHERE n IS NOT NULL AND event = 'agent_handoff' AND from_agent <> '' AND to_agent <> ''
  UNION ALL
  FROM ${rowsWith("handoffs", "workflow_id", "FROM fresh_ids")}`,
  "workflow_id",
  "from_agent, to_agent, handed_off_at",
)};`;

/** Folds a chunk of the feedback log. */
export const FOLD_FEEDBACK = `
CREATE OR REPLACE TABLE fresh_ids AS
  SELECT DISTINCT invocation_id FROM ${lineTable("feedback")} WHERE n IS NOT NULL;
CREATE OR REPLACE TABLE new_feedback AS ${once(
  `SELECT invocation_id, success, quality_rating, feedback_source, feedback_notes, would_use_again,
    alternative_agent_suggested, timestamp AS given_at, session_id, event_id, sequence, n
  FROM ${lineTable("feedback")} WHERE n IS NOT NULL
  UNION ALL
  FROM ${rowsWith("feedback", "invocation_id", "FROM fresh_ids")}`,
  "invocation_id",
  "given_at, feedback_source",
)};`;

/** The workflows that lines of a chunk of the invocation log name: as a rule, all of their invocations are folded now. */
export const NAMED_WORKFLOWS = `
CREATE OR REPLACE TABLE fresh_ids AS
  SELECT DISTINCT workflow_id FROM ${lineTable("invocation")} WHERE n IS NOT NULL AND workflow_id <> '';`;

/** Makes the rows of the workflows in `fresh_ids` from what their lines say and from their invocations. */
export const FOLD_TOUCHED_WORKFLOWS = `
INSERT INTO touched_sessions
  SELECT DISTINCT session_id FROM ${rowsWith("workflows", "workflow_id", "FROM fresh_ids")} WHERE session_id IS NOT NULL;
CREATE OR REPLACE TABLE new_workflows AS
  WITH worked AS (
    SELECT workflow_id, min(started_at) AS first_work, max(coalesce(ended_at, started_at)) AS last_work
    FROM ${rowsWith("invocations", "workflow_id", "FROM fresh_ids")}
    GROUP BY workflow_id
  ),
  stated AS (FROM ${rowsWith("workflow_states", "workflow_id", "FROM fresh_ids")})
  SELECT
    workflow_id,
    beginning.project_name,
    beginning.agent_plan,
    beginning.estimated_duration,
    session_id,
    CASE ending.event
      WHEN 'workflow_cancelled' THEN 'cancelled'
      WHEN 'workflow_complete' THEN CASE WHEN ending.success = false THEN 'failed' ELSE 'completed' END
    END AS end_status,
    CASE WHEN ending.event = 'workflow_complete' THEN ending.success END AS success,
    ending.agents AS agents_executed,
    ending.reason AS cancel_reason,
    first_start IS NOT NULL AS has_start,
    coalesce(first_start, ending.ended_at - microseconds(ending.seconds), least(first_line, first_work)) AS started_at,
    ending.ended_at AS ended_at,
    -- The reported duration, else the time between start and end.
    coalesce(ending.seconds, seconds_between(started_at, ending.ended_at)) AS duration_seconds,
    seconds_between(first_start, ending.ended_at) AS observed_seconds,
    greatest(last_line, last_work) AS last_activity_at,
    array_to_string(ending.agents, chr(31)) AS pattern
  FROM stated FULL JOIN worked USING (workflow_id);
INSERT INTO touched_sessions SELECT DISTINCT session_id FROM new_workflows WHERE session_id IS NOT NULL;`;

/**
 * Finds which invocations belong to which workflow of the touched sessions by session only. Old logs know nothing but
 * the session: there, an invocation belongs to the workflow of its session that started last before it and had not
 * ended, if that has no invocations of its own. Adds to the touched workflows those that this changes.
 */
export const FOLD_SESSIONS = `
CREATE OR REPLACE TABLE fresh_ids AS SELECT DISTINCT session_id FROM touched_sessions;
CREATE OR REPLACE TABLE new_session_members AS
  WITH loose AS (
    SELECT invocation_id, session_id, started_at FROM invocations
    WHERE workflow_id IS NULL AND session_id IN (FROM fresh_ids)
  ),
  by_session AS (
    SELECT i.session_id, arg_max(w.workflow_id, (w.started_at, w.workflow_id)) AS workflow_id, i.invocation_id
    FROM loose AS i JOIN workflows AS w USING (session_id)
    WHERE w.started_at <= i.started_at AND (w.ended_at IS NULL OR i.started_at < w.ended_at)
    GROUP BY i.session_id, i.invocation_id
  )
  SELECT * FROM by_session ANTI JOIN (
    SELECT workflow_id FROM invocations WHERE workflow_id IN (SELECT workflow_id FROM by_session)
  ) USING (workflow_id);
INSERT INTO touched_workflows
  SELECT DISTINCT workflow_id FROM session_members WHERE session_id IN (FROM fresh_ids)
  UNION SELECT DISTINCT workflow_id FROM new_session_members;`;
