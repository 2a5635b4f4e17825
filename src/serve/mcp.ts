import { z, type OpenAPIHono } from "@hono/zod-openapi";
import { createMcpHandler, type McpHttpHandler } from "@modelcontextprotocol/server";

import { createMcpServer } from "../mcp/server.js";
import type { Workshop } from "../mcp/tool.js";
import { REFUSALS } from "./api/resource.js";
import { say } from "./say.js";

/** The Model Context Protocol over HTTP, behind the same checks as everything else. */
export function addMcp(app: OpenAPIHono, workshop: Workshop, version: string): McpHttpHandler {
  const handler = createMcpHandler(() => createMcpServer(workshop, version), {
    onerror: (error) => say(`mcp: ${error.message}`),
  });
  const message = { "application/json": { schema: z.unknown() } };
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/mcp",
    summary: "The Model Context Protocol over streamable HTTP",
    request: { body: { required: true, content: message } },
    responses: { 200: { description: "A JSON-RPC message, or a stream of them", content: message }, ...REFUSALS },
  });
  app.all("/mcp", (c) => handler.fetch(c.req.raw));
  return handler;
}
