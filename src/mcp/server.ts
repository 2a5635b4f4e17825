import { McpServer } from "@modelcontextprotocol/server";

import { addPrompts, addResources } from "./reading.js";
import { addRecommendTool } from "./recommend-tool.js";
import { addReportTools } from "./report-tools.js";
import type { Workshop } from "./tool.js";
import { addWorkflowTools } from "./workflow-tools.js";

/** The MCP server: the same tools, whichever way a client is connected. */
export function createMcpServer(workshop: Workshop, version: string): McpServer {
  const server = new McpServer(
    { name: "oak-telemetry", title: "oak-telemetry", version },
    {
      instructions:
        "Which agent should do a task, and what came of it: ask recommend_agent before you delegate, record_outcome after.",
    },
  );
  addRecommendTool(server, workshop);
  addWorkflowTools(server, workshop);
  addReportTools(server, workshop);
  addResources(server, workshop);
  addPrompts(server);
  return server;
}
