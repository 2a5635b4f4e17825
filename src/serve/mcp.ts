import type { OpenAPIHono } from "@hono/zod-openapi";
import { createMcpHandler, type McpHttpHandler } from "@modelcontextprotocol/server";

import { createMcpServer } from "../mcp/server.js";
import type { Workshop } from "../mcp/tool.js";

/** The Model Context Protocol over HTTP, behind the same checks as everything else. */
export function addMcp(app: OpenAPIHono, workshop: Workshop, version: string): McpHttpHandler {
  const handler = createMcpHandler(() => createMcpServer(workshop, version), {
    onerror: (error) => process.stderr.write(`oak: mcp: ${error.message}\n`),
  });
  app.all("/mcp", (c) => handler.fetch(c.req.raw));
  return handler;
}
