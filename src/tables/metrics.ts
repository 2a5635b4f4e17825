import type { DuckDBConnection } from "@duckdb/node-api";

import { measureWorkflow, type InvocationSpan } from "../analyze/coordination.js";

/** An invocation of a workflow that ran to its end. Times are whole microseconds. */
interface Row {
  readonly workflow_id: string;
  /** From the start, or from as long before the end as it lasted; to the end, or as long after the start. */
  readonly window_from: number;
  readonly window_to: number;
  /** Reported duration of the workflow. */
  readonly wall: number;
  readonly by_session: boolean;
  readonly id: string;
  readonly parent_id: string | null;
  readonly start: number;
  /** Null while the invocation is running. */
  readonly end: number | null;
  readonly duration: number | null;
}

const INVOCATIONS_BY_WORKFLOW = `
  SELECT w.workflow_id, epoch_us(w.started_at)::DOUBLE AS window_start, round(w.duration_seconds * 1e6) AS wall,
    -- Loggers round durations, and some log a start late: nothing is cut off that either of the two may mean.
    least(window_start, epoch_us(w.ended_at) - wall) AS window_from,
    greatest(window_start + wall, epoch_us(w.ended_at)) AS window_to,
    j.joined_by = 'session_id' AS by_session,
    i.invocation_id AS id, i.parent_invocation_id AS parent_id, epoch_us(i.started_at)::DOUBLE AS start,
    epoch_us(i.ended_at)::DOUBLE AS "end", round(i.duration_seconds * 1e6) AS duration
  FROM workflows AS w JOIN workflow_invocations AS j USING (workflow_id) JOIN invocations AS i USING (invocation_id)
  WHERE w.end_status IN ('completed', 'failed') AND w.duration_seconds IS NOT NULL
  ORDER BY w.workflow_id`;

/** Computes the metrics of every workflow that ran to its end, once, with the functions that define them. */
export async function measureWorkflows(connection: DuckDBConnection): Promise<void> {
  const metrics: ReturnType<typeof measure>[] = [];
  let group: Row[] = [];
  const finish = () => {
    if (group.length > 0) metrics.push(measure(group));
    group = [];
  };
  const result = await connection.stream(INVOCATIONS_BY_WORKFLOW);
  const names = result.columnNames();
  // By columns: a million rows come several times faster than as objects of the library's.
  for await (const chunk of result) {
    const columns = chunk.getColumnsObject(names) as unknown as { readonly [K in keyof Row]: readonly Row[K][] };
    for (let i = 0; i < chunk.rowCount; i++) {
      if (group.length > 0 && group[0]!.workflow_id !== columns.workflow_id[i]) finish();
      group.push({
        workflow_id: columns.workflow_id[i]!,
        window_from: columns.window_from[i]!,
        window_to: columns.window_to[i]!,
        wall: columns.wall[i]!,
        by_session: columns.by_session[i]!,
        id: columns.id[i]!,
        parent_id: columns.parent_id[i]!,
        start: columns.start[i]!,
        end: columns.end[i]!,
        duration: columns.duration[i]!,
      });
    }
  }
  finish();

  const appender = await connection.createAppender("workflow_metrics");
  for (const { workflow_id, time, ended, open, by_session } of metrics) {
    appender.appendVarchar(workflow_id);
    for (const value of [time.wall, time.work, time.busy, time.inside, time.exclusive]) appender.appendDouble(value);
    appender.appendInteger(ended);
    appender.appendInteger(open);
    appender.appendBoolean(by_session);
    appender.endRow();
  }
  appender.closeSync();
}

function measure(rows: readonly Row[]) {
  const { workflow_id, window_from, window_to, wall, by_session } = rows[0]!;
  const spans = rows.flatMap(({ id, parent_id, start, end, duration }): InvocationSpan[] =>
    end === null || duration === null ? [] : [{ id, parent_id, start, end, duration }],
  );
  const time = measureWorkflow({ start: window_from, end: window_to }, wall, spans);
  return { workflow_id, time, ended: spans.length, open: rows.length - spans.length, by_session };
}
