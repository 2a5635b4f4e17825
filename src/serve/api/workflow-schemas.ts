import { z } from "@hono/zod-openapi";

import type { WorkflowDetail, WorkflowList } from "../../analyze/workflow-detail.js";
import { WORKFLOW_STATUSES } from "../../analyze/workflows.js";
import { isoTime, maybe, names } from "./values.js";

const summary = {
  workflow_id: z.string(),
  project_name: z.string().nullable(),
  status: z.enum(WORKFLOW_STATUSES),
  success: z.boolean().nullable(),
  started_at: isoTime.nullable(),
  ended_at: isoTime.nullable(),
  duration_seconds: maybe.describe("Null while it has no end; see elapsed_seconds"),
  elapsed_seconds: maybe.describe("From its start until now, while it is running"),
  estimated_duration: maybe,
  agent_plan: names,
  agents: names.describe("Agents that ran or run, in order of their start"),
  running_agents: names.describe("Agents at work now"),
  idle_share: maybe.describe("Null while it is not measured: running, cancelled or abandoned, or without a duration"),
};

export const WorkflowListSchema = z
  .object({
    total: z.number().describe("Workflows that the filters let through"),
    offset: z.number(),
    workflows: z.array(z.object(summary).openapi("WorkflowSummary")).readonly(),
  })
  .openapi("WorkflowList") satisfies z.ZodType<WorkflowList>;

const run = z
  .object({
    invocation_id: z.string(),
    agent_name: z.string(),
    task_type: z.string().nullable(),
    task_description: z.string().nullable(),
    status: z.enum(["success", "failure", "partial", "unknown", "running"]),
    error_message: z.string().nullable(),
    quality_rating: maybe,
    parent_invocation_id: z.string().nullable(),
    detached: z.boolean(),
    start_offset: z.number().describe("Seconds since the workflow's start"),
    end_offset: maybe,
    duration_seconds: maybe,
    exclusive_seconds: maybe.describe("Without the time of its children"),
    critical_path_seconds: maybe,
    drag_seconds: maybe.describe("By how much the workflow would be shorter without it, before another run binds"),
    after_invocation_id: z.string().nullable().describe("The run that it waited for"),
    after_agent: z.string().nullable(),
    handoff_declared: z.boolean(),
    wait_seconds: maybe,
    contention_seconds: maybe,
    prioritization_seconds: maybe,
  })
  .openapi("Run");

export const WorkflowDetailSchema = z
  .object({
    ...summary,
    session_id: z.string().nullable(),
    cancel_reason: z.string().nullable(),
    observed_seconds: maybe,
    duration_mismatch: z.boolean().describe("The reported duration is more than 5 % off"),
    estimate_error: maybe.describe("(actual − estimated)/estimated"),
    joined_by_session: z.boolean(),
    plan: z.object({
      adherence: maybe,
      missing: names,
      extra: names,
      reordered: names,
      remaining: names.describe("Planned agents that have not run yet, while it is running"),
    }),
    runs: z.array(run).readonly(),
    handoffs: z
      .array(z.object({ from_agent: z.string(), to_agent: z.string(), offset: z.number(), artifacts: names }))
      .readonly(),
    critical_path: z
      .array(z.object({ start_offset: z.number(), end_offset: z.number(), invocation_id: z.string().nullable() }))
      .readonly()
      .describe("What decided how long it took; invocation_id is null while waiting"),
    metrics: z
      .object({
        wall_seconds: z.number(),
        work_seconds: z.number(),
        busy_seconds: z.number(),
        coordination_overhead_pct: z.number(),
        idle_share: z.number(),
        lead_in_seconds: z.number(),
        handoff_gaps_seconds: z.number(),
        tail_seconds: z.number(),
        overlap_share: z.number(),
        avg_parallelism: maybe,
        speedup: z.number(),
        self_loops: z.number(),
        repeats: z.number(),
        redos: z.number(),
        retries: z.number(),
        open_invocations: z.number(),
        outside_parent: z.number(),
      })
      .nullable(),
    reason: z.string().optional().describe("Why there are no metrics"),
  })
  .openapi("WorkflowDetail") satisfies z.ZodType<WorkflowDetail>;
