import { z } from "@hono/zod-openapi";

import { isTimestamp } from "../../event/clock.js";
import { RECENT_DAYS } from "../../analyze/trends.js";

/** Parameters that several resources take. */
export const time = z.string().refine(isTimestamp, "must be an ISO 8601 time such as 2026-11-01T12:00:00Z");

export const limit = z.coerce.number().int().min(0).max(1000).default(20).describe("How many at most");

export const offset = z.coerce.number().int().min(0).default(0).describe("How many to leave out before");

export const days = z.coerce
  .number()
  .gt(RECENT_DAYS)
  .max(3650)
  .default(30)
  .describe(`How many days to look back; the last ${RECENT_DAYS} are compared with those before`);
