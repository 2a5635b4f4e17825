import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import { splitWaits, type QueuedRun } from "../analyze/waits.js";
import { NumberWriter, numberOf, streamNumbers } from "./sql.js";

type QueueColumn = "agent" | "r" | "enabled" | "start" | "end" | "complete";

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
      SELECT agent_name, row_number() OVER ()::DOUBLE AS agent, min(ready_us) AS from_us, max(start_us) AS to_us
      FROM workflow_runs JOIN changed USING (agent_name)
      WHERE latency_us > 0 AND ready_us <= changed.to_us AND start_us >= changed.from_us
      GROUP BY agent_name;`);
  const from = await numberOf(connection, "SELECT min(from_us) FROM reach");
  await connection.run(`
    CREATE OR REPLACE TABLE queued AS
      SELECT row_number() OVER ()::DOUBLE AS r, invocation_id, agent,
        CASE WHEN latency_us > 0 THEN ready_us ELSE start_us END AS enabled, start_us AS "start",
        coalesce(end_us, start_us) AS "end", enabled >= reach.from_us AND start_us <= reach.to_us AS complete
      FROM workflow_runs JOIN reach USING (agent_name)
      WHERE coalesce(end_us, start_us) >= reach.from_us AND start_us <= reach.to_us
        -- Says nothing new, but the engine passes over whole pages that ended before a number it knows.
        AND (end_us >= ${from} OR end_us IS NULL);`);
  await NumberWriter.create(connection, "split", ["r", "contention_us", "prioritization_us"], async (writer) => {
    let agentOf: number | undefined;
    let runs: QueuedRun[] = [];
    /** Their numbers, and whether all runs that may be in the way of them are here. */
    let numbers: number[] = [];
    let complete: boolean[] = [];
    const finish = () => {
      splitWaits(runs).forEach(({ contention, prioritization }, i) => {
        const { enabled, start } = runs[i]!;
        if (complete[i] && enabled < start) writer.write([numbers[i]!, contention, prioritization]);
      });
      [runs, numbers, complete] = [[], [], []];
    };
    const query = `SELECT agent, r, enabled, "start", "end", complete::DOUBLE AS complete FROM queued ORDER BY agent`;
    for await (const columns of streamNumbers<QueueColumn>(instance, query)) {
      const { agent, r, enabled, start, end } = columns;
      for (let i = 0; i < agent.length; i++) {
        if (agent[i] !== agentOf) finish();
        agentOf = agent[i];
        runs.push({ enabled: enabled[i]!, start: start[i]!, end: end[i]! });
        numbers.push(r[i]!);
        complete.push(columns.complete[i] === 1);
      }
    }
    finish();
  });
  await connection.run(`
    CREATE OR REPLACE TABLE new_waits AS
      SELECT invocation_id, contention_us, prioritization_us FROM split JOIN queued USING (r);
    DROP TABLE reach; DROP TABLE queued; DROP TABLE split;`);
}
