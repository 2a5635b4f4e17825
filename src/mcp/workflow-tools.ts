import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { percent } from "../analyze/proportion.js";
import { WORKFLOW_STATUSES } from "../analyze/workflows.js";
import { addTool, runningWorkflow, workflowOf, type ToolContext } from "./tool.js";

const workflow_id = z.string().min(1).describe("As start_workflow gave it");
const agent = z.string().min(1);

/** What may be done about a workflow: begin it, hand over, end it, ask how it stands. */
export function addWorkflowTools(server: McpServer, context: ToolContext): void {
  addStart(server, context);
  addHandoff(server, context);
  addCompletion(server, context);
  addCancellation(server, context);
  addStatus(server, context);
}

function addStart(server: McpServer, { analyzer, recorder }: ToolContext): void {
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
      const id = recorder.logger.logWorkflowStart({
        project_name,
        agent_plan,
        estimated_duration: estimated_duration_seconds,
      });
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
}

function addHandoff(server: McpServer, context: ToolContext): void {
  addTool(server, {
    name: "log_handoff",
    title: "Log a handoff",
    description: "Call when one agent's results go to the next: names both agents and the artifacts.",
    writes: context.recorder,
    input: z.object({
      workflow_id,
      from_agent: agent.describe("Who made the artifacts"),
      to_agent: agent.describe("Who will use them"),
      artifacts: z.array(z.string()).default([]).describe("Paths or names of what is handed over"),
    }),
    output: z.object({ workflow_id: z.string(), handoffs: z.number().describe("So far") }),
    run: async ({ workflow_id: id, from_agent, to_agent, artifacts }) => {
      const { handoffs } = await runningWorkflow(context, id);
      context.recorder.logger.logAgentHandoff({ workflow_id: id, from_agent, to_agent, artifacts });
      const count = handoffs.length + 1;
      return {
        text: `${from_agent} handed over to ${to_agent}: handoff ${count} of this workflow.`,
        data: { workflow_id: id, handoffs: count },
      };
    },
  });
}

function addCompletion(server: McpServer, context: ToolContext): void {
  addTool(server, {
    name: "complete_workflow",
    title: "Complete a workflow",
    description: "Call when the work is done, well or badly. Gives where its time went.",
    writes: context.recorder,
    input: z.object({ workflow_id, success: z.boolean().describe("Whether the whole was a success") }),
    output: z.object({
      workflow_id: z.string(),
      duration_seconds: z.number(),
      idle_share: z.number().nullable().describe("Share of the time in which no agent was at work"),
      estimate_error: z.number().nullable().describe("(actual − estimated)/estimated"),
      agents_executed: z.array(z.string()),
    }),
    run: async ({ workflow_id: id, success }) => {
      const { started_at, runs } = await runningWorkflow(context, id);
      const agents_executed = runs.map(({ agent_name }) => agent_name);
      const duration_seconds = secondsSince(started_at);
      context.recorder.logger.logWorkflowComplete({ workflow_id: id, duration_seconds, success, agents_executed });
      const done = await workflowOf(context, id);
      const worked = runs.some(({ duration_seconds: seconds }) => seconds !== null && seconds > 0);
      const idle = done.metrics && worked ? ` ${percent(done.metrics.idle_share)} of it no agent was at work.` : "";
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
}

function addCancellation(server: McpServer, context: ToolContext): void {
  addTool(server, {
    name: "cancel_workflow",
    title: "Cancel a workflow",
    description: "Call when the work is given up on purpose: it counts neither as a success nor as a failure.",
    writes: context.recorder,
    input: z.object({ workflow_id, reason: z.string().optional() }),
    output: z.object({ workflow_id: z.string(), duration_seconds: z.number() }),
    run: async ({ workflow_id: id, reason = null }) => {
      const { started_at, runs } = await runningWorkflow(context, id);
      const duration_seconds = secondsSince(started_at);
      context.recorder.logger.logWorkflowCancelled({
        workflow_id: id,
        reason,
        duration_seconds,
        agents_executed: runs.map(({ agent_name }) => agent_name),
      });
      return { text: `Workflow ${id} is cancelled.`, data: { workflow_id: id, duration_seconds } };
    },
  });
}

function addStatus(server: McpServer, context: ToolContext): void {
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
      const list =
        id === undefined ? await context.analyzer.listWorkflows({ status: "running" }, { limit: 20 }) : undefined;
      const ids = list?.workflows.map((one) => one.workflow_id) ?? [id!];
      const workflows = [];
      for (const one of ids) {
        const detail = await workflowOf(context, one);
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

function secondsSince(time: string | null): number {
  return time === null ? 0 : Math.max(0, (Date.now() - Date.parse(time)) / 1000);
}
