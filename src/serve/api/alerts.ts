import { z, type OpenAPIHono } from "@hono/zod-openapi";

import { AlertSchema } from "../../alerts/alert.js";
import type { AlertsNow, AlertWatch } from "../../alerts/watch.js";
import { addResource } from "./resource.js";

const Alerts = z
  .object({
    alerts: z.array(AlertSchema).readonly(),
    trouble: z.string().nullable().describe("Why they may not be as things are; null as a rule"),
  })
  .openapi("Alerts") satisfies z.ZodType<AlertsNow>;

/** What a person should look at. */
export function addAlerts(app: OpenAPIHono, watch: AlertWatch): void {
  addResource(app, {
    path: "/api/v1/alerts",
    summary:
      "What a person should look at now; changes come as the event `alerts` of /api/v1/events, with this as data",
    response: Alerts,
    read: () => watch.now(),
  });
}
