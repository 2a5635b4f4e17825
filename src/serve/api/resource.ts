import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";

/** What every error says. */
const ErrorBody = z.object({ error: z.string().describe("What is wrong, and the way out") }).openapi("Error");

/** An answer that says what is wrong. */
export function errorAnswer(description: string) {
  return { description, content: { "application/json": { schema: ErrorBody } } };
}

/** What any request may get in place of its answer. */
export const REFUSALS = {
  401: errorAnswer("The token is missing or wrong, where one is needed"),
  403: errorAnswer("It comes from another web page"),
  421: errorAnswer("It is addressed to a server of another name"),
  500: errorAnswer("An error of the server"),
  503: errorAnswer("The log cannot be read"),
};

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
    request: { query: onlyThese(query ?? NOTHING), ...(params ? { params } : {}) },
    responses: {
      200: { description: "As asked for", content: { "application/json": { schema: response } } },
      400: errorAnswer("A parameter is wrong, or there is none of this name"),
      ...(params ? { 404: errorAnswer("There is no such thing") } : {}),
      ...REFUSALS,
    },
  });
  app.openapi(route, (async (c: Context) => {
    const valid = (what: "query" | "param") => c.req.valid(what as never) as object;
    const input = { ...valid("query"), ...(params ? valid("param") : {}) };
    const body = await read(input as z.infer<Q> & z.infer<P>, c);
    // It is true of this moment only.
    c.header("cache-control", "no-store");
    return body === undefined ? c.json({ error: "there is no such thing" }, 404) : c.json(body, 200);
  }) as never);
}

/** A mistyped parameter would go unnoticed: the answer would be that to another question. */
function onlyThese({ shape }: z.ZodObject): z.ZodObject {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `there is no parameter ${issue.keys.join(", ")}, ${names.length > 0 ? `but ${names.join(", ")}` : "nor any other"}`
        : undefined,
  });
}
