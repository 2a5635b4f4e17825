import { MAX_SECONDS, TIMESTAMP_PATTERN } from "../event/clock.js";
import { LOG_FILES, type LogKind } from "../event/directory.js";

/** The columns in which the lines of each file are read, with the types of the SQL engine. Other fields are ignored. */
const LINE_COLUMNS: Readonly<Record<LogKind, Readonly<Record<string, string>>>> = {
  workflow: {
    workflow_id: "VARCHAR",
    project_name: "VARCHAR",
    agent_plan: "VARCHAR[]",
    estimated_duration: "DOUBLE",
    from_agent: "VARCHAR",
    to_agent: "VARCHAR",
    artifacts: "VARCHAR[]",
    duration_seconds: "DOUBLE",
    success: "BOOLEAN",
    agents_executed: "VARCHAR[]",
    reason: "VARCHAR",
  },
  invocation: {
    invocation_id: "VARCHAR",
    agent_name: "VARCHAR",
    agent_type: "VARCHAR",
    task_description: "VARCHAR",
    state_features: "JSON",
    parent_invocation_id: "VARCHAR",
    workflow_id: "VARCHAR",
    spec_id: "VARCHAR",
    spec_section: "VARCHAR[]",
    agent_variant: "VARCHAR",
    task_type: "VARCHAR",
    q_value: "DOUBLE",
    exploration: "BOOLEAN",
    reward: "DOUBLE",
    learning_enabled: "BOOLEAN",
    tools_used: "VARCHAR[]",
    duration_seconds: "DOUBLE",
    outcome:
      "STRUCT(status VARCHAR, error_message VARCHAR, files_modified VARCHAR[], files_created VARCHAR[], tests_passed BOOLEAN, build_succeeded BOOLEAN)",
    metadata: "JSON",
  },
  feedback: {
    invocation_id: "VARCHAR",
    success: "BOOLEAN",
    quality_rating: "DOUBLE",
    feedback_source: "VARCHAR",
    feedback_notes: "VARCHAR",
    would_use_again: "BOOLEAN",
    alternative_agent_suggested: "VARCHAR",
  },
};

const ENVELOPE_COLUMNS = {
  event: "VARCHAR",
  session_id: "VARCHAR",
  event_id: "VARCHAR",
  sequence: "BIGINT",
};

/** The table that holds the lines of a file as they stand in it. */
export function lineTable(kind: LogKind): string {
  return `${kind}_lines`;
}

/** Creates the tables of lines. `timestamp` is UTC, and null where the line has none that can be read. */
export function createLineTables(): string {
  return (Object.keys(LOG_FILES) as LogKind[])
    .map((kind) => {
      const columns = Object.entries({ ...ENVELOPE_COLUMNS, ...LINE_COLUMNS[kind] });
      const definitions = columns.map(([name, type]) => `${name} ${type}`).join(", ");
      return `CREATE TABLE ${lineTable(kind)} (timestamp TIMESTAMP, ${definitions});`;
    })
    .join("\n");
}

/** Appends the lines of a chunk of a file to their table. A damaged line becomes a row of nulls. */
export function insertLines(kind: LogKind, path: string, longestLine: number): string {
  const columns = { timestamp: "VARCHAR", ...ENVELOPE_COLUMNS, ...LINE_COLUMNS[kind] };
  const types = Object.entries(columns).map(([name, type]) => `${name}: '${type}'`);
  return `
    INSERT INTO ${lineTable(kind)}
    SELECT * REPLACE (
      TRY_CAST(
        CASE WHEN regexp_full_match(timestamp, '${TIMESTAMP_PATTERN}') THEN timestamp END AS TIMESTAMPTZ
      ) AT TIME ZONE 'UTC' AS timestamp
    )
    FROM read_json('${path.replaceAll("'", "''")}', format = 'newline_delimited', ignore_errors = true,
      compression = 'uncompressed', maximum_object_size = ${longestLine}, columns = {${types.join(", ")}})`;
}

/** Forgets what was logged after the point in time `$until`. */
export function deleteLinesAfter(kind: LogKind): string {
  return `DELETE FROM ${lineTable(kind)} WHERE timestamp > CAST($until AS TIMESTAMPTZ) AT TIME ZONE 'UTC'`;
}

/** Durations that the schema allows. */
const SANE_SECONDS = `duration_seconds BETWEEN 0 AND ${MAX_SECONDS}`;

/**
 * The fold: one row for each invocation, handoff, feedback and workflow.
 *
 * What several lines say of one thing is merged field by field, the last line that says anything winning. Lines are
 * ordered by (time, writer's sequence) and last by their content, so that neither the order in the file nor a line that
 * stands there twice changes anything.
 */
export const FOLD = `
-- Unlike greatest(), these leave unknown what is unknown.
CREATE MACRO not_before(t, earliest) AS CASE WHEN t < earliest THEN earliest ELSE t END;
CREATE MACRO microseconds(seconds) AS to_microseconds(CAST(round(seconds * 1e6) AS BIGINT));
-- The order of lines as one number, which is many times faster to compare than four columns, and needs no sorting:
-- 1 bit, 59 bits of time since the year 1, 40 bits of sequence, 28 bits of content.
CREATE MACRO place_in_time(overrules, at_time, sequence, content) AS
  ((CAST(overrules AS UHUGEINT) * 576460752303423488::UHUGEINT
    + CAST(epoch_us(at_time) + 62135596800000000 AS UHUGEINT)) * 1099511627776::UHUGEINT
    + CAST(least(greatest(coalesce(sequence, -1) + 1, 0), 1099511627775) AS UHUGEINT)) * 268435456::UHUGEINT
    + CAST(content % 268435456 AS UHUGEINT);
CREATE MACRO seconds_between(earlier, later) AS epoch_us(not_before(later, earlier) - earlier) / 1e6;

CREATE TABLE invocations AS
WITH ordered AS (
  SELECT * REPLACE (CASE WHEN ${SANE_SECONDS} THEN duration_seconds END AS duration_seconds),
    coalesce(event, 'invocation_start') = 'invocation_start' AS is_start,
    -- Updates overrule the start, which only knows what was not known yet, even where clocks disagree.
    place_in_time(NOT is_start, timestamp, sequence, hash(line)) AS n
  FROM invocation_lines AS line
  WHERE timestamp IS NOT NULL AND invocation_id <> ''
    AND coalesce(event, 'invocation_start') IN ('invocation_start', 'invocation_update')
),
merged AS (
  SELECT
    invocation_id,
    arg_max(agent_name, n) FILTER (agent_name <> '') AS agent_name,
    arg_max(agent_type, n) AS agent_type,
    arg_max(task_description, n) AS task_description,
    coalesce(arg_max(task_type, n), arg_max(state_features ->> '$.task.type', n)) AS task_type,
    arg_max(state_features, n) AS state_features,
    arg_max(workflow_id, n) FILTER (workflow_id <> '') AS workflow_id,
    arg_max(session_id, n) FILTER (is_start) AS session_id,
    arg_max(parent_invocation_id, n) FILTER (parent_invocation_id <> '') AS parent_invocation_id,
    arg_max(spec_id, n) AS spec_id,
    arg_max(spec_section, n) AS spec_section,
    arg_max(agent_variant, n) AS agent_variant,
    arg_max(q_value, n) AS q_value,
    arg_max(exploration, n) AS exploration,
    arg_max(reward, n) AS reward,
    arg_max(learning_enabled, n) AS learning_enabled,
    arg_max(tools_used, n) AS tools_used,
    arg_max(outcome.error_message, n) AS error_message,
    arg_max(outcome.files_modified, n) AS files_modified,
    arg_max(outcome.files_created, n) AS files_created,
    arg_max(outcome.tests_passed, n) AS tests_passed,
    arg_max(outcome.build_succeeded, n) AS build_succeeded,
    arg_max(metadata, n) AS metadata,
    arg_max(duration_seconds, n) AS reported_seconds,
    -- Unknown says that nobody knows: it never overrules who knows.
    arg_max(outcome.status, n) FILTER (outcome.status IN ('success', 'failure', 'partial')) AS status,
    min(timestamp) FILTER (is_start) AS first_start,
    min(timestamp) AS first_line,
    -- The first line that ends it: a later one amends what is said of it.
    min(timestamp) FILTER (NOT is_start AND (outcome.status IS NOT NULL OR duration_seconds IS NOT NULL)) AS closed_at
  FROM ordered
  GROUP BY invocation_id
),
timed AS (
  SELECT *,
    -- An end without a start: it started as long before its end as it says that it ran.
    coalesce(first_start, closed_at - microseconds(coalesce(reported_seconds, 0)), first_line)
      AS started_at
  FROM merged
)
SELECT * EXCLUDE (status, first_start, first_line, closed_at, reported_seconds),
  CASE
    WHEN status IS NOT NULL THEN status
    WHEN reported_seconds IS NULL AND closed_at IS NULL THEN 'running'
    ELSE 'unknown'
  END AS status,
  first_start IS NOT NULL AS has_start,
  CASE
    WHEN reported_seconds IS NOT NULL THEN started_at + microseconds(reported_seconds)
    ELSE not_before(closed_at, started_at)
  END AS ended_at,
  coalesce(reported_seconds, seconds_between(started_at, closed_at)) AS duration_seconds
FROM timed;

CREATE TABLE handoffs AS
SELECT workflow_id, from_agent, to_agent, artifacts, timestamp AS handed_off_at, session_id, event_id, sequence
FROM (
  SELECT *, hash(line) AS content
  FROM workflow_lines AS line
  WHERE event = 'agent_handoff' AND timestamp IS NOT NULL AND workflow_id <> ''
    AND from_agent <> '' AND to_agent <> ''
)
QUALIFY row_number() OVER (
  PARTITION BY coalesce(event_id, concat_ws(chr(31), workflow_id, from_agent, to_agent, timestamp))
  ORDER BY timestamp, sequence NULLS FIRST, content
) = 1;

CREATE TABLE feedback AS
SELECT invocation_id, success, quality_rating, feedback_source, feedback_notes, would_use_again,
  alternative_agent_suggested, timestamp AS given_at, session_id, event_id, sequence
FROM (
  SELECT *, hash(line) AS content
  FROM feedback_lines AS line
  WHERE timestamp IS NOT NULL AND invocation_id <> '' AND coalesce(event, 'success_metric') = 'success_metric'
)
QUALIFY row_number() OVER (
  PARTITION BY coalesce(event_id, concat_ws(chr(31), invocation_id, timestamp, feedback_source))
  ORDER BY timestamp, sequence NULLS FIRST, content
) = 1;

CREATE TABLE workflows AS
WITH ordered AS (
  SELECT * REPLACE (CASE WHEN ${SANE_SECONDS} THEN duration_seconds END AS duration_seconds),
    event IN ('workflow_complete', 'workflow_cancelled') AS is_end,
    place_in_time(false, timestamp, sequence, hash(line)) AS n
  FROM workflow_lines AS line
  WHERE timestamp IS NOT NULL AND workflow_id <> ''
    AND event IN ('workflow_start', 'agent_handoff', 'workflow_complete', 'workflow_cancelled')
),
merged AS (
  SELECT
    workflow_id,
    arg_max(project_name, n) AS project_name,
    arg_max(agent_plan, n) AS agent_plan,
    arg_max(estimated_duration, n) AS estimated_duration,
    arg_min(session_id, n) AS session_id,
    -- The last end counts: what it does not say is not known.
    arg_max({
      event: event, ended_at: timestamp, seconds: duration_seconds, success: success, agents: agents_executed, reason: reason
    }, n) FILTER (is_end) AS ending,
    min(timestamp) FILTER (event = 'workflow_start') AS first_start,
    min(timestamp) AS first_line,
    max(timestamp) AS last_line
  FROM ordered
  GROUP BY workflow_id
),
worked AS (
  SELECT workflow_id, min(started_at) AS first_work, max(coalesce(ended_at, started_at)) AS last_work
  FROM invocations
  WHERE workflow_id IS NOT NULL
  GROUP BY workflow_id
)
SELECT
  workflow_id,
  project_name,
  agent_plan,
  estimated_duration,
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
  greatest(last_line, last_work) AS last_activity_at
FROM merged FULL JOIN worked USING (workflow_id);

-- Which invocation belongs to which workflow. Old logs know only the session: there, an invocation belongs to the
-- workflow of its session that started last before it and had not ended, if that has no invocations of its own.
CREATE TABLE workflow_invocations AS
WITH by_session AS (
  SELECT arg_max(w.workflow_id, (w.started_at, w.workflow_id)) AS workflow_id, i.invocation_id
  FROM invocations AS i JOIN workflows AS w USING (session_id)
  WHERE i.workflow_id IS NULL AND w.started_at <= i.started_at AND (w.ended_at IS NULL OR i.started_at < w.ended_at)
  GROUP BY i.invocation_id
)
SELECT workflow_id, invocation_id, 'workflow_id' AS joined_by FROM invocations WHERE workflow_id IS NOT NULL
UNION ALL
SELECT workflow_id, invocation_id, 'session_id' FROM by_session
WHERE workflow_id NOT IN (SELECT workflow_id FROM invocations WHERE workflow_id IS NOT NULL);

CREATE TABLE workflow_metrics (
  workflow_id VARCHAR, wall_us DOUBLE, work_us DOUBLE, busy_us DOUBLE, inside_us DOUBLE, exclusive_us DOUBLE,
  ended_invocations INTEGER, open_invocations INTEGER, joined_by_session BOOLEAN
);`;
