import type { DuckDBConnection } from "@duckdb/node-api";

import type { TableName } from "./schema.js";

/** Where the new rows go: into tables in memory that stand before those of `base`, or into those themselves. */
export type Target = "delta" | "base";

/** The column by which the fold of each table names the rows that it replaces: those of the ids in `fresh_ids`. */
const REPLACED_BY: Readonly<Record<TableName, string>> = {
  invocations: "invocation_id",
  workflow_states: "workflow_id",
  handoffs: "workflow_id",
  feedback: "invocation_id",
  workflows: "workflow_id",
  session_members: "session_id",
  workflow_metrics: "workflow_id",
  workflow_runs: "workflow_id",
};

/** Puts the rows of the table named `new_…` in place of those of the ids in `fresh_ids`. */
export async function replaceRows(connection: DuckDBConnection, target: Target, table: TableName): Promise<void> {
  const replaced = `${REPLACED_BY[table]} IN (FROM fresh_ids)`;
  await connection.run(
    target === "base"
      ? `DELETE FROM base.${table} WHERE ${replaced};`
      : `DELETE FROM delta.${table} WHERE ${replaced};
        INSERT INTO delta.hidden_${table} SELECT rowid FROM base.${table} WHERE ${replaced}
          EXCEPT FROM delta.hidden_${table};`,
  );
  await connection.run(`INSERT INTO ${target}.${table} FROM new_${table};`);
}

/** Puts the splits in `new_waits` into the rows of their runs. */
export async function replaceWaits(connection: DuckDBConnection, target: Target): Promise<void> {
  const set = (where: string) => `
    UPDATE ${where}.workflow_runs AS r SET contention_us = w.contention_us, prioritization_us = w.prioritization_us
    FROM new_waits AS w WHERE r.invocation_id = w.invocation_id;`;
  if (target === "base") {
    await connection.run(set("base"));
    return;
  }
  await connection.run(`
    CREATE OR REPLACE TABLE moved AS
      SELECT rowid AS place, * FROM base.workflow_runs WHERE rowid IN (
        SELECT b.rowid FROM base.workflow_runs AS b JOIN new_waits AS w USING (invocation_id)
        WHERE b.rowid NOT IN (FROM delta.hidden_workflow_runs)
          AND (b.contention_us IS DISTINCT FROM w.contention_us
            OR b.prioritization_us IS DISTINCT FROM w.prioritization_us));
    INSERT INTO delta.hidden_workflow_runs SELECT place FROM moved;
    INSERT INTO delta.workflow_runs SELECT * EXCLUDE (place) FROM moved;
    DROP TABLE moved;
    ${set("delta")}`);
}
