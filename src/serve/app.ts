import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";

import { addAbout } from "./api/about.js";
import { addAgents } from "./api/agents.js";
import { addCoordination } from "./api/coordination.js";
import { addEvents } from "./api/events.js";
import { addWorkflows } from "./api/workflows.js";
import { fromHereOnly, ownContentOnly, withTokenOnly, type Access } from "./guard.js";
import type { Intake } from "./intake.js";
import type { EventStream } from "./live/stream.js";
import { addMcp } from "./mcp.js";
import type { Workshop } from "../mcp/tool.js";
import { addPage } from "./page.js";
import type { Telemetry } from "./telemetry.js";

/** The most that a request may carry. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** What the server is made of. */
export interface Parts {
  readonly telemetry: Telemetry;
  readonly stream: EventStream;
  readonly intake: Intake;
  readonly workshop: Workshop;
  readonly access: Access;
  readonly version: string;
  /** Serves sample data elsewhere, and gives the address. */
  readonly serveDemo?: (() => Promise<string>) | undefined;
}

/** Puts the parts of the server together: who may come in, then what there is. */
export function createApp({ telemetry, stream, intake, workshop, access, version, serveDemo }: Parts): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const { path, message } = result.error.issues[0]!;
      return c.json({ error: `${path.join(".")}: ${message}` }, 400);
    },
  });
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    if (error instanceof RangeError || error instanceof TypeError) return c.json({ error: error.message }, 400);
    process.stderr.write(`oak: ${c.req.method} ${c.req.path}: ${error.stack ?? error.message}\n`);
    return c.json({ error: "unexpected error: the server's output has it" }, 500);
  });
  app.notFound((c) => c.json({ error: `there is no ${c.req.path}: /api/v1/openapi.json lists what there is` }, 404));
  app.use(ownContentOnly(), fromHereOnly(access));
  app.get("/healthz", (c) => c.json({ status: "ok", service: "oak-telemetry", version }));
  app.use(withTokenOnly(access), bodyLimit({ maxSize: MAX_BODY_BYTES }));

  addAbout(app, telemetry, version, serveDemo);
  addEvents(app, stream, intake);
  addWorkflows(app, telemetry);
  addAgents(app, telemetry);
  addCoordination(app, telemetry);
  app.doc31("/api/v1/openapi.json", {
    openapi: "3.1.0",
    info: { title: "oak-telemetry", version, description: "What teams of AI agents did, and what follows from it." },
  });
  addMcp(app, workshop, version);
  addPage(app);
  return app;
}
