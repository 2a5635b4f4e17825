import { ResourceNotFoundError, ResourceTemplate, type McpServer } from "@modelcontextprotocol/server";

import { ToolError, workflowOf, type ToolContext } from "./tool.js";

const json = (uri: URL, value: unknown) => ({
  contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(value) }],
});

/** What can be read without asking for anything: the reports. */
export function addResources(server: McpServer, context: ToolContext): void {
  const { analyzer } = context;
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
        return json(uri, await workflowOf(context, decodeURIComponent(String(workflow_id))));
      } catch (error) {
        if (error instanceof ToolError || error instanceof URIError)
          throw new ResourceNotFoundError(uri.href, error.message);
        throw error;
      }
    },
  );
}
