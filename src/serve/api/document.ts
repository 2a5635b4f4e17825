import { z, type OpenAPIHono } from "@hono/zod-openapi";

import type { Access } from "../guard.js";
import { REFUSALS } from "./resource.js";

const PATH = "/api/v1/openapi.json";

/** The description of everything that was added before: OpenAPI 3.1, from the schemas that requests are checked with. */
export function addDocument(app: OpenAPIHono, { token }: Access, version: string): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "What `oak serve` prints when it can be reached from other machines",
  });
  app.openAPIRegistry.registerPath({
    method: "get",
    path: PATH,
    summary: "This document",
    responses: {
      200: {
        description: "OpenAPI 3.1",
        content: { "application/json": { schema: z.record(z.string(), z.unknown()) } },
      },
      ...REFUSALS,
    },
  });
  app.doc31(PATH, {
    openapi: "3.1.0",
    info: {
      title: "oak-telemetry",
      version,
      description: "What teams of AI agents did, and what follows from it. Times are ISO 8601, durations seconds.",
    },
    servers: [{ url: "/" }],
    security: token === undefined ? [] : [{ token: [] }],
  });
}
