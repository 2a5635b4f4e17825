import { ResourceNotFoundError, ResourceTemplate, type McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { ToolError, workflowOf, type Workshop } from "./tool.js";

const json = (uri: URL, value: unknown) => ({
  contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(value) }],
});

/** What can be read without asking for anything: the reports. */
export function addResources(server: McpServer, workshop: Workshop): void {
  const { analyzer } = workshop;
  const reports = [
    ["report", "Everything: statistics, workflows, coordination, ranking, trends", () => analyzer.generateReport()],
    ["coordination", "Coordination overhead of all workflows", () => analyzer.calculateCoordinationOverhead()],
    ["agents", "Agents by score, best first", () => analyzer.getAgentRanking()],
    ["patterns", "Sequences of agents, with how they succeed", () => analyzer.analyzePatterns()],
  ] as const;
  for (const [name, description, read] of reports)
    server.registerResource(
      name,
      `oak://${name}`,
      { title: name, description, mimeType: "application/json" },
      async (uri) => json(uri, await read()),
    );
  server.registerResource(
    "workflow",
    new ResourceTemplate("oak://workflows/{workflow_id}", {
      list: async () => ({
        resources: (await analyzer.listWorkflows({}, { limit: 20 })).workflows.map((workflow) => ({
          uri: `oak://workflows/${encodeURIComponent(workflow.workflow_id)}`,
          name: workflow.project_name ?? workflow.workflow_id,
          description: `${workflow.status}, started ${workflow.started_at ?? "at a time that is not known"}`,
        })),
      }),
    }),
    { title: "workflow", description: "One workflow: runs, handoffs, critical path", mimeType: "application/json" },
    async (uri, { workflow_id }) => {
      try {
        return json(uri, await workflowOf(workshop, decodeURIComponent(String(workflow_id))));
      } catch (error) {
        if (error instanceof ToolError || error instanceof URIError)
          throw new ResourceNotFoundError(uri.href, error.message);
        throw error;
      }
    },
  );
}

const TEACHING = `You delegate work to agents. Their history is recorded, and you can learn from it:

1. Before you choose an agent, call recommend_agent with the task in one sentence. Take its first choice unless you have a
   reason not to. "not_enough_evidence" means what it says: choose by the agents' descriptions, and record how it went.
2. When several agents will work on one thing, call start_workflow with your plan, and keep the workflow_id.
3. When an agent has ended, call record_outcome: agent, task, outcome, how long it took, and why it failed if it did. Be
   honest: a success that is none makes the next recommendation worse.
4. When its results go to another agent, call log_handoff with the artifacts.
5. At the end call complete_workflow, or cancel_workflow when it is given up. Read what it says about waiting.`;

/** What teaches an orchestrator to use the tools. */
export function addPrompts(server: McpServer): void {
  server.registerPrompt(
    "delegate",
    {
      title: "Delegate with the history in mind",
      description: "Teaches an orchestrator to ask before it delegates, and to record what came of it",
      argsSchema: z.object({ task: z.string().optional().describe("What is to be done") }),
    },
    ({ task }) => ({
      messages: [
        {
          role: "user" as const,
          content: { type: "text" as const, text: task ? `${TEACHING}\n\nThe task: ${task}` : TEACHING },
        },
      ],
    }),
  );
}
