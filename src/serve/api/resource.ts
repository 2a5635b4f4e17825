import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";

/** What every error says. */
export const ErrorBody = z.object({ error: z.string().describe("What is wrong, and the way out") }).openapi("Error");

const NOTHING = z.object({});

/** One thing that can be read. */
interface Resource<Q extends z.ZodObject, P extends z.ZodObject, R extends z.ZodType> {
  readonly path: string;
  readonly summary: string;
  readonly query?: Q;
  readonly params?: P;
  readonly response: R;
  /** `undefined` where there is no such thing. */
  readonly read: (input: z.infer<Q> & z.infer<P>, c: Context) => Promise<z.infer<R> | undefined>;
}

/** Adds a resource to the API and to its document. */
export function addResource<
  R extends z.ZodType,
  Q extends z.ZodObject = typeof NOTHING,
  P extends z.ZodObject = typeof NOTHING,
>(app: OpenAPIHono, resource: Resource<Q, P, R>): void {
  const { path, summary, query, params, response, read } = resource;
  const route = createRoute({
    method: "get",
    path,
    summary,
    request: { ...(query ? { query } : {}), ...(params ? { params } : {}) },
    responses: {
      200: { description: "As asked for", content: { "application/json": { schema: response } } },
      400: { description: "A parameter is wrong", content: { "application/json": { schema: ErrorBody } } },
      404: { description: "There is no such thing", content: { "application/json": { schema: ErrorBody } } },
    },
  });
  app.openapi(route, (async (c: Context) => {
    const valid = (what: "query" | "param") => c.req.valid(what as never) as object;
    const input = { ...(query ? valid("query") : {}), ...(params ? valid("param") : {}) };
    const body = await read(input as z.infer<Q> & z.infer<P>, c);
    return body === undefined ? c.json({ error: "there is no such thing" }, 404) : c.json(body, 200);
  }) as never);
}
