import { createRequire } from "node:module";

import type * as Engine from "@duckdb/node-api";

/**
 * The SQL engine. It is a CommonJS package of many files: to import it, Node would read each of them twice, which takes
 * a tenth of a second. The command holds it in one file: see rolldown.config.ts.
 */
export const engine = createRequire(import.meta.url)("@duckdb/node-api") as typeof Engine;
