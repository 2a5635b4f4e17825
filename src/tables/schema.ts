/*
 * The tables that the log is folded into, and that are cached. Users see them through the views of the same name, which
 * leave out the columns that only the fold needs.
 */

/** Changes whenever the functions of `analyze/` compute something else into the tables: cached ones are made again. */
export const MEASURES_VERSION = 1;

/** A table: its columns with their types. */
export interface TableSchema {
  /** What users see. */
  readonly columns: Readonly<Record<string, string>>;
  /** What the fold has to remember. */
  readonly state?: Readonly<Record<string, string>>;
}

/** Columns of an invocation that are merged field by field, with what a line says of them. */
export const INVOCATION_FIELDS: Readonly<Record<string, readonly [type: string, of_line: string]>> = {
  agent_name: ["VARCHAR", "nullif(agent_name, '')"],
  agent_type: ["VARCHAR", "agent_type"],
  task_description: ["VARCHAR", "task_description"],
  task_type: ["VARCHAR", "coalesce(task_type, state_features ->> '$.task.type')"],
  state_features: ["JSON", "state_features"],
  workflow_id: ["VARCHAR", "nullif(workflow_id, '')"],
  session_id: ["VARCHAR", "session_id"],
  parent_invocation_id: ["VARCHAR", "nullif(parent_invocation_id, '')"],
  detached: ["BOOLEAN", "detached"],
  spec_id: ["VARCHAR", "spec_id"],
  spec_section: ["VARCHAR[]", "spec_section"],
  agent_variant: ["VARCHAR", "agent_variant"],
  definition_hash: ["VARCHAR", "nullif(definition_hash, '')"],
  q_value: ["DOUBLE", "q_value"],
  exploration: ["BOOLEAN", "exploration"],
  propensity: ["DOUBLE", "CASE WHEN propensity > 0 AND propensity <= 1 THEN propensity END"],
  reward: ["DOUBLE", "reward"],
  learning_enabled: ["BOOLEAN", "learning_enabled"],
  tools_used: ["VARCHAR[]", "tools_used"],
  error_message: ["VARCHAR", "outcome.error_message"],
  files_modified: ["VARCHAR[]", "outcome.files_modified"],
  files_created: ["VARCHAR[]", "outcome.files_created"],
  tests_passed: ["BOOLEAN", "outcome.tests_passed"],
  build_succeeded: ["BOOLEAN", "outcome.build_succeeded"],
  metadata: ["JSON", "metadata"],
  // Unknown says that nobody knows: it never overrules who knows.
  reported_status: ["VARCHAR", "CASE WHEN outcome.status IN ('success', 'failure', 'partial') THEN outcome.status END"],
  reported_seconds: ["DOUBLE", "duration_seconds"],
};

/** What an update may say; the rest is known from the start, or never. */
export const UPDATE_FIELDS: ReadonlySet<string> = new Set([
  "agent_name",
  "workflow_id",
  "reward",
  "tools_used",
  "error_message",
  "files_modified",
  "files_created",
  "tests_passed",
  "build_succeeded",
  "metadata",
  "reported_status",
  "reported_seconds",
]);

const said = Object.fromEntries(Object.entries(INVOCATION_FIELDS).map(([name, [type]]) => [name, type]));
const { reported_status, reported_seconds, ...fields } = said as { reported_status: string; reported_seconds: string };

/** Every table, by name. */
export const TABLES = {
  invocations: {
    columns: {
      invocation_id: "VARCHAR",
      ...fields,
      status: "VARCHAR",
      has_start: "BOOLEAN",
      started_at: "TIMESTAMP",
      ended_at: "TIMESTAMP",
      duration_seconds: "DOUBLE",
    },
    state: {
      reported_status,
      reported_seconds,
      first_start: "TIMESTAMP",
      first_line: "TIMESTAMP",
      closed_at: "TIMESTAMP",
      first_n: "UHUGEINT",
      last_n: "UHUGEINT",
    },
  },
  /** What the lines of the workflow log say of each workflow; `workflows` is made of it and of the invocations. */
  workflow_states: {
    columns: {},
    state: {
      workflow_id: "VARCHAR",
      beginning: "STRUCT(project_name VARCHAR, agent_plan VARCHAR[], estimated_duration DOUBLE)",
      beginning_n: "UHUGEINT",
      ending:
        "STRUCT(event VARCHAR, ended_at TIMESTAMP, seconds DOUBLE, success BOOLEAN, agents VARCHAR[], reason VARCHAR)",
      ending_n: "UHUGEINT",
      session_id: "VARCHAR",
      session_n: "UHUGEINT",
      first_start: "TIMESTAMP",
      first_line: "TIMESTAMP",
      last_line: "TIMESTAMP",
    },
  },
  workflows: {
    columns: {
      workflow_id: "VARCHAR",
      project_name: "VARCHAR",
      agent_plan: "VARCHAR[]",
      estimated_duration: "DOUBLE",
      session_id: "VARCHAR",
      end_status: "VARCHAR",
      success: "BOOLEAN",
      agents_executed: "VARCHAR[]",
      cancel_reason: "VARCHAR",
      has_start: "BOOLEAN",
      started_at: "TIMESTAMP",
      ended_at: "TIMESTAMP",
      duration_seconds: "DOUBLE",
      observed_seconds: "DOUBLE",
      last_activity_at: "TIMESTAMP",
    },
    // The executed agents as one text, which is counted ten times as fast as a list.
    state: { pattern: "VARCHAR" },
  },
  handoffs: {
    columns: {
      workflow_id: "VARCHAR",
      from_agent: "VARCHAR",
      to_agent: "VARCHAR",
      artifacts: "VARCHAR[]",
      handed_off_at: "TIMESTAMP",
      session_id: "VARCHAR",
      event_id: "VARCHAR",
      sequence: "BIGINT",
    },
    state: { n: "UHUGEINT" },
  },
  feedback: {
    columns: {
      invocation_id: "VARCHAR",
      success: "BOOLEAN",
      quality_rating: "DOUBLE",
      feedback_source: "VARCHAR",
      feedback_notes: "VARCHAR",
      would_use_again: "BOOLEAN",
      alternative_agent_suggested: "VARCHAR",
      given_at: "TIMESTAMP",
      session_id: "VARCHAR",
      event_id: "VARCHAR",
      sequence: "BIGINT",
    },
    state: { n: "UHUGEINT" },
  },
  /** Invocations that belong to a workflow by session only. */
  session_members: { columns: {}, state: { session_id: "VARCHAR", workflow_id: "VARCHAR", invocation_id: "VARCHAR" } },
  workflow_metrics: {
    columns: {
      workflow_id: "VARCHAR",
      wall_us: "DOUBLE",
      work_us: "DOUBLE",
      busy_us: "DOUBLE",
      inside_us: "DOUBLE",
      exclusive_us: "DOUBLE",
      lead_in_us: "DOUBLE",
      handoff_gaps_us: "DOUBLE",
      tail_us: "DOUBLE",
      agents: "DOUBLE",
      ended_invocations: "DOUBLE",
      open_invocations: "DOUBLE",
      outside_parent: "DOUBLE",
      self_loops: "DOUBLE",
      repeats: "DOUBLE",
      redos: "DOUBLE",
      retries: "DOUBLE",
      adherence: "DOUBLE",
      joined_by_session: "BOOLEAN",
    },
    // What aggregates need of the workflow: to join them would take longer than all else.
    state: {
      started_at: "TIMESTAMP",
      duration_seconds: "DOUBLE",
      observed_seconds: "DOUBLE",
      estimated_duration: "DOUBLE",
    },
  },
  workflow_runs: {
    columns: {
      workflow_id: "VARCHAR",
      invocation_id: "VARCHAR",
      position: "DOUBLE",
      agent_name: "VARCHAR",
      task_type: "VARCHAR",
      start_us: "DOUBLE",
      end_us: "DOUBLE",
      exclusive_us: "DOUBLE",
      path_us: "DOUBLE",
      drag_us: "DOUBLE",
      ready_us: "DOUBLE",
      from_agent: "VARCHAR",
      declared: "BOOLEAN",
      latency_us: "DOUBLE",
      contention_us: "DOUBLE",
      prioritization_us: "DOUBLE",
    },
  },
} as const satisfies Readonly<Record<string, TableSchema>>;

export type TableName = keyof typeof TABLES;

const ALL = Object.entries(TABLES) as [TableName, TableSchema][];

/** All columns of a table, in their order. */
export function columnsOf(table: TableName): Record<string, string> {
  const { columns, state }: TableSchema = TABLES[table];
  return { ...columns, ...state };
}

/** Columns in which every refresh looks for a few ids: unpacking them would take longer than all else. */
const LOOKED_UP: ReadonlySet<string> = new Set(["invocation_id", "workflow_id"]);

/** Creates all tables, empty, in a schema or an attached database. */
export function createTables(where: string): string {
  return ALL.map(([table]) => {
    const columns = Object.entries(columnsOf(table)).map(
      ([name, type]) => `${name} ${type}${LOOKED_UP.has(name) ? " USING COMPRESSION uncompressed" : ""}`,
    );
    return `CREATE TABLE ${where}.${table} (${columns.join(", ")});`;
  }).join("\n");
}

/** Creates what queries read while nothing is folded beyond the cached tables: these. */
export function createViews(): string {
  return viewsOf((table) => `FROM base.${table}`);
}

/**
 * Creates what is folded into, and what queries read then: the rows of the cached tables that still hold, and those that
 * replace them. `hidden_…` holds the row ids of the others.
 */
export function createDelta(): string {
  const hidden = ALL.map(([table]) => `CREATE TABLE delta.hidden_${table} (place BIGINT);`);
  return `
    CREATE SCHEMA delta; ${createTables("delta")} ${hidden.join("\n")}
    ${viewsOf(
      (table) => `
      SELECT * FROM base.${table} AS b ANTI JOIN delta.hidden_${table} AS h ON b.rowid = h.place
      UNION ALL SELECT * FROM delta.${table}`,
    )}`;
}

function viewsOf(rows: (table: TableName) => string): string {
  const views = ALL.map(([table]) => `CREATE OR REPLACE VIEW ${table} AS ${rows(table)};`);
  return `${views.join("\n")}
    CREATE OR REPLACE VIEW workflow_invocations AS
      SELECT workflow_id, invocation_id, 'workflow_id' AS joined_by FROM invocations WHERE workflow_id IS NOT NULL
      UNION ALL SELECT workflow_id, invocation_id, 'session_id' FROM session_members;`;
}

/**
 * A query for the current rows of a table whose `key` is among some ids. Finds the places first, as reading every column
 * of every row to find a few takes twenty times longer.
 *
 * @param ids a query for ids
 */
export function rowsWith(table: TableName, key: string, ids: string): string {
  return `(
    SELECT * FROM base.${table} WHERE rowid IN (
      SELECT rowid FROM base.${table} WHERE ${key} IN (${ids}) AND rowid NOT IN (FROM delta.hidden_${table}))
    UNION ALL
    SELECT * FROM delta.${table} WHERE ${key} IN (${ids})
  )`;
}
