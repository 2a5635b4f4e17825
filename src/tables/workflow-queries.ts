import type {
  HandoffFacts,
  RunFacts,
  WorkflowFacts,
  WorkflowFilter,
  WorkflowSummary,
} from "../analyze/workflow-detail.js";
import { WINDOW_FROM, WINDOW_TO } from "./window.js";
import { isoTime, RATINGS, time, workflowStatus } from "./queries.js";
import type { Tables } from "./tables.js";

/** What counts as now, and since when a silent workflow is abandoned. ISO 8601. */
export interface Moment {
  readonly now: string;
  readonly silent_since: string;
}

const summaries = (chosen: string) => `
  SELECT c.workflow_id, project_name, status, success, ${isoTime("started_at")} AS started_at,
    ${isoTime("ended_at")} AS ended_at, duration_seconds,
    CASE WHEN status = 'running' THEN greatest(0, epoch_us(${time("now")} - started_at) / 1e6) END AS elapsed_seconds,
    estimated_duration, coalesce(agent_plan, []) AS agent_plan, coalesce(agents_seen, []) AS agents,
    coalesce(running_agents, []) AS running_agents,
    CASE WHEN wall_us > 0 AND ended_invocations > 0 THEN (wall_us - busy_us) / wall_us END AS idle_share,
    session_id, cancel_reason, observed_seconds, coalesce(joined_by_session, false) AS joined_by_session,
    round(duration_seconds * 1e6) AS wall,
    ${WINDOW_FROM} AS window_from, ${WINDOW_TO} AS window_to
  FROM (${chosen}) AS c
    LEFT JOIN (
      SELECT workflow_id, wall_us, busy_us, ended_invocations, joined_by_session FROM workflow_metrics
    ) USING (workflow_id)
    LEFT JOIN (
      SELECT m.workflow_id, list(coalesce(agent_name, 'unknown') ORDER BY i.started_at, i.ended_at, first_n) AS agents_seen,
        list(coalesce(agent_name, 'unknown') ORDER BY i.started_at, first_n) FILTER (i.status = 'running')
          AS running_agents
      FROM workflow_invocations AS m JOIN invocations AS i USING (invocation_id)
      WHERE m.workflow_id IN (SELECT workflow_id FROM (${chosen}))
      GROUP BY m.workflow_id
    ) USING (workflow_id)
  ORDER BY c.started_at DESC NULLS LAST, c.workflow_id`;

/** The workflows that a filter lets through, latest start first, and how many there are. */
export async function workflowList(
  tables: Tables,
  moment: Moment,
  filter: WorkflowFilter,
  limit: number,
  offset: number,
): Promise<{ total: number; workflows: WorkflowSummary[] }> {
  const conditions = [
    ...(filter.status === undefined ? [] : ["status = $status"]),
    ...(filter.project === undefined ? [] : ["lower(project_name) = lower($project)"]),
    ...(filter.search === undefined
      ? []
      : [
          `(contains(lower(project_name), lower($search)) OR contains(lower(workflow_id), lower($search))
            OR workflow_id IN (
              SELECT m.workflow_id FROM workflow_invocations AS m JOIN invocations USING (invocation_id)
              WHERE contains(lower(agent_name), lower($search))))`,
        ]),
    ...(filter.since === undefined ? [] : [`started_at >= ${time("since")}`]),
    ...(filter.until === undefined ? [] : [`started_at < ${time("until")}`]),
    ...(filter.agent === undefined
      ? []
      : [
          `(list_contains(agents_executed, $agent) OR workflow_id IN (
            SELECT m.workflow_id FROM workflow_invocations AS m JOIN invocations USING (invocation_id) WHERE agent_name = $agent))`,
        ]),
  ];
  const all = `SELECT * FROM (SELECT *, ${workflowStatus(time("silent_since"))} AS status FROM workflows)
    ${conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : ""}`;
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  const silent = { silent_since: moment.silent_since };
  const [count] = await tables.rows(`SELECT count(*) AS total FROM (${all})`, { ...silent, ...given });
  const page = `${all} ORDER BY started_at DESC NULLS LAST, workflow_id LIMIT ${limit} OFFSET ${offset}`;
  const rows = await tables.rows(summaries(page), { ...moment, ...given });
  return {
    total: count!["total"] as number,
    workflows: rows.map((row) => summaryOf(row as unknown as WorkflowFacts)),
  };
}

function summaryOf(facts: WorkflowFacts): WorkflowSummary {
  const { workflow_id, project_name, status, success, started_at, ended_at, duration_seconds, elapsed_seconds } = facts;
  const { estimated_duration, agent_plan, agents, running_agents, idle_share } = facts;
  const times = { started_at, ended_at, duration_seconds, elapsed_seconds, estimated_duration };
  return { workflow_id, project_name, status, success, ...times, agent_plan, agents, running_agents, idle_share };
}

/** Ids of workflows that begin with a text, up to 10. */
export async function workflowIdsLike(tables: Tables, beginning: string): Promise<string[]> {
  const rows = await tables.rows(
    "SELECT workflow_id FROM workflows WHERE starts_with(workflow_id, $beginning) ORDER BY workflow_id LIMIT 10",
    { beginning },
  );
  return rows.map(({ workflow_id }) => workflow_id as string);
}

/** All that was recorded of one workflow; `undefined` when there is none. */
export async function workflowFacts(
  tables: Tables,
  moment: Moment,
  workflow_id: string,
): Promise<{ facts: WorkflowFacts; runs: RunFacts[]; handoffs: HandoffFacts[] } | undefined> {
  const chosen = `SELECT *, ${workflowStatus(time("silent_since"))} AS status FROM workflows WHERE workflow_id = $workflow_id`;
  const [facts] = await tables.rows(summaries(chosen), { ...moment, workflow_id });
  if (!facts) return undefined;
  const runs = await tables.rows(
    `SELECT i.invocation_id AS id, coalesce(i.agent_name, 'unknown') AS agent, i.task_type,
      i.parent_invocation_id AS parent_id, coalesce(i.detached, false) AS detached,
      epoch_us(i.started_at)::DOUBLE AS start, epoch_us(i.ended_at)::DOUBLE AS "end",
      round(i.duration_seconds * 1e6) AS duration, i.status, i.task_description, i.error_message,
      q.quality AS quality_rating, w.contention_us AS contention, w.prioritization_us AS prioritization
    FROM workflow_invocations AS m JOIN invocations AS i USING (invocation_id)
      LEFT JOIN (${RATINGS}) AS q USING (invocation_id)
      LEFT JOIN workflow_runs AS w ON w.invocation_id = i.invocation_id AND w.workflow_id = m.workflow_id
    WHERE m.workflow_id = $workflow_id
    ORDER BY i.started_at, i.ended_at, first_n`,
    { workflow_id },
  );
  const handoffs = await tables.rows(
    `SELECT from_agent, to_agent, epoch_us(handed_off_at)::DOUBLE AS "at", coalesce(artifacts, []) AS artifacts
    FROM handoffs WHERE workflow_id = $workflow_id ORDER BY handed_off_at, n`,
    { workflow_id },
  );
  return {
    facts: facts as unknown as WorkflowFacts,
    runs: runs as unknown as RunFacts[],
    handoffs: handoffs as unknown as HandoffFacts[],
  };
}
