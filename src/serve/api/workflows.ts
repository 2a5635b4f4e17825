import { z, type OpenAPIHono } from "@hono/zod-openapi";

import { WORKFLOW_STATUSES } from "../../analyze/workflows.js";
import type { Telemetry } from "../telemetry.js";
import { addResource } from "./resource.js";
import { limit, offset, text, time } from "./parameters.js";
import { WorkflowDetailSchema, WorkflowListSchema } from "./workflow-schemas.js";

export function addWorkflows(app: OpenAPIHono, telemetry: Telemetry): void {
  addResource(app, {
    path: "/api/v1/workflows",
    summary: "Workflows, latest start first",
    query: z.object({
      status: z.enum(WORKFLOW_STATUSES).optional(),
      agent: text.optional().describe("An agent that ran or runs in it"),
      project: text.optional().describe("Name of the project; upper and lower case are the same"),
      search: text
        .optional()
        .describe("Stands in the project's name, the id or the name of an agent that ran; case does not matter"),
      since: time.optional().describe("Workflows that started then or later"),
      until: time.optional().describe("Workflows that started before"),
      limit,
      offset,
    }),
    response: WorkflowListSchema,
    read: ({ limit: most, offset: from, ...given }) => {
      const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      return telemetry.ask(`workflows ${JSON.stringify([filter, most, from])}`, (analyzer) =>
        analyzer.listWorkflows(filter, { limit: most, offset: from }),
      );
    },
  });
  addResource(app, {
    path: "/api/v1/workflows/{workflow_id}",
    summary: "One workflow: its runs, handoffs, critical path and metrics",
    params: z.object({ workflow_id: text }),
    response: WorkflowDetailSchema,
    read: ({ workflow_id }) =>
      telemetry.ask(`workflow ${workflow_id}`, (analyzer) => analyzer.getWorkflow(workflow_id)),
  });
}
