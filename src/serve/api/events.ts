import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";

import type { EventStream } from "../live/stream.js";
import type { Intake } from "../intake.js";
import { ErrorBody } from "./resource.js";

const Receipt = z
  .object({
    accepted: z.number().describe("Events that were written"),
    rejected: z
      .array(z.object({ index: z.number().describe("Its place in the request, from 0"), error: z.string() }))
      .describe("Events that are none: sending them again is of no use"),
  })
  .openapi("Receipt");

/** Events out, live, and in. */
export function addEvents(app: OpenAPIHono, stream: EventStream, intake: Intake): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/v1/events",
    summary: "Every line that is appended to the log, as Server-Sent Events; Last-Event-ID resumes",
    responses: {
      200: { description: "A stream without end", content: { "text/event-stream": { schema: z.string() } } },
    },
  });
  app.get("/api/v1/events", (c) => {
    const last = c.req.header("last-event-id") ?? c.req.query("last_event_id");
    return c.body(stream.open(last), 200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
  });
  const json = z.unknown().describe("An event or an array of events; `oak schema` prints what they are");
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/events",
      summary: "Records events. One that is sent twice, with the same event_id, counts once",
      request: {
        body: {
          required: true,
          content: { "application/json": { schema: json }, "application/x-ndjson": { schema: z.string() } },
        },
      },
      responses: {
        200: {
          description: "What became of them",
          content: { "application/json": { schema: Receipt } },
        },
        400: { description: "It is not JSON", content: { "application/json": { schema: ErrorBody } } },
        507: { description: "It cannot be written", content: { "application/json": { schema: ErrorBody } } },
      },
    }),
    (async (c: import("hono").Context) => {
      const values = parseEvents(await c.req.text(), c.req.header("content-type") ?? "");
      if (!values) return c.json({ error: "the body is neither JSON nor one JSON object a line" }, 400);
      const { failure, ...receipt } = intake.take(values);
      return failure === undefined ? c.json(receipt, 200) : c.json({ error: failure }, 507);
    }) as never,
  );
}

function parseEvents(text: string, type: string): unknown[] | undefined {
  try {
    if (type.includes("ndjson"))
      return text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as unknown);
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) ? value : [value];
  } catch {
    return undefined;
  }
}
