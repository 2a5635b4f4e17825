import { McpServer } from "@modelcontextprotocol/server";

import { addOutcomeTool } from "./outcome-tool.js";
import { addPrompts } from "./prompts.js";
import { addRecommendTool } from "./recommend-tool.js";
import { addReportTools } from "./report-tools.js";
import { addResources } from "./resources.js";
import type { ToolContext } from "./tool.js";
import { addWorkflowTools } from "./workflow-tools.js";

/** The MCP server: the same tools, whichever way a client is connected. */
export function createMcpServer(context: ToolContext, version: string): McpServer {
  const server = new McpServer(
    { name: "oak-telemetry", title: "oak-telemetry", version },
    {
      instructions:
        "Which agent should do a task, and what came of it: ask recommend_agent before you delegate, record_outcome after.",
    },
  );
  addRecommendTool(server, context);
  addWorkflowTools(server, context);
  addOutcomeTool(server, context);
  addReportTools(server, context);
  addResources(server, context);
  addPrompts(server);
  return server;
}
