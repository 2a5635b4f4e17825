import { open } from "node:fs/promises";
import { join } from "node:path";

import { feedbackSpan, invocationSpan, workflowSpan } from "../otlp/genai.js";
import { exportRequest, type SpanJson } from "../otlp/span.js";
import type { TableAccess } from "../tables/access.js";

/** The file with the traces: one `ExportTraceServiceRequest` a line, as the collector's file exporter writes it. */
export const OTLP_FILE = "traces.jsonl";

type Row = Readonly<Record<string, unknown>>;

/** Spans in one request: collectors refuse requests of more than a few MB. */
const SPANS_PER_REQUEST = 200;

const WORKFLOWS = `
  SELECT w.*, h.handoffs
  FROM workflows AS w LEFT JOIN (
    SELECT workflow_id, list(handoffs ORDER BY handed_off_at, sequence, event_id) AS handoffs FROM handoffs GROUP BY ALL
  ) AS h USING (workflow_id)
  ORDER BY w.started_at, w.workflow_id`;

/** A parent in another workflow is in another trace, where a span cannot point to. */
const INVOCATIONS = `
  SELECT i.*, m.workflow_id AS in_workflow, f.feedback,
    CASE WHEN p.workflow_id IS NOT DISTINCT FROM m.workflow_id THEN p.invocation_id END AS parent_in_trace
  FROM invocations AS i
    LEFT JOIN workflow_invocations AS m USING (invocation_id)
    LEFT JOIN (SELECT invocation_id, workflow_id FROM workflow_invocations) AS p
      ON p.invocation_id = i.parent_invocation_id
    LEFT JOIN (
      SELECT invocation_id, list(feedback ORDER BY given_at, sequence, event_id) AS feedback FROM feedback GROUP BY ALL
    ) AS f USING (invocation_id)
  ORDER BY i.started_at, i.invocation_id`;

const FEEDBACK_ON_UNKNOWN = `
  SELECT * FROM feedback ANTI JOIN invocations USING (invocation_id) ORDER BY given_at, sequence, event_id`;

/** Writes everything as spans into a folder, and counts them. */
export async function writeOtlp(access: TableAccess, folder: string): Promise<{ rows: number[]; left_out: null }> {
  const file = await open(join(folder, OTLP_FILE), "wx", 0o600);
  let spans = 0;
  const write = async (sql: string, spanOf: (row: Row) => SpanJson) => {
    const { columns, batches } = await access.query(sql);
    for await (const rows of batches) {
      const made = rows.map((row) => spanOf(Object.fromEntries(columns.map((name, i) => [name, row[i]]))));
      for (let first = 0; first < made.length; first += SPANS_PER_REQUEST) {
        const request = exportRequest(made.slice(first, first + SPANS_PER_REQUEST));
        await file.appendFile(`${JSON.stringify(request)}\n`);
      }
      spans += made.length;
    }
  };
  try {
    await write(WORKFLOWS, (row) => workflowSpan(row, list(row["handoffs"])));
    await write(INVOCATIONS, (row) =>
      invocationSpan(row, {
        in_workflow: row["in_workflow"],
        parent: row["parent_in_trace"],
        feedback: list(row["feedback"]),
      }),
    );
    await write(FEEDBACK_ON_UNKNOWN, feedbackSpan);
  } finally {
    await file.close();
  }
  return { rows: [spans], left_out: null };
}

function list(value: unknown): Row[] {
  return Array.isArray(value) ? (value as Row[]) : [];
}
