import type { Handover, PairLatency, PingPongCount } from "../analyze/handovers.js";
import type { ArcTotals, PatternUnit, VariantTotals } from "../analyze/patterns.js";
import type { Tables } from "./tables.js";

const NAME: Readonly<Record<PatternUnit, string>> = {
  agent_name: "agent_name",
  task_type: "coalesce(nullif(task_type, ''), agent_name)",
};

/** Sequences of runs, most frequent first; ties by first occurrence. */
export async function variantTotals(tables: Tables, by: PatternUnit): Promise<VariantTotals[]> {
  const rows = await tables.rows(`
    SELECT to_json(variant.sequence)::VARCHAR AS sequence, count(*) AS count,
      count(*) FILTER (success) AS successes, count(success) AS judged,
      median(duration_seconds) AS median_duration_seconds
    FROM (
      SELECT workflow_id, list(${NAME[by]} ORDER BY position) AS sequence FROM workflow_runs GROUP BY workflow_id
    ) AS variant JOIN workflows USING (workflow_id)
    GROUP BY variant.sequence
    ORDER BY count DESC, min(started_at), variant.sequence`);
  // As JSON: a list comes from the engine text by text, which takes longer than all the rest.
  return rows.map((row) => ({
    ...row,
    sequence: JSON.parse(row["sequence"] as string) as string[],
  })) as unknown as VariantTotals[];
}

/** The directly-follows graph, most frequent arcs first. */
export async function arcTotals(tables: Tables, by: PatternUnit): Promise<ArcTotals[]> {
  const rows = await tables.rows(`
    SELECT "from", "to", count(*) AS count, median(latency) / 1e6 AS median_latency_seconds,
      avg(latency) / 1e6 AS mean_latency_seconds
    FROM (
      SELECT lag(${NAME[by]}) OVER workflow AS "from", ${NAME[by]} AS "to",
        start_us - lag(end_us) OVER workflow AS latency
      FROM workflow_runs WINDOW workflow AS (PARTITION BY workflow_id ORDER BY position)
    )
    WHERE "from" IS NOT NULL
    GROUP BY "from", "to"
    ORDER BY count DESC, "from", "to"`);
  return rows as unknown as ArcTotals[];
}

/** Which agent ran after which, and work that went straight back. */
export async function handovers(tables: Tables): Promise<{ matrix: Handover[]; pingPong: PingPongCount[] }> {
  const runs = `(
    SELECT agent_name AS to_agent, lag(agent_name) OVER workflow AS from_agent, lag(agent_name, 2) OVER workflow AS before
    FROM workflow_runs WINDOW workflow AS (PARTITION BY workflow_id ORDER BY position)
  )`;
  const matrix = await tables.rows(`
    SELECT from_agent, to_agent, count(*) AS count FROM ${runs} WHERE from_agent IS NOT NULL
    GROUP BY ALL ORDER BY count DESC, from_agent, to_agent`);
  const pingPong = await tables.rows(`
    SELECT before AS from_agent, from_agent AS to_agent, count(*) AS count FROM ${runs}
    WHERE before = to_agent AND from_agent <> to_agent
    GROUP BY ALL ORDER BY count DESC, 1, 2`);
  return { matrix: matrix as unknown as Handover[], pingPong: pingPong as unknown as PingPongCount[] };
}

/** Waits by pair of agents, longest total first, and runs that overlap a declared predecessor. */
export async function pairLatencies(tables: Tables): Promise<{ pairs: PairLatency[]; overlapping: number }> {
  const pairs = await tables.rows(`
    SELECT from_agent, agent_name AS to_agent, count(*) AS count, count(*) FILTER (declared) AS declared,
      avg(latency_us) / 1e6 AS mean_seconds, quantile_cont(latency_us, 0.5) / 1e6 AS p50_seconds,
      quantile_cont(latency_us, 0.95) / 1e6 AS p95_seconds, sum(latency_us) / 1e6 AS total_seconds,
      coalesce(sum(contention_us), 0) / 1e6 AS contention_seconds,
      coalesce(sum(prioritization_us), 0) / 1e6 AS prioritization_seconds
    FROM workflow_runs
    WHERE latency_us IS NOT NULL
    GROUP BY from_agent, agent_name
    ORDER BY total_seconds DESC, from_agent, to_agent`);
  const [row] = await tables.rows(
    "SELECT count(*) AS overlapping FROM workflow_runs WHERE declared AND latency_us IS NULL AND ready_us IS NOT NULL",
  );
  return { pairs: pairs as unknown as PairLatency[], overlapping: row!["overlapping"] as number };
}
