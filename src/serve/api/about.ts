import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";

import type { Telemetry } from "../telemetry.js";
import { addResource, REFUSALS } from "./resource.js";

const About = z
  .object({
    version: z.string(),
    directory: z.string().describe("What is served"),
    total_invocations: z.number(),
    total_workflows: z.number(),
    unreadable_lines: z.number(),
  })
  .openapi("About");

const Health = z.object({ status: z.literal("ok"), service: z.literal("oak-telemetry"), version: z.string() });

/** Whether it is up: whoever asks needs no token. */
export function addHealth(app: OpenAPIHono, version: string): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "Whether the server is up, and what it is; needs no token",
      security: [],
      responses: {
        200: { description: "It is", content: { "application/json": { schema: Health.openapi("Health") } } },
        403: REFUSALS[403],
        421: REFUSALS[421],
      },
    }),
    (c) => c.json({ status: "ok" as const, service: "oak-telemetry" as const, version }, 200),
  );
}

/** What is served; and sample data, where there is nothing yet. */
export function addAbout(
  app: OpenAPIHono,
  telemetry: Telemetry,
  version: string,
  serveDemo: (() => Promise<string>) | undefined,
): void {
  addResource(app, {
    path: "/api/v1/about",
    summary: "What is served, and how much it is",
    response: About,
    read: () =>
      telemetry.ask("about", async (analyzer) => ({
        version,
        directory: telemetry.directory,
        total_invocations: (await analyzer.generateStatistics()).total_invocations,
        total_workflows: (await analyzer.listWorkflows({}, { limit: 0 })).total,
        unreadable_lines: await analyzer.unreadableLines(),
      })),
  });
  if (!serveDemo) return;
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/demo",
      summary: "Records sample work in a directory of its own, and serves that at another address",
      responses: {
        200: {
          description: "Where it is served",
          content: { "application/json": { schema: z.object({ url: z.string() }).openapi("Demo") } },
        },
        ...REFUSALS,
      },
    }),
    (async (c: Context) => c.json({ url: await serveDemo() }, 200)) as never,
  );
}
