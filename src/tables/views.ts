import { sqlText } from "./lines.js";
import { tokens, workflowStatus } from "./queries.js";
import type { TableName } from "./schema.js";

/*
 * What users see of the tables, through SQL and in exports. docs/tables.md is written from this, and tested against it.
 */

/** A column of a view: its name, type and meaning, and how it is computed from the table where it is not taken as it is. */
interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
  readonly from: string;
}

/** A view, with what one row of it is. */
export interface View {
  readonly name: ViewName;
  readonly meaning: string;
  readonly columns: readonly ViewColumn[];
}

/** The name of a view. */
export type ViewName = Exclude<TableName, "workflow_states" | "session_members"> | "workflow_invocations";

type ColumnSpec = readonly [name: string, type: string, meaning: string, from?: string];

const seconds = (column: string) => `${column} / 1e6`;
const time = (column: string) => `make_timestamp(CAST(${column} AS BIGINT))`;
const whole = (column: string) => `CAST(${column} AS BIGINT)`;

/** Every view. Where nothing else is said, null is what nobody knows. */
export const VIEWS: readonly View[] = [
  view("workflows", "One row per workflow.", [
    ["workflow_id", "VARCHAR", "Identifies it."],
    [
      "status",
      "VARCHAR",
      "completed, failed, cancelled, running, abandoned (no end, and long silent).",
      workflowStatus("silent_since()"),
    ],
    ["project_name", "VARCHAR", "What it was for."],
    ["agent_plan", "VARCHAR[]", "Agents in the order in which they were meant to run."],
    ["estimated_duration", "DOUBLE", "Expected wall time, seconds."],
    ["session_id", "VARCHAR", "The logger that recorded it."],
    ["success", "BOOLEAN", "As reported at its end."],
    ["agents_executed", "VARCHAR[]", "Agents that really ran, as reported at its end."],
    ["cancel_reason", "VARCHAR", "Why it was given up."],
    ["has_start", "BOOLEAN", "Its start was recorded; else started_at is worked out."],
    ["started_at", "TIMESTAMP", "UTC."],
    ["ended_at", "TIMESTAMP", "UTC; null without an end."],
    ["duration_seconds", "DOUBLE", "As reported, else from start to end."],
    ["observed_seconds", "DOUBLE", "From the recorded start to the recorded end."],
    ["last_activity_at", "TIMESTAMP", "When it, or an invocation that names it, was last heard of, UTC."],
  ]),
  view("invocations", "One row per run of an agent: its start and all its updates, merged.", [
    ["invocation_id", "VARCHAR", "Identifies it."],
    ["agent_name", "VARCHAR", "Who ran."],
    ["agent_type", "VARCHAR", "Kind of agent."],
    ["task_description", "VARCHAR", "What it was asked to do."],
    ["task_type", "VARCHAR", "Kind of task: task_type, else state_features.task.type."],
    ["status", "VARCHAR", "success, failure, partial, unknown (it ended, nobody knows how), running."],
    ["started_at", "TIMESTAMP", "UTC."],
    ["ended_at", "TIMESTAMP", "UTC; null while running."],
    ["duration_seconds", "DOUBLE", "As reported, else from start to end; null while running."],
    ["workflow_id", "VARCHAR", "The workflow that it names; see workflow_invocations."],
    ["session_id", "VARCHAR", "The logger that recorded its start."],
    ["parent_invocation_id", "VARCHAR", "The invocation that started it."],
    ["detached", "BOOLEAN", "Its parent does not wait for it."],
    ["error_message", "VARCHAR", "What went wrong."],
    ["tools_used", "VARCHAR[]", "Names of tools."],
    ["files_modified", "VARCHAR[]", "Paths."],
    ["files_created", "VARCHAR[]", "Paths."],
    ["tests_passed", "BOOLEAN", "Did the tests pass behind it?"],
    ["build_succeeded", "BOOLEAN", "Did the build succeed behind it?"],
    ["state_features", "JSON", "Features of the task and its surroundings."],
    ["spec_id", "VARCHAR", "Specification that it worked on."],
    ["spec_section", "VARCHAR[]", "Sections of that specification."],
    ["agent_variant", "VARCHAR", "Variant of the agent."],
    ["definition_hash", "VARCHAR", "Which version of the agent's definition ran."],
    ["q_value", "DOUBLE", "Value of this choice to a learner."],
    ["exploration", "BOOLEAN", "Chosen to learn?"],
    ["propensity", "DOUBLE", "Probability with which this agent was chosen."],
    ["reward", "DOUBLE", "What a learner got for it."],
    ["learning_enabled", "BOOLEAN", "Was a learner at work?"],
    ["metadata", "JSON", "Anything else."],
    ["model", "VARCHAR", "The model that it ran on: metadata.model.", "metadata ->> '$.model'"],
    ["input_tokens", "BIGINT", "metadata.input_tokens: see capture.md for what they count.", tokens("input")],
    ["output_tokens", "BIGINT", "metadata.output_tokens.", tokens("output")],
    ["has_start", "BOOLEAN", "Its start was recorded; else started_at is worked out."],
  ]),
  view("workflow_invocations", "One row per invocation of a workflow: which belongs to which.", [
    ["workflow_id", "VARCHAR", "The workflow."],
    ["invocation_id", "VARCHAR", "The invocation."],
    ["joined_by", "VARCHAR", "workflow_id: it names it. session_id: old logs know nothing but the session."],
  ]),
  view("handoffs", "One row per handoff.", [
    ["workflow_id", "VARCHAR", "The workflow in which it happened."],
    ["from_agent", "VARCHAR", "Who produced the artifacts."],
    ["to_agent", "VARCHAR", "Who uses them."],
    ["artifacts", "VARCHAR[]", "Paths or names of what was handed over."],
    ["handed_off_at", "TIMESTAMP", "UTC."],
    ["session_id", "VARCHAR", "The logger that recorded it."],
    ["event_id", "VARCHAR", "Identity of its line."],
    ["sequence", "BIGINT", "Number of its line among those of its logger."],
  ]),
  view("feedback", "One row per judgement of an invocation; there may be several of one.", [
    ["invocation_id", "VARCHAR", "The invocation that is judged."],
    ["success", "BOOLEAN", "Did the agent accomplish the task?"],
    ["quality_rating", "DOUBLE", "1 (useless) to 5 (excellent); other numbers as they were recorded."],
    ["feedback_source", "VARCHAR", "human, automated_tests, build_system, linter, …"],
    ["feedback_notes", "VARCHAR", "In words."],
    ["would_use_again", "BOOLEAN", "Would the judge use this agent again?"],
    ["alternative_agent_suggested", "VARCHAR", "Which agent would have been better."],
    ["given_at", "TIMESTAMP", "UTC."],
    ["session_id", "VARCHAR", "The logger that recorded it."],
    ["event_id", "VARCHAR", "Identity of its line."],
    ["sequence", "BIGINT", "Number of its line among those of its logger."],
  ]),
  view(
    "workflow_metrics",
    "One row per workflow that ran to its end and has invocations: where its time went. Definitions: metrics.md.",
    [
      ["workflow_id", "VARCHAR", "The workflow."],
      ["wall_seconds", "DOUBLE", "T: its duration, as reported.", seconds("wall_us")],
      ["work_seconds", "DOUBLE", "W: durations of its invocations, added up.", seconds("work_us")],
      ["busy_seconds", "DOUBLE", "B: at least one invocation was active.", seconds("busy_us")],
      ["inside_seconds", "DOUBLE", "I: the part of W within the workflow.", seconds("inside_us")],
      ["exclusive_seconds", "DOUBLE", "X: I without parents' time around their children.", seconds("exclusive_us")],
      ["lead_in_seconds", "DOUBLE", "Idle before the first run.", seconds("lead_in_us")],
      ["handoff_gaps_seconds", "DOUBLE", "Idle between runs.", seconds("handoff_gaps_us")],
      ["tail_seconds", "DOUBLE", "Idle after the last run.", seconds("tail_us")],
      ["agents", "BIGINT", "Distinct agents that ran.", whole("agents")],
      ["ended_invocations", "BIGINT", "Runs whose end is known.", whole("ended_invocations")],
      ["open_invocations", "BIGINT", "Runs whose end, and so whose time, is not known.", whole("open_invocations")],
      ["outside_parent", "BIGINT", "Runs with no time in common with their parent.", whole("outside_parent")],
      ["self_loops", "BIGINT", "The same activity directly after itself.", whole("self_loops")],
      ["repeats", "BIGINT", "An activity again, after others, by the same agent.", whole("repeats")],
      ["redos", "BIGINT", "An activity again, after others, by another agent.", whole("redos")],
      ["retries", "BIGINT", "An activity again after it had failed.", whole("retries")],
      ["adherence", "DOUBLE", "How far it kept to its plan, 0 to 1; null without a plan."],
      ["joined_by_session", "BOOLEAN", "Its invocations do not name it."],
    ],
  ),
  view("workflow_runs", "One row per run of a measured workflow: its part in the workflow's time.", [
    ["workflow_id", "VARCHAR", "The workflow."],
    ["invocation_id", "VARCHAR", "The invocation."],
    ["position", "BIGINT", "Its place among the runs of the workflow, by start.", whole("position")],
    ["agent_name", "VARCHAR", "Who ran; unknown where nobody said."],
    ["task_type", "VARCHAR", "Kind of task."],
    ["started_at", "TIMESTAMP", "UTC.", time("start_us")],
    ["ended_at", "TIMESTAMP", "UTC; null while running.", time("end_us")],
    ["exclusive_seconds", "DOUBLE", "Its time without its children's.", seconds("exclusive_us")],
    ["critical_path_seconds", "DOUBLE", "Its time on the critical path.", seconds("path_us")],
    ["drag_seconds", "DOUBLE", "What the workflow would save without it; null off the path.", seconds("drag_us")],
    ["ready_at", "TIMESTAMP", "When it could have started: its predecessor ended. UTC.", time("ready_us")],
    ["from_agent", "VARCHAR", "Agent of its predecessor."],
    ["declared", "BOOLEAN", "A handoff names the predecessor; else it is the run that ended last before."],
    ["waited_seconds", "DOUBLE", "From ready_at to started_at.", seconds("latency_us")],
    ["contention_seconds", "DOUBLE", "Of that: its agent was busy with earlier work.", seconds("contention_us")],
    ["prioritization_seconds", "DOUBLE", "Of that: its agent did later work first.", seconds("prioritization_us")],
  ]),
];

/** The names of all views. */
export const VIEW_NAMES: readonly ViewName[] = VIEWS.map(({ name }) => name);

/**
 * Creates the views in a database of their own, over those of the tables.
 *
 * @param tables database and schema of the tables
 * @param silentSince a workflow without an end that has not been heard of since then is abandoned
 */
export function createUserViews(database: string, tables: string, silentSince: string): string {
  const views = VIEWS.map(({ name, columns }) => {
    const list = columns.map((column) => `${column.from} AS ${column.name}`).join(", ");
    return `CREATE VIEW ${database}.${name} AS SELECT ${list} FROM ${tables}.${name};`;
  });
  return views
    .join("\n")
    .replaceAll("silent_since()", `(CAST(${sqlText(silentSince)} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')`);
}

function view(name: ViewName, meaning: string, columns: readonly ColumnSpec[]): View {
  return {
    name,
    meaning,
    columns: columns.map(([column, type, text, from = column]) => ({ name: column, type, meaning: text, from })),
  };
}
