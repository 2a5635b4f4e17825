import { OpenAPIHono } from "@hono/zod-openapi";
import { expect, it, onTestFinished } from "vitest";

import { temporaryDirectory } from "../../../test/support/directory.js";
import type { Intake } from "../intake.js";
import { EventStream, MOST_CLIENTS } from "../live/stream.js";
import { addEvents } from "./events.js";

it("sends away who is one too many, until another leaves", async () => {
  const stream = await EventStream.start(temporaryDirectory(), () => undefined);
  onTestFinished(() => stream.stop());
  const app = new OpenAPIHono();
  addEvents(app, stream, undefined as unknown as Intake);
  const listen = async () => await app.request("/api/v1/events");

  const answers = await Promise.all(Array.from({ length: MOST_CLIENTS }, listen));
  expect(answers.every(({ status }) => status === 200)).toBe(true);

  const refused = await listen();
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toEqual({ error: expect.stringContaining("1000 clients") as string });
  expect(stream.clients).toBe(MOST_CLIENTS);

  await answers[0]!.body!.cancel();
  expect((await listen()).status).toBe(200);
});
