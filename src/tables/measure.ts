import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import type { RunStatus } from "../analyze/run.js";
import { splitWaits } from "../analyze/waits.js";
import { measureRecord, type TimedRun, type WorkflowMetrics } from "../analyze/workflow-metrics.js";
import { rowsWith } from "./schema.js";
import { WINDOW_FROM, WINDOW_TO } from "./window.js";
import { rowsOf, stream, TableWriter } from "./sql.js";

/** Between the agents of a plan: one text is read many times faster than a list. */
const SEPARATOR = "\u001f";

const IDS = "FROM fresh_ids";

/**
 * The workflows to be measured, those of `fresh_ids` that ran to their end and have a duration; their runs, handoffs, and
 * the names of agents and kinds of task. All are numbered: numbers pass many times faster between the SQL engine and
 * here than texts.
 */
const NUMBERED = `
  CREATE OR REPLACE TABLE chosen AS
    SELECT row_number() OVER (ORDER BY started_at)::INTEGER AS w, workflow_id, round(duration_seconds * 1e6) AS wall,
      ${WINDOW_FROM} AS window_from, ${WINDOW_TO} AS window_to, array_to_string(agent_plan, '${SEPARATOR}') AS plan,
      started_at, duration_seconds, observed_seconds, estimated_duration
    FROM ${rowsWith("workflows", "workflow_id", IDS)}
    WHERE end_status IN ('completed', 'failed') AND duration_seconds IS NOT NULL;
  CREATE OR REPLACE TABLE runs AS
    WITH members AS (
      SELECT *, false AS by_session FROM ${rowsWith("invocations", "workflow_id", IDS)}
      UNION ALL
      SELECT i.* REPLACE (m.workflow_id AS workflow_id), true
      FROM ${rowsWith("session_members", "workflow_id", IDS)} AS m JOIN ${rowsWith(
        "invocations",
        "invocation_id",
        `SELECT invocation_id FROM session_members WHERE workflow_id IN (${IDS})`,
      )} AS i USING (invocation_id)
    )
    SELECT row_number() OVER () AS r, w, invocation_id, coalesce(agent_name, 'unknown') AS agent, task_type,
      parent_invocation_id, detached, epoch_us(started_at)::DOUBLE AS "start", epoch_us(ended_at)::DOUBLE AS "end",
      round(duration_seconds * 1e6) AS duration, status, by_session, first_n
    FROM members JOIN (SELECT w, workflow_id FROM chosen) USING (workflow_id);
  CREATE OR REPLACE TABLE passed_on AS
    SELECT w, from_agent, to_agent, epoch_us(handed_off_at)::DOUBLE AS handed_at
    FROM ${rowsWith("handoffs", "workflow_id", IDS)} JOIN (SELECT w, workflow_id FROM chosen) USING (workflow_id);
  CREATE OR REPLACE TABLE names AS
    SELECT name, row_number() OVER () - 1 AS code FROM (
      SELECT DISTINCT agent AS name FROM runs UNION SELECT DISTINCT task_type FROM runs
      UNION SELECT DISTINCT from_agent FROM passed_on UNION SELECT DISTINCT to_agent FROM passed_on
    ) WHERE name IS NOT NULL;`;

interface WorkflowRow {
  readonly w: number;
  readonly window_from: number;
  readonly window_to: number;
  readonly wall: number;
  readonly plan: string | null;
}

const WORKFLOW_ROWS = "SELECT w, window_from, window_to, wall, plan FROM chosen ORDER BY w";

/** A run: its number, that of its workflow and of its parent there, and codes of names. */
interface RunRow {
  readonly w: number;
  readonly r: number;
  readonly agent: number;
  readonly task_type: number | null;
  readonly parent: number | null;
  readonly detached: boolean | null;
  readonly start: number;
  readonly end: number | null;
  readonly duration: number | null;
  readonly status: number;
}

const STATUSES: readonly RunStatus[] = ["success", "failure", "partial", "unknown", "running"];

const RUN_ROWS = `
  SELECT runs.w, runs.r::DOUBLE AS r, a.code::INTEGER AS agent, t.code::INTEGER AS task_type, p.r::DOUBLE AS parent,
    runs.detached, runs.start, runs."end", runs.duration,
    (list_position([${STATUSES.map((status) => `'${status}'`).join(", ")}], runs.status) - 1)::INTEGER AS status
  FROM runs
    JOIN names AS a ON runs.agent = a.name
    LEFT JOIN names AS t ON runs.task_type = t.name
    LEFT JOIN runs AS p ON runs.parent_invocation_id = p.invocation_id AND runs.w = p.w
  ORDER BY runs.w, runs.start, runs."end", runs.first_n`;

interface HandoffRow {
  readonly w: number;
  readonly from_agent: number;
  readonly to_agent: number;
  readonly handed_at: number;
}

const HANDOFF_ROWS = `
  SELECT w, f.code::INTEGER AS from_agent, t.code::INTEGER AS to_agent, handed_at
  FROM passed_on JOIN names AS f ON from_agent = f.name JOIN names AS t ON to_agent = t.name
  ORDER BY w, handed_at, from_agent, to_agent`;

/**
 * Computes the metrics of the workflows whose ids are in the table `fresh_ids`, once, with the functions that define
 * them. Leaves them in `new_workflow_metrics` and `new_workflow_runs`.
 */
export async function measureWorkflows(instance: DuckDBInstance, connection: DuckDBConnection): Promise<void> {
  const metricNames = Object.keys(METRIC_VALUES);
  const metricValues = Object.values(METRIC_VALUES);
  await connection.run(`
    ${NUMBERED}
    CREATE OR REPLACE TABLE measured (w INTEGER, ${metricNames.map((name) => `${name} DOUBLE`).join(", ")});
    CREATE OR REPLACE TABLE measured_runs (r DOUBLE, ${RUN_VALUES.map((name) => `${name} DOUBLE`).join(", ")},
      declared BOOLEAN);`);
  const names: string[] = [];
  const codes = new Map<string, number>();
  for (const { name, code } of await rowsOf(connection, "FROM names")) {
    names[code as number] = name as string;
    codes.set(name as string, code as number);
  }
  const metrics = await TableWriter.open(connection, "measured", [
    "INTEGER",
    ...metricNames.map(() => "DOUBLE" as const),
  ]);
  const runWriter = await TableWriter.open(connection, "measured_runs", [
    "DOUBLE",
    ...RUN_VALUES.map(() => "DOUBLE" as const),
    "BOOLEAN",
  ]);
  const runs = new Groups(stream<RunRow>(instance, RUN_ROWS));
  const handoffs = new Groups(stream<HandoffRow>(instance, HANDOFF_ROWS));
  try {
    for await (const rows of stream<WorkflowRow>(instance, WORKFLOW_ROWS)) {
      for (const { w, window_from, window_to, wall, plan } of rows) {
        const own = runs.take(w) ?? (await runs.next(w));
        const handed = handoffs.take(w) ?? (await handoffs.next(w));
        if (own.length === 0) continue;
        const measured = measureRecord({
          window: { start: window_from, end: window_to },
          wall,
          plan: plan ? plan.split(SEPARATOR) : [],
          runs: own.map((row) => runOf(row, names)),
          handoffs: handed.map(({ from_agent, to_agent, handed_at }) => ({
            from_agent: names[from_agent]!,
            to_agent: names[to_agent]!,
            at: handed_at,
          })),
        });
        metrics.write([w, ...metricValues.map((value) => value(measured.metrics))]);
        measured.runs.forEach((run, i) => {
          const from = run.from_agent === null ? null : codes.get(run.from_agent)!;
          runWriter.write([
            own[i]!.r,
            i,
            run.exclusive,
            run.path,
            run.drag,
            run.ready,
            run.latency,
            from,
            run.declared,
          ]);
        });
      }
    }
  } finally {
    await runs.close();
    await handoffs.close();
  }
  metrics.close();
  runWriter.close();
  await connection.run(NAMED_AGAIN);
}

function runOf(row: RunRow, names: readonly string[]): TimedRun {
  return {
    id: String(row.r),
    agent: names[row.agent]!,
    task_type: row.task_type === null ? null : names[row.task_type]!,
    parent_id: row.parent === null ? null : String(row.parent),
    detached: row.detached ?? false,
    start: row.start,
    end: row.end,
    duration: row.duration,
    status: STATUSES[row.status]!,
  };
}

/** What is stored of the metrics of a workflow, by column. */
const METRIC_VALUES: Readonly<Record<string, (metrics: WorkflowMetrics) => number | null>> = {
  wall_us: ({ wall }) => wall,
  work_us: ({ work }) => work,
  busy_us: ({ busy }) => busy,
  inside_us: ({ inside }) => inside,
  exclusive_us: ({ exclusive }) => exclusive,
  lead_in_us: ({ lead_in }) => lead_in,
  handoff_gaps_us: ({ handoff_gaps }) => handoff_gaps,
  tail_us: ({ tail }) => tail,
  agents: ({ agents }) => agents,
  ended_invocations: ({ ended_invocations }) => ended_invocations,
  open_invocations: ({ open_invocations }) => open_invocations,
  outside_parent: ({ outside_parent }) => outside_parent,
  self_loops: ({ self_loops }) => self_loops,
  repeats: ({ repeats }) => repeats,
  redos: ({ redos }) => redos,
  retries: ({ retries }) => retries,
  adherence: ({ adherence }) => adherence,
};

/** What is stored of a run. */
const RUN_VALUES = ["position", "exclusive_us", "path_us", "drag_us", "ready_us", "latency_us", "from_agent"];

/** Puts ids and names back in the place of numbers. */
const NAMED_AGAIN = `
  CREATE OR REPLACE VIEW new_workflow_metrics AS
    SELECT workflow_id, ${Object.keys(METRIC_VALUES).join(", ")}, by_session AS joined_by_session,
      started_at, duration_seconds, observed_seconds, estimated_duration
    FROM measured JOIN chosen USING (w)
      JOIN (SELECT w, any_value(by_session) AS by_session FROM runs GROUP BY w) USING (w);
  CREATE OR REPLACE VIEW new_workflow_runs AS
    SELECT workflow_id, invocation_id, position, agent AS agent_name, task_type, start AS start_us, "end" AS end_us, exclusive_us,
      path_us, drag_us, ready_us, name AS from_agent, declared, latency_us,
      NULL::DOUBLE AS contention_us, NULL::DOUBLE AS prioritization_us
    FROM runs JOIN measured_runs USING (r) JOIN (SELECT w, workflow_id FROM chosen) USING (w)
      LEFT JOIN names ON measured_runs.from_agent = names.code;`;

/** Walks through rows that are ordered by workflow, a workflow at a time. */
class Groups<R extends { readonly w: number }> {
  #rows: R[] = [];
  #at = 0;
  #ended = false;

  constructor(private readonly source: AsyncGenerator<R[]>) {}

  /** The rows of a workflow, if it is certain that they are all here; the caller asks in order. */
  take(w: number): R[] | undefined {
    const from = this.#at;
    let to = from;
    while (to < this.#rows.length && this.#rows[to]!.w === w) to++;
    if (to === this.#rows.length && !this.#ended) return undefined;
    this.#at = to;
    return this.#rows.slice(from, to);
  }

  /** Reads on until {@link take} knows. */
  async next(w: number): Promise<R[]> {
    for (;;) {
      const { value, done } = await this.source.next();
      this.#rows = [...this.#rows.slice(this.#at), ...(done ? [] : value)];
      this.#at = 0;
      if (done) this.#ended = true;
      const group = this.take(w);
      if (group) return group;
    }
  }

  async close(): Promise<void> {
    await this.source.return(undefined);
  }
}

/** A run as {@link splitWaits} takes it, with its number and that of its agent. */
interface WaitRow {
  readonly r: number;
  readonly agent: number;
  readonly enabled: number;
  readonly start: number;
  readonly end: number;
  /** All runs that may be in the way of this one are here. */
  readonly complete: boolean;
}

/**
 * Splits the waits that the runs in `changed_times` may have changed: those of the same agents, at the same
 * time. Leaves the splits in `new_waits`.
 */
export async function splitChangedWaits(instance: DuckDBInstance, connection: DuckDBConnection): Promise<void> {
  await connection.run(`
    -- Waits that begin before a change ends, and end after it has begun: and how far these reach.
    CREATE OR REPLACE TABLE reach AS
      WITH changed AS (
        SELECT agent_name, min(from_us) AS from_us, max(to_us) AS to_us FROM changed_times GROUP BY agent_name
      )
      SELECT agent_name, row_number() OVER ()::INTEGER AS agent, min(ready_us) AS from_us, max(start_us) AS to_us
      FROM workflow_runs JOIN changed USING (agent_name)
      WHERE latency_us > 0 AND ready_us <= changed.to_us AND start_us >= changed.from_us
      GROUP BY agent_name;
    CREATE OR REPLACE TABLE queued AS
      SELECT row_number() OVER ()::DOUBLE AS r, invocation_id, agent,
        CASE WHEN latency_us > 0 THEN ready_us ELSE start_us END AS enabled, start_us AS "start",
        coalesce(end_us, start_us) AS "end", enabled >= reach.from_us AND start_us <= reach.to_us AS complete
      FROM workflow_runs JOIN reach USING (agent_name)
      WHERE coalesce(end_us, start_us) >= reach.from_us AND start_us <= reach.to_us;
    CREATE OR REPLACE TABLE split (r DOUBLE, contention_us DOUBLE, prioritization_us DOUBLE);`);
  const writer = await TableWriter.open(connection, "split", ["DOUBLE", "DOUBLE", "DOUBLE"]);
  let rows: WaitRow[] = [];
  const finish = () => {
    splitWaits(rows).forEach(({ contention, prioritization }, i) => {
      const { r, enabled, start, complete } = rows[i]!;
      if (complete && enabled < start) writer.write([r, contention, prioritization]);
    });
    rows = [];
  };
  const query = `SELECT r, agent, enabled, "start", "end", complete FROM queued ORDER BY agent`;
  for await (const batch of stream<WaitRow>(instance, query)) {
    for (const row of batch) {
      if (rows.length > 0 && rows[0]!.agent !== row.agent) finish();
      rows.push(row);
    }
  }
  finish();
  writer.close();
  await connection.run(`
    CREATE OR REPLACE TABLE new_waits AS
      SELECT invocation_id, contention_us, prioritization_us FROM split JOIN queued USING (r);
    DROP TABLE reach; DROP TABLE queued; DROP TABLE split;`);
}
