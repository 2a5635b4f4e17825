import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { serveStatic } from "@hono/node-server/serve-static";
import type { OpenAPIHono } from "@hono/zod-openapi";

import { VIEWS } from "./views.js";

/** The built page: beside the chunk that this is built into. */
const ROOT = fileURLToPath(new URL("../dashboard", import.meta.url));

/** Files whose names hold their content's hash never change. */
const FOREVER = "public, max-age=31536000, immutable";

/** The dashboard: its files, and the page itself at every address that is one of its views. */
export function addPage(app: OpenAPIHono, root = ROOT): void {
  if (!existsSync(root)) return;
  // What is no file of the page is nothing, however a path or a link leads to it.
  const entries = readdirSync(join(root, "assets"), { withFileTypes: true });
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => `/assets/${name}`));
  const file = serveStatic({ root, onFound: (_path, c) => c.header("cache-control", FOREVER) });
  app.get("/assets/:name", (c, next) => (files.has(c.req.path) ? file(c, next) : next()));
  const page = serveStatic({ root, path: "index.html", onFound: (_path, c) => c.header("cache-control", "no-cache") });
  app.get("/", page);
  for (const view of VIEWS) {
    app.get(`/${view}`, page);
    app.get(`/${view}/:id`, page);
  }
}
