import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import type { Handoff, RunStatus } from "../analyze/run.js";
import { measureRecord, type TimedRun, type WorkflowMetrics } from "../analyze/workflow-metrics.js";
import { rowsWith } from "./schema.js";
import { WINDOW_FROM, WINDOW_TO } from "./window.js";
import { NumberWriter, rowsOf, stream, streamNumbers, written, type Columns } from "./sql.js";

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

const STATUSES: readonly RunStatus[] = ["success", "failure", "partial", "unknown", "running"];

type RunColumn = "w" | "r" | "agent" | "task_type" | "parent" | "detached" | "start" | "end" | "duration" | "status";

/** Runs: their number, that of their workflow and of their parent there, and codes of names. */
const RUN_ROWS = `
  SELECT runs.w::DOUBLE AS w, runs.r::DOUBLE AS r, a.code::DOUBLE AS agent, ${orNaN("t.code")} AS task_type,
    ${orNaN("p.r")} AS parent, coalesce(runs.detached, false)::DOUBLE AS detached, runs.start,
    ${orNaN('runs."end"')} AS "end", ${orNaN("runs.duration")} AS duration,
    (list_position([${STATUSES.map((status) => `'${status}'`).join(", ")}], runs.status) - 1)::DOUBLE AS status
  FROM runs
    JOIN names AS a ON runs.agent = a.name
    LEFT JOIN names AS t ON runs.task_type = t.name
    LEFT JOIN runs AS p ON runs.parent_invocation_id = p.invocation_id AND runs.w = p.w
  ORDER BY runs.w, runs.start, runs."end", runs.first_n`;

type HandoffColumn = "w" | "from_agent" | "to_agent" | "handed_at";

const HANDOFF_ROWS = `
  SELECT w::DOUBLE AS w, f.code::DOUBLE AS from_agent, t.code::DOUBLE AS to_agent, handed_at
  FROM passed_on JOIN names AS f ON from_agent = f.name JOIN names AS t ON to_agent = t.name
  ORDER BY w, handed_at, from_agent, to_agent`;

/** Looking whether a number is null takes longer here than reading it. */
function orNaN(number: string): string {
  return `coalesce(${number}::DOUBLE, 'NaN'::DOUBLE)`;
}

/**
 * Begins to compute the metrics of the workflows whose ids are in the table `fresh_ids`, once, with the functions that
 * define them. The engine is free for other things meanwhile, and what these do to the tables changes nothing here.
 *
 * @returns a promise of the metrics in `new_workflow_metrics` and `new_workflow_runs`
 */
export async function beginToMeasure(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
): Promise<{ readonly measured: Promise<void> }> {
  await connection.run(NUMBERED);
  const measured = measure(instance);
  // Whoever stops waiting does not hear of its failure.
  measured.catch(() => undefined);
  return { measured };
}

async function measure(instance: DuckDBInstance): Promise<void> {
  const connection = await instance.connect();
  try {
    await NumberWriter.create(connection, "measured", ["w", ...Object.keys(METRIC_VALUES)], (metrics) =>
      NumberWriter.create(connection, "measured_runs", ["r", ...RUN_VALUES], (runs) =>
        measureEach(instance, connection, metrics, runs),
      ),
    );
    await connection.run(NAMED_AGAIN);
  } finally {
    connection.closeSync();
  }
}

async function measureEach(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  metricsWriter: NumberWriter,
  runWriter: NumberWriter,
): Promise<void> {
  const metricValues = Object.values(METRIC_VALUES);
  const names: string[] = [];
  const codes = new Map<string, number>();
  for (const { name, code } of await rowsOf(connection, "FROM names")) {
    names[code as number] = name as string;
    codes.set(name as string, code as number);
  }
  const runs = new Groups<RunColumn>(streamNumbers(instance, RUN_ROWS));
  const handoffs = new Groups<HandoffColumn>(streamNumbers(instance, HANDOFF_ROWS));
  try {
    for await (const rows of stream<WorkflowRow>(instance, WORKFLOW_ROWS)) {
      for (const { w, window_from, window_to, wall, plan } of rows) {
        const own = runs.take(w) ?? (await runs.next(w));
        const handed = handoffs.take(w) ?? (await handoffs.next(w));
        if (own.from === own.to) continue;
        const measured = measureRecord({
          window: { start: window_from, end: window_to },
          wall,
          plan: plan ? plan.split(SEPARATOR) : [],
          runs: runsOf(own, names),
          handoffs: handoffsOf(handed, names),
        });
        metricsWriter.write([w, ...metricValues.map((value) => value(measured.metrics))]);
        const numbers = own.columns.r;
        measured.runs.forEach(({ exclusive, path, drag, ready, latency, from_agent, declared }, i) => {
          const from = from_agent === null ? null : codes.get(from_agent)!;
          const r = numbers[own.from + i]!;
          runWriter.write([r, i, exclusive, path, drag, ready, latency, from, declared ? 1 : 0]);
        });
      }
    }
  } finally {
    await runs.close();
    await handoffs.close();
  }
}

function runsOf({ columns, from, to }: Group<RunColumn>, names: readonly string[]): TimedRun[] {
  const { r, agent, task_type, parent, detached, start, end, duration, status } = columns;
  const runs: TimedRun[] = [];
  for (let i = from; i < to; i++)
    runs.push({
      id: String(r[i]),
      agent: names[agent[i]!]!,
      task_type: names[task_type[i]!] ?? null,
      parent_id: Number.isNaN(parent[i]) ? null : String(parent[i]),
      detached: detached[i] === 1,
      start: start[i]!,
      end: orNull(end[i]!),
      duration: orNull(duration[i]!),
      status: STATUSES[status[i]!]!,
    });
  return runs;
}

function orNull(number: number): number | null {
  return Number.isNaN(number) ? null : number;
}

function handoffsOf({ columns, from, to }: Group<HandoffColumn>, names: readonly string[]): Handoff[] {
  const { from_agent, to_agent, handed_at } = columns;
  const handoffs: Handoff[] = [];
  for (let i = from; i < to; i++)
    handoffs.push({ from_agent: names[from_agent[i]!]!, to_agent: names[to_agent[i]!]!, at: handed_at[i]! });
  return handoffs;
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
const RUN_VALUES = [
  "position",
  "exclusive_us",
  "path_us",
  "drag_us",
  "ready_us",
  "latency_us",
  "from_agent",
  "declared",
];

const writtenAs = (name: string) => `${written(name)} AS ${name}`;

/** Puts ids and names back in the place of numbers. */
const NAMED_AGAIN = `
  CREATE OR REPLACE VIEW new_workflow_metrics AS
    SELECT workflow_id, ${Object.keys(METRIC_VALUES).map(writtenAs).join(", ")}, by_session AS joined_by_session,
      started_at, duration_seconds, observed_seconds, estimated_duration
    FROM measured JOIN chosen USING (w)
      JOIN (SELECT w, any_value(by_session) AS by_session FROM runs GROUP BY w) USING (w);
  CREATE OR REPLACE VIEW new_workflow_runs AS
    SELECT workflow_id, invocation_id, position, agent AS agent_name, task_type, start AS start_us, "end" AS end_us,
      ${["exclusive_us", "path_us", "drag_us", "ready_us"].map(writtenAs).join(", ")}, name AS from_agent,
      declared = 1 AS declared, ${written("latency_us")} AS latency_us,
      NULL::DOUBLE AS contention_us, NULL::DOUBLE AS prioritization_us
    FROM runs JOIN measured_runs USING (r) JOIN (SELECT w, workflow_id FROM chosen) USING (w)
      LEFT JOIN names ON measured_runs.from_agent = names.code;`;

/** Rows of one workflow: those of some columns from one place to before another. */
interface Group<C extends string> {
  readonly columns: Columns<C>;
  readonly from: number;
  readonly to: number;
}

/** Walks through rows that are ordered by the number `w` of their workflow, a workflow at a time. */
class Groups<C extends string> {
  #columns: Columns<C | "w"> | undefined;
  #at = 0;
  #ended = false;

  constructor(private readonly source: AsyncGenerator<Columns<C | "w">>) {}

  /** The rows of a workflow, if it is certain that they are all here; the caller asks in order. */
  take(number: number): Group<C> | undefined {
    if (!this.#columns) return undefined;
    const { w } = this.#columns;
    const from = this.#at;
    let to = from;
    while (to < w.length && w[to] === number) to++;
    if (to === w.length && !this.#ended) return undefined;
    this.#at = to;
    return { columns: this.#columns, from, to };
  }

  /** Reads on until {@link take} knows. */
  async next(number: number): Promise<Group<C>> {
    for (;;) {
      const { value, done } = await this.source.next();
      if (done) this.#ended = true;
      else this.#columns = this.#columns ? joined(this.#columns, this.#at, value) : value;
      if (!done) this.#at = 0;
      if (done && !this.#columns) return { columns: {} as Columns<C>, from: 0, to: 0 };
      const group = this.take(number);
      if (group) return group;
    }
  }

  async close(): Promise<void> {
    await this.source.return(undefined);
  }
}

/** The rows of some columns from a place on, and others behind them. */
function joined<C extends string>(columns: Columns<C>, from: number, others: Columns<C>): Columns<C> {
  const both = Object.keys(columns).map((name) => {
    const left = columns[name as C].subarray(from);
    const all = new Float64Array(left.length + others[name as C].length);
    all.set(left);
    all.set(others[name as C], left.length);
    return [name, all];
  });
  return Object.fromEntries(both) as Columns<C>;
}
