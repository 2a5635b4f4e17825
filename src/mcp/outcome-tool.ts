import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { OUTCOME_STATUSES } from "../event/events.js";
import { addTool, runningWorkflow, ToolError, type ToolContext } from "./tool.js";

/** What came of a run: it is recorded, or what is recorded of it put right. */
export function addOutcomeTool(server: McpServer, context: ToolContext): void {
  addTool(server, {
    name: "record_outcome",
    title: "Record an outcome",
    description:
      "Call when an agent has ended: records its run and how it went. With invocation_id instead of agent_name: says how a run went that is recorded already. Recommendations learn from this.",
    writes: context.recorder,
    input: z.object({
      workflow_id: z.string().min(1).optional().describe("As start_workflow gave it"),
      invocation_id: z.string().optional().describe("Of a run that is recorded already"),
      agent_name: z.string().min(1).optional(),
      task_description: z.string().optional().describe("What the agent was asked to do"),
      task_type: z.string().optional().describe("Kind of task, such as api_development"),
      propensity: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe("As recommend_agent gave it, if that is why this agent did the task; never for another agent"),
      outcome: z.enum(OUTCOME_STATUSES).describe("How it went"),
      duration_seconds: z
        .number()
        .min(0)
        .optional()
        .describe("How long it took; without it, it is in no time of the workflow"),
      error_message: z.string().optional().describe("Why it failed"),
      files_modified: z.array(z.string()).optional(),
      quality_rating: z.number().int().min(1).max(5).optional().describe("1 (useless) to 5 (excellent)"),
      judged_by: z.string().optional().describe("human, automated_tests, orchestrator, …"),
      notes: z.string().optional().describe("Kept with the rating"),
    }),
    output: z.object({ invocation_id: z.string(), judged: z.boolean().describe("Whether it was rated") }),
    run: async (given) => {
      const { outcome, quality_rating } = given;
      if (given.propensity !== undefined && given.invocation_id !== undefined)
        throw new ToolError("propensity is recorded when a run begins: leave it out with invocation_id");
      if (quality_rating !== undefined && outcome === "unknown")
        throw new ToolError("a run of which nobody knows how it went cannot be rated: leave out quality_rating");
      const invocation_id = await (given.invocation_id === undefined
        ? recordRun(context, given)
        : correctRun(context, given.invocation_id, given));
      if (quality_rating !== undefined) {
        context.recorder.logger.logSuccessMetric({
          invocation_id,
          success: outcome === "success",
          quality_rating,
          feedback_source: given.judged_by ?? "orchestrator",
          feedback_notes: given.notes ?? null,
        });
      }
      const judged = quality_rating !== undefined;
      return { text: `Recorded as ${invocation_id}: ${outcome}.`, data: { invocation_id, judged } };
    },
  });
}

interface RecordedRun {
  readonly workflow_id?: string | undefined;
  readonly agent_name?: string | undefined;
  readonly task_description?: string | undefined;
  readonly task_type?: string | undefined;
  readonly propensity?: number | undefined;
  readonly outcome: (typeof OUTCOME_STATUSES)[number];
  readonly duration_seconds?: number | undefined;
  readonly error_message?: string | undefined;
  readonly files_modified?: readonly string[] | undefined;
}

/** Records a run that has ended just now. */
async function recordRun(context: ToolContext, run: RecordedRun): Promise<string> {
  if (run.agent_name === undefined)
    throw new ToolError("name the agent (agent_name), or the run that is recorded already (invocation_id)");
  if (run.workflow_id !== undefined) await runningWorkflow(context, run.workflow_id);
  const { logger } = context.recorder;
  const duration_seconds = run.duration_seconds ?? null;
  const invocation_id = logger.logInvocation({
    agent_name: run.agent_name,
    task_description: run.task_description ?? null,
    task_type: run.task_type ?? null,
    propensity: run.propensity ?? null,
    workflow_id: run.workflow_id ?? null,
    timestamp: new Date(Date.now() - (duration_seconds ?? 0) * 1000),
  });
  logger.updateInvocation({
    invocation_id,
    duration_seconds,
    outcome_status: run.outcome,
    error_message: run.error_message ?? null,
    files_modified: run.files_modified ?? null,
  });
  return invocation_id;
}

/** Says how a run went that somebody else recorded: it may not have ended, or not as it seemed. */
async function correctRun(
  { analyzer, recorder }: ToolContext,
  invocation_id: string,
  run: RecordedRun,
): Promise<string> {
  const known = await analyzer.getInvocation(invocation_id);
  if (!known)
    throw new ToolError(
      `there is no run ${invocation_id}: with agent_name in place of invocation_id a new one is recorded`,
    );
  const says =
    run.duration_seconds !== undefined || run.error_message !== undefined || run.files_modified !== undefined;
  if (says || known.status !== run.outcome)
    recorder.logger.updateInvocation({
      invocation_id,
      // When it ended is known better than now.
      duration_seconds: run.duration_seconds ?? known.duration_seconds,
      outcome_status: run.outcome,
      error_message: run.error_message ?? null,
      files_modified: run.files_modified ?? null,
    });
  return invocation_id;
}
