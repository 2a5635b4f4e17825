import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { WORKFLOW_STATUSES } from "../analyze/workflows.js";
import { OUTCOME_STATUSES } from "../event/events.js";
import { addTool, runningWorkflow, ToolError, workflowOf, type Workshop } from "./tool.js";

const workflow_id = z.string().min(1).describe("As start_workflow gave it");
const agent = z.string().min(1);

/** What may be done about a workflow: begin it, hand over, say what came of a run, end it. */
export function addWorkflowTools(server: McpServer, workshop: Workshop): void {
  const { analyzer, recorder } = workshop;
  const { logger } = recorder;

  addTool(server, {
    name: "start_workflow",
    title: "Start a workflow",
    description:
      "Call before you delegate work to several agents. Gives the workflow_id that the other tools need, and what the history says of each planned agent.",
    writes: recorder,
    input: z.object({
      project_name: z.string().min(1).describe("What it is for, in a few words"),
      agent_plan: z.array(agent).min(1).describe("Agents in the order in which you mean to run them"),
      estimated_duration_seconds: z.number().positive().optional().describe("How long you expect it to take"),
    }),
    output: z.object({
      workflow_id: z.string(),
      agents: z.array(
        z.object({
          agent_name: z.string(),
          runs: z.number().describe("That succeeded or failed"),
          success_rate: z.number().nullable(),
          average_duration_seconds: z.number().nullable(),
        }),
      ),
    }),
    run: async ({ project_name, agent_plan, estimated_duration_seconds = null }) => {
      const id = logger.logWorkflowStart({ project_name, agent_plan, estimated_duration: estimated_duration_seconds });
      const { agents } = await analyzer.generateStatistics();
      const known = [...new Set(agent_plan)].map((agent_name) => {
        const statistics = Object.hasOwn(agents, agent_name) ? agents[agent_name] : undefined;
        return {
          agent_name,
          runs: statistics ? statistics.success_count + statistics.failure_count : 0,
          success_rate: statistics?.success_rate ?? null,
          average_duration_seconds: statistics?.average_duration_seconds ?? null,
        };
      });
      const unknown = known.filter(({ runs }) => runs === 0).map(({ agent_name }) => agent_name);
      const hint = unknown.length > 0 ? ` Nothing is known yet of ${unknown.join(", ")}.` : "";
      return { text: `Workflow ${id} has started.${hint}`, data: { workflow_id: id, agents: known } };
    },
  });

  addTool(server, {
    name: "log_handoff",
    title: "Log a handoff",
    description: "Call when one agent's results go to the next: names both agents and the artifacts.",
    writes: recorder,
    input: z.object({
      workflow_id,
      from_agent: agent.describe("Who made the artifacts"),
      to_agent: agent.describe("Who will use them"),
      artifacts: z.array(z.string()).default([]).describe("Paths or names of what is handed over"),
    }),
    output: z.object({ workflow_id: z.string(), handoffs: z.number().describe("So far") }),
    run: async ({ workflow_id: id, from_agent, to_agent, artifacts }) => {
      const { handoffs } = await runningWorkflow(workshop, id);
      logger.logAgentHandoff({ workflow_id: id, from_agent, to_agent, artifacts });
      const count = handoffs.length + 1;
      return {
        text: `${from_agent} handed over to ${to_agent}: handoff ${count} of this workflow.`,
        data: { workflow_id: id, handoffs: count },
      };
    },
  });

  addTool(server, {
    name: "record_outcome",
    title: "Record an outcome",
    description:
      "Call when an agent has ended: records its run and how it went. With invocation_id instead of agent_name: says how a run went that is recorded already. Recommendations learn from this.",
    writes: recorder,
    input: z.object({
      workflow_id: workflow_id.optional(),
      invocation_id: z.string().optional().describe("Of a run that is recorded already"),
      agent_name: agent.optional(),
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
        ? recordRun(workshop, given)
        : correctRun(workshop, given.invocation_id, given));
      if (quality_rating !== undefined) {
        logger.logSuccessMetric({
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

  addTool(server, {
    name: "complete_workflow",
    title: "Complete a workflow",
    description: "Call when the work is done, well or badly. Gives where its time went.",
    writes: recorder,
    input: z.object({ workflow_id, success: z.boolean().describe("Whether the whole was a success") }),
    output: z.object({
      workflow_id: z.string(),
      duration_seconds: z.number(),
      idle_share: z.number().nullable().describe("Share of the time in which no agent was at work"),
      estimate_error: z.number().nullable().describe("(actual − estimated)/estimated"),
      agents_executed: z.array(z.string()),
    }),
    run: async ({ workflow_id: id, success }) => {
      const { started_at, runs } = await runningWorkflow(workshop, id);
      const agents_executed = runs.map(({ agent_name }) => agent_name);
      const duration_seconds = secondsSince(started_at);
      logger.logWorkflowComplete({ workflow_id: id, duration_seconds, success, agents_executed });
      const done = await workflowOf(workshop, id);
      const worked = runs.some(({ duration_seconds: seconds }) => seconds !== null && seconds > 0);
      const idle =
        done.metrics && worked ? ` ${Math.round(done.metrics.idle_share * 100)} % of it no agent was at work.` : "";
      const none = runs.length === 0 ? " No run was recorded in it: call record_outcome for each agent next time." : "";
      return {
        text: `Workflow ${id} ${success ? "completed" : "failed"} after ${Math.round(duration_seconds)} s.${idle}${none}`,
        data: {
          workflow_id: id,
          duration_seconds,
          idle_share: done.metrics?.idle_share ?? null,
          estimate_error: done.estimate_error,
          agents_executed,
        },
      };
    },
  });

  addTool(server, {
    name: "cancel_workflow",
    title: "Cancel a workflow",
    description: "Call when the work is given up on purpose: it counts neither as a success nor as a failure.",
    writes: recorder,
    input: z.object({ workflow_id, reason: z.string().optional() }),
    output: z.object({ workflow_id: z.string(), duration_seconds: z.number() }),
    run: async ({ workflow_id: id, reason = null }) => {
      const { started_at, runs } = await runningWorkflow(workshop, id);
      const duration_seconds = secondsSince(started_at);
      logger.logWorkflowCancelled({
        workflow_id: id,
        reason,
        duration_seconds,
        agents_executed: runs.map(({ agent_name }) => agent_name),
      });
      return { text: `Workflow ${id} is cancelled.`, data: { workflow_id: id, duration_seconds } };
    },
  });

  addTool(server, {
    name: "workflow_status",
    title: "Status of workflows",
    description: "What is running and what is left of the plan: of one workflow, or of all that are running.",
    input: z.object({ workflow_id: workflow_id.optional() }),
    output: z.object({
      total: z.number().describe("How many there are; the 20 that started last are listed"),
      workflows: z.array(
        z.object({
          workflow_id: z.string(),
          project_name: z.string().nullable(),
          status: z.enum(WORKFLOW_STATUSES),
          elapsed_seconds: z.number().nullable(),
          estimated_duration: z.number().nullable(),
          running_agents: z.array(z.string()),
          agents_run: z.array(z.string()),
          remaining_agents: z.array(z.string()),
          idle_share: z.number().nullable(),
        }),
      ),
    }),
    run: async ({ workflow_id: id }) => {
      const list = id === undefined ? await analyzer.listWorkflows({ status: "running" }, { limit: 20 }) : undefined;
      const ids = list?.workflows.map((one) => one.workflow_id) ?? [id!];
      const workflows = [];
      for (const one of ids) {
        const detail = await workflowOf(workshop, one);
        workflows.push({
          workflow_id: one,
          project_name: detail.project_name,
          status: detail.status,
          elapsed_seconds: detail.elapsed_seconds ?? detail.duration_seconds,
          estimated_duration: detail.estimated_duration,
          running_agents: [...detail.running_agents],
          agents_run: [...detail.agents],
          remaining_agents: [...detail.plan.remaining],
          idle_share: detail.metrics?.idle_share ?? null,
        });
      }
      const total = list?.total ?? 1;
      const names = workflows.map(
        (one) => `${one.project_name ?? one.workflow_id} (${Math.round(one.elapsed_seconds ?? 0)} s)`,
      );
      const more = total > names.length ? ` and ${total - names.length} more` : "";
      const text =
        id !== undefined
          ? `Workflow ${id} is ${workflows[0]!.status}; still to come: ${workflows[0]!.remaining_agents.join(", ") || "nobody"}.`
          : total === 0
            ? "No workflow is running."
            : `${total} running: ${names.join(", ")}${more}.`;
      return { text, data: { total, workflows } };
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
async function recordRun(workshop: Workshop, run: RecordedRun): Promise<string> {
  if (run.agent_name === undefined)
    throw new ToolError("name the agent (agent_name), or the run that is recorded already (invocation_id)");
  if (run.workflow_id !== undefined) await runningWorkflow(workshop, run.workflow_id);
  const { logger } = workshop.recorder;
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
async function correctRun({ analyzer, recorder }: Workshop, invocation_id: string, run: RecordedRun): Promise<string> {
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

function secondsSince(time: string | null): number {
  return time === null ? 0 : Math.max(0, (Date.now() - Date.parse(time)) / 1000);
}
