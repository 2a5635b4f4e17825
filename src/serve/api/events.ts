import { z, type OpenAPIHono } from "@hono/zod-openapi";

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

import { MOST_CLIENTS, type EventStream } from "../live/stream.js";
import type { Intake } from "../intake.js";
import { errorAnswer, REFUSALS } from "./resource.js";

const Receipt = z
  .object({
    accepted: z.number().describe("Events that were written"),
    rejected: z
      .array(z.object({ index: z.number().describe("Its place in the request, from 0"), error: z.string() }))
      .describe("Events that are none: sending them again is of no use"),
  })
  .openapi("Receipt");

/** When a client that was one too many may come back. */
const RETRY_SECONDS = 10;

/** Events out, live, and in. */
export function addEvents(app: OpenAPIHono, stream: EventStream, intake: Intake): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/v1/events",
    summary: "Every line that is appended to the log, as Server-Sent Events; Last-Event-ID resumes",
    request: {
      headers: z.object({ "last-event-id": z.string().optional().describe("The last id that was received") }),
      query: z.object({ last_event_id: z.string().optional().describe("The same, for who cannot send the header") }),
    },
    responses: {
      200: { description: "A stream without end", content: { "text/event-stream": { schema: z.string() } } },
      ...REFUSALS,
      503: errorAnswer(`${MOST_CLIENTS} clients listen already: come back after \`Retry-After\` seconds`),
    },
  });
  app.get("/api/v1/events", (c) => {
    // Nobody would read the stream, or close it.
    if (c.req.method === "HEAD") return c.body(null, 200, { "content-type": "text/event-stream" });
    const last = c.req.header("last-event-id") ?? c.req.query("last_event_id");
    const events = stream.open(last);
    if (events === undefined) {
      c.header("retry-after", String(RETRY_SECONDS));
      return c.json({ error: `${MOST_CLIENTS} clients listen already: close some, or try again later` }, 503);
    }
    return c.body(events, 200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
  });
  const json = z.unknown().describe("An event or an array of events; `oak schema` prints what they are");
  // Not checked by the schema of the document: each event is, on its own.
  app.openAPIRegistry.registerPath({
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
      400: errorAnswer("It is not JSON"),
      413: errorAnswer("It is too long"),
      415: errorAnswer("Its type or encoding is none that is understood"),
      507: errorAnswer("It cannot be written: send it again later"),
      ...REFUSALS,
    },
  });
  app.post("/api/v1/events", async (c) => {
    const { failure, ...receipt } = intake.take(await readEvents(c));
    if (failure === undefined) return c.json(receipt, 200);
    return c.json({ error: `the log cannot be written: ${failure}` }, 507);
  });
}

/** The most events in a request: valid ones that are smaller than a request may be are fewer. */
const MOST_EVENTS = 100_000;

function tooMany(): never {
  throw new HTTPException(413, { message: `a request may hold ${MOST_EVENTS} events: send less at once` });
}

/** What the body holds. @throws {HTTPException} when that is not to be told */
async function readEvents(c: Context): Promise<unknown[]> {
  const type = c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const encoding = c.req.header("content-encoding") ?? "identity";
  if (type !== "application/json" && type !== "application/x-ndjson")
    throw new HTTPException(415, {
      message: `send application/json or application/x-ndjson, not ${type ?? "a body without a content-type"}`,
    });
  if (encoding !== "identity") throw new HTTPException(415, { message: `send it as it is, not as ${encoding}` });
  const body = await c.req.arrayBuffer();
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    const values =
      type === "application/json"
        ? [JSON.parse(text) as unknown].flat()
        : text.split("\n").filter((line) => line.trim() !== "");
    if (values.length > MOST_EVENTS) tooMany();
    return type === "application/json" ? values : values.map((line) => JSON.parse(line as string) as unknown);
  } catch (error) {
    if (error instanceof HTTPException) throw error;
    const reason = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new HTTPException(400, { message: `the body is neither JSON nor one JSON object a line: ${reason}` });
  }
}
