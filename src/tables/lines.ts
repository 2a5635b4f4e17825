import { MAX_SECONDS, TIMESTAMP_PATTERN } from "../event/clock.js";
import type { LogKind } from "../event/directory.js";

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
    detached: "BOOLEAN",
    workflow_id: "VARCHAR",
    spec_id: "VARCHAR",
    spec_section: "VARCHAR[]",
    agent_variant: "VARCHAR",
    definition_hash: "VARCHAR",
    task_type: "VARCHAR",
    q_value: "DOUBLE",
    exploration: "BOOLEAN",
    propensity: "DOUBLE",
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
  timestamp: "VARCHAR",
  event: "VARCHAR",
  session_id: "VARCHAR",
  event_id: "VARCHAR",
  sequence: "BIGINT",
};

/** Which lines of a file count: those with a time, and with what makes them an event of this file. */
const USABLE: Readonly<Record<LogKind, string>> = {
  workflow:
    "workflow_id <> '' AND event IN ('workflow_start', 'agent_handoff', 'workflow_complete', 'workflow_cancelled')",
  invocation:
    "invocation_id <> '' AND coalesce(event, 'invocation_start') IN ('invocation_start', 'invocation_update')",
  feedback: "invocation_id <> '' AND coalesce(event, 'success_metric') = 'success_metric'",
};

/**
 * The order of lines as one number, which needs no sorting: 1 bit, 59 bits of time since the year 1, 40 bits of
 * sequence, 28 bits of content. So neither the order in the file nor a line that stands there twice changes anything.
 */
export const LINE_MACROS = `
CREATE MACRO place_in_time(overrules, at_time, sequence, content) AS
  ((CAST(overrules AS UHUGEINT) * 576460752303423488::UHUGEINT
    + CAST(greatest(epoch_us(at_time) + 62135596800000000, 0) AS UHUGEINT)) * 1099511627776::UHUGEINT
    + CAST(least(greatest(coalesce(sequence, -1), -1), 1099511627774) + 1 AS UHUGEINT)) * 268435456::UHUGEINT
    + CAST(content % 268435456 AS UHUGEINT);`;

/**
 * The columns in which the lines of a file are read, with their types.
 *
 * @public the benchmark reads the same
 */
export function lineColumns(kind: LogKind): Record<string, string> {
  return { ...ENVELOPE_COLUMNS, ...LINE_COLUMNS[kind] };
}

/** The table in which the lines of a chunk are held until they are folded. */
export function lineTable(kind: LogKind): string {
  return `${kind}_lines`;
}

/** The table into which the lines of the next chunk are read meanwhile. */
export function nextLineTable(kind: LogKind): string {
  return `next_${lineTable(kind)}`;
}

/**
 * A timestamp as UTC, null where it is none. Nearly all end with a Z: to read these as times without a zone is several
 * times faster.
 */
const TIME = `CASE
  WHEN NOT regexp_full_match(timestamp, '${TIMESTAMP_PATTERN}') THEN NULL
  WHEN ends_with(timestamp, 'Z') THEN TRY_CAST(timestamp AS TIMESTAMP)
  ELSE TRY_CAST(timestamp AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END`;

const IS_START = "coalesce(event, 'invocation_start') = 'invocation_start'";

/** What is held of the lines of each file beyond what they say, and what is not held as it is only needed for that. */
const HELD: Readonly<Record<LogKind, string>> = {
  workflow: "*",
  invocation: `* EXCLUDE (event, event_id, sequence), ${IS_START} AS is_start`,
  feedback: "* EXCLUDE (event)",
};

/**
 * Reads the lines of a chunk of a file into the table of the next lines. A damaged line becomes a row of nulls.
 * `timestamp` is UTC, and null where the line has none that can be read; `n` is the line's place in time, and null
 * where it is no event of this file, or was logged after `until`.
 */
export function stageLines(kind: LogKind, path: string, longestLine: number, until?: string): string {
  const columns = lineColumns(kind);
  const types = Object.entries(columns).map(([name, type]) => `${name}: '${type}'`);
  // Updates overrule the start, which only knows what was not known yet, even where clocks disagree.
  const overrules = kind === "invocation" ? `NOT ${IS_START}` : "false";
  const inTime = until === undefined ? "timestamp IS NOT NULL" : `timestamp <= ${sqlTime(until)}`;
  return `
    CREATE OR REPLACE TABLE ${nextLineTable(kind)} AS
    SELECT ${HELD[kind]},
      CASE WHEN ${inTime} AND ${USABLE[kind]} THEN place_in_time(${overrules}, timestamp, sequence,
        CASE WHEN event_id IS NULL THEN hash(line) ELSE hash(event_id) END) END AS n
    FROM (
      SELECT * REPLACE (
        ${TIME} AS timestamp
        ${"duration_seconds" in columns ? `, CASE WHEN duration_seconds BETWEEN 0 AND ${MAX_SECONDS} THEN duration_seconds END AS duration_seconds` : ""}
      )
      FROM read_json(${sqlText(path)}, format = 'newline_delimited', ignore_errors = true,
        compression = 'uncompressed', maximum_object_size = ${longestLine}, columns = {${types.join(", ")}})
    ) AS line`;
}

/** A text as a literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A point in time (ISO 8601) as a literal, in UTC. */
function sqlTime(time: string): string {
  return `(CAST(${sqlText(time)} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')`;
}
