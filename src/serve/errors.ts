import { STATUS_CODES } from "node:http";

import type { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { methodNotAllowed } from "hono/method-not-allowed";

import { isSystemError } from "../event/system-error.js";
import { say } from "./say.js";

/** Every answer that says that something is wrong is JSON with an `error`, and gives away nothing else. */
export function answerErrors(app: OpenAPIHono): void {
  app.onError((error, c) => {
    if (error instanceof HTTPException)
      return c.json({ error: error.message || (STATUS_CODES[error.status] ?? "refused") }, error.status);
    // Who asked has gone: nobody reads what is said here.
    if (c.req.raw.signal.aborted) return c.body(null, 400);
    if (isSystemError(error))
      return c.json({ error: `the log cannot be read: ${error.message}; oak doctor tells more` }, 503);
    say(`${c.req.method} ${c.req.path}:`, ...(error.stack ?? error.message).split("\n"));
    return c.json({ error: "unexpected error: the server's output has it" }, 500);
  });
  app.notFound((c) => c.json({ error: `there is no ${c.req.path}: /api/v1/openapi.json lists what there is` }, 404));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const allow = methods.join(", ");
        return c.json({ error: `${c.req.path} takes ${allow}, not ${c.req.method}` }, 405, { allow });
      },
    }),
  );
}
