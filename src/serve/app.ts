import { OpenAPIHono } from "@hono/zod-openapi";
import type { McpHttpHandler } from "@modelcontextprotocol/server";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";

import { addAbout, addHealth } from "./api/about.js";
import { addAlerts } from "./api/alerts.js";
import { addAgents } from "./api/agents.js";
import { addCoordination } from "./api/coordination.js";
import { addDocument } from "./api/document.js";
import { addEvents } from "./api/events.js";
import { addRecommend } from "./api/recommend.js";
import { addWorkflows } from "./api/workflows.js";
import { answerErrors } from "./errors.js";
import { fromHereOnly, ownContentOnly, withTokenOnly, type Access } from "./guard.js";
import type { Intake } from "./intake.js";
import type { EventStream } from "./live/stream.js";
import { addMcp } from "./mcp.js";
import { addMetrics, type Counters } from "./metrics.js";
import type { AlertWatch } from "../alerts/watch.js";
import { addOtlp, type OtlpReceiver } from "./otlp.js";
import { addPage } from "./page.js";
import type { Telemetry } from "./telemetry.js";

/** The most that a request may carry. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

function tooLarge(): never {
  const most = MAX_BODY_BYTES / 1024 / 1024;
  throw new HTTPException(413, { message: `a request may carry ${most} MB: send less at once` });
}

/**
 * Refuses what is too large. `bodyLimit` looks at the body of every request, which makes a web stream of it; reading that
 * takes longer than parsing it. So only a body that does not say how long it is goes through it: node lets nobody send
 * more than was said.
 */
function limitBody(): MiddlewareHandler {
  const limitUnsaid = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  return (c, next) => {
    if (c.req.header("transfer-encoding") !== undefined) return limitUnsaid(c, next);
    if (Number(c.req.header("content-length") ?? 0) > MAX_BODY_BYTES) tooLarge();
    return next();
  };
}

/** What the server is made of. */
export interface Parts {
  readonly telemetry: Telemetry;
  readonly stream: EventStream;
  readonly intake: Intake;
  readonly otlp: OtlpReceiver;
  readonly mcp: McpHttpHandler;
  readonly alerts: AlertWatch;
  readonly counters: Counters;
  readonly access: Access;
  readonly version: string;
  /** Serves sample data elsewhere, and gives the address. */
  readonly serveDemo?: (() => Promise<string>) | undefined;
}

/** Puts the parts of the server together: who may come in, then what there is. */
export function createApp(parts: Parts): OpenAPIHono {
  const { telemetry, stream, intake, otlp, mcp, alerts, counters, access, version, serveDemo } = parts;
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const { path, message } = result.error.issues[0]!;
      return c.json({ error: path.length > 0 ? `${path.join(".")}: ${message}` : message }, 400);
    },
  });
  app.use(counters.countRequests(), ownContentOnly(), fromHereOnly(access));
  addHealth(app, version);
  app.use(withTokenOnly(access), limitBody());
  answerErrors(app);

  addAbout(app, telemetry, version, serveDemo);
  addMetrics(app, telemetry, counters, () => stream.clients, version);
  addEvents(app, stream, intake);
  addOtlp(app, otlp);
  addWorkflows(app, telemetry);
  addAgents(app, telemetry);
  addCoordination(app, telemetry);
  addAlerts(app, alerts);
  addRecommend(app, telemetry.selector);
  addMcp(app, mcp);
  addDocument(app, access, version);
  addPage(app);
  return app;
}
