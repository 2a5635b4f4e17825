import { z, type OpenAPIHono } from "@hono/zod-openapi";
import { createMcpHandler, type McpHttpHandler } from "@modelcontextprotocol/server";

import { createMcpServer } from "../mcp/server.js";
import type { ToolContext } from "../mcp/tool.js";
import { REFUSALS } from "./api/resource.js";
import { say } from "./say.js";

/** Answers what comes over the Model Context Protocol; whoever listens for changes is let go when it is closed. */
export function mcpHandler(context: ToolContext, version: string): McpHttpHandler {
  return createMcpHandler(() => createMcpServer(context, version), {
    onerror: (error) => say(`mcp: ${error.message}`),
  });
}

/** The Model Context Protocol over HTTP, behind the same checks as everything else. */
export function addMcp(app: OpenAPIHono, handler: McpHttpHandler): void {
  const message = { "application/json": { schema: z.unknown() } };
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/mcp",
    summary: "The Model Context Protocol over streamable HTTP",
    request: { body: { required: true, content: message } },
    responses: { 200: { description: "A JSON-RPC message, or a stream of them", content: message }, ...REFUSALS },
  });
  app.all("/mcp", (c) => handler.fetch(c.req.raw));
}
