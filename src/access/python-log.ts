import { open } from "node:fs/promises";
import { join } from "node:path";

import { LOG_FILES } from "../event/directory.js";
import { isObject } from "../event/object.js";
import type { TableAccess } from "../tables/access.js";

/*
 * A telemetry directory as the Python OaK logger would have written it: its fields in its order, one line for each
 * invocation, with its end. The Python analyzer reads every line without looking whether it is as it expects: what it
 * would stumble over is left out, and counted.
 */

/** The files, in the order in which {@link writePythonLog} counts their lines. */
export const PYTHON_FILES: readonly string[] = [LOG_FILES.workflow, LOG_FILES.invocation, LOG_FILES.feedback];

/** What the Python analyzer cannot take. */
export interface LeftOut {
  /** Invocations of which nobody knows which agent ran. */
  readonly invocations_without_agent: number;
  /** Feedback without a rating from 1 to 5. */
  readonly feedback_without_rating: number;
}

/** A row of the queries below. */
type Row = Readonly<Record<string, unknown>>;

/**
 * Ends are ordered behind what happened at the same time. A workflow without a start and without an end has no line: it
 * is known from its handoffs and invocations.
 */
const WORKFLOW_EVENTS = `
  SELECT started_at AS happened_at, 0 AS kind, 'workflow_start' AS event, workflow_id, session_id, 0 AS sequence,
    project_name, agent_plan, estimated_duration, NULL AS from_agent, NULL AS to_agent, NULL AS artifacts,
    NULL AS duration_seconds, NULL AS success, NULL AS agents_executed, NULL AS reason
  FROM workflows WHERE has_start
  UNION ALL BY NAME
  SELECT handed_off_at AS happened_at, 1 AS kind, 'agent_handoff' AS event, workflow_id, session_id, sequence, from_agent,
    to_agent, artifacts
  FROM handoffs
  UNION ALL BY NAME
  SELECT ended_at AS happened_at, 2 AS kind, if(status = 'cancelled', 'workflow_cancelled', 'workflow_complete') AS event,
    workflow_id, session_id, 0 AS sequence, duration_seconds, success, agents_executed, cancel_reason AS reason
  FROM workflows WHERE ended_at IS NOT NULL
  ORDER BY happened_at, kind, sequence, workflow_id`;

/** In order of time, as the Python analyzer goes by the order of lines. */
const INVOCATIONS = "SELECT * FROM invocations WHERE agent_name IS NOT NULL ORDER BY started_at, invocation_id";

const RATED = "quality_rating BETWEEN 1 AND 5";

const FEEDBACK = `
  SELECT * FROM feedback WHERE ${RATED}
  ORDER BY given_at, coalesce(sequence, 0), coalesce(event_id, ''), coalesce(feedback_source, ''), quality_rating`;

/** Writes the three files into a folder, and counts their lines. */
export async function writePythonLog(
  access: TableAccess,
  folder: string,
): Promise<{ rows: number[]; left_out: LeftOut }> {
  const write = (file: string, sql: string, line: (row: Row) => object) =>
    writeLines(access, join(folder, file), sql, line);
  const rows = [
    await write(LOG_FILES.workflow, WORKFLOW_EVENTS, workflowLine),
    await write(LOG_FILES.invocation, INVOCATIONS, invocationLine),
    await write(LOG_FILES.feedback, FEEDBACK, feedbackLine),
  ];
  const left_out = {
    invocations_without_agent: await countRows(access, "invocations WHERE agent_name IS NULL"),
    feedback_without_rating: await countRows(access, `feedback WHERE NOT coalesce(${RATED}, false)`),
  };
  return { rows, left_out };
}

function workflowLine(row: Row): object {
  const { event, workflow_id, session_id } = row;
  const envelope = { timestamp: pythonTime(row["happened_at"]), event, workflow_id, session_id };
  if (event === "workflow_start") {
    const { project_name, agent_plan, estimated_duration } = row;
    return { ...envelope, project_name: project_name ?? "", agent_plan: agent_plan ?? [], estimated_duration };
  }
  if (event === "agent_handoff") {
    const { from_agent, to_agent, artifacts } = row;
    return { ...envelope, from_agent, to_agent, artifacts: artifacts ?? [] };
  }
  const { duration_seconds, success, agents_executed, reason } = row;
  if (event === "workflow_complete")
    return { ...envelope, duration_seconds, success, agents_executed: agents_executed ?? [] };
  // The Python logger has no such event, and its analyzer passes over it: the workflow does not count as completed.
  return { ...envelope, reason, duration_seconds, agents_executed: agents_executed ?? [] };
}

function invocationLine(row: Row): object {
  return {
    timestamp: pythonTime(row["started_at"]),
    session_id: row["session_id"],
    invocation_id: row["invocation_id"],
    agent_name: row["agent_name"],
    agent_type: row["agent_type"],
    task_description: row["task_description"],
    state_features: featuresOf(row),
    parent_invocation_id: row["parent_invocation_id"],
    workflow_id: row["workflow_id"],
    spec_id: row["spec_id"],
    spec_section: row["spec_section"] ?? [],
    agent_variant: row["agent_variant"],
    // Where the kind of task stands in the features, it stands there alone.
    task_type: typeOf(row) === row["task_type"] ? null : row["task_type"],
    q_value: row["q_value"],
    exploration: row["exploration"],
    reward: row["reward"],
    learning_enabled: row["learning_enabled"] ?? false,
    tools_used: row["tools_used"] ?? [],
    duration_seconds: row["duration_seconds"],
    outcome: {
      // What is running has no outcome yet, which is unknown there.
      status: row["status"] === "running" ? "unknown" : row["status"],
      error_message: row["error_message"],
      files_modified: row["files_modified"] ?? [],
      files_created: row["files_created"] ?? [],
      tests_passed: row["tests_passed"],
      build_succeeded: row["build_succeeded"],
    },
    metadata: row["metadata"] ?? {},
  };
}

/** The Python analyzer takes the kind of task from here alone, and expects an object at each step. */
function featuresOf(row: Row): object {
  const features = isObject(row["state_features"]) ? row["state_features"] : {};
  const task = features["task"];
  const type = row["task_type"];
  if (task === undefined && type === null) return features;
  if (isObject(task) && (type === null || task["type"] !== undefined)) return features;
  const kept = isObject(task) ? task : task === undefined ? {} : { value: task };
  return { ...features, task: { ...kept, type } };
}

/** The kind of task among the features. */
function typeOf({ state_features }: Row): unknown {
  const task = isObject(state_features) ? state_features["task"] : undefined;
  return isObject(task) ? task["type"] : undefined;
}

function feedbackLine(row: Row): object {
  return {
    timestamp: pythonTime(row["given_at"]),
    invocation_id: row["invocation_id"],
    success: row["success"],
    quality_rating: row["quality_rating"],
    feedback_source: row["feedback_source"],
    feedback_notes: row["feedback_notes"],
    would_use_again: row["would_use_again"],
    alternative_agent_suggested: row["alternative_agent_suggested"],
  };
}

/** As `datetime.isoformat` writes it: microseconds, or none of them. */
function pythonTime(time: unknown): string {
  const [whole = "", fraction = ""] = String(time).replace("Z", "").split(".");
  return /^0*$/.test(fraction) ? `${whole}Z` : `${whole}.${fraction.padEnd(6, "0")}Z`;
}

/** As `json.dumps` writes it: ASCII only, so that it reads the same whatever the system's encoding is. */
function pythonJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

async function writeLines(access: TableAccess, path: string, sql: string, line: (row: Row) => object): Promise<number> {
  const file = await open(path, "wx", 0o600);
  let written = 0;
  try {
    const { columns, batches } = await access.query(sql);
    for await (const rows of batches) {
      const lines = rows.map((row) => pythonJson(line(Object.fromEntries(columns.map((name, i) => [name, row[i]])))));
      await file.appendFile(`${lines.join("\n")}\n`);
      written += lines.length;
    }
  } finally {
    await file.close();
  }
  return written;
}

async function countRows(access: TableAccess, from: string): Promise<number> {
  const { batches } = await access.query(`SELECT count(*) FROM ${from}`);
  let count = 0;
  for await (const rows of batches) count = Number(rows[0]![0]);
  return count;
}
