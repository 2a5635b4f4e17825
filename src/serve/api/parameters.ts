import { z } from "@hono/zod-openapi";

import { isTimestamp } from "../../event/clock.js";
import { RECENT_DAYS } from "../../analyze/trends.js";

/** A text that is given once. */
const once = () => z.string("must be given once");

/** Parameters that several resources take. */
export const time = once().refine(isTimestamp, "must be an ISO 8601 time such as 2026-11-01T12:00:00Z");

/** What it is compared with ends at a zero character. */
export const text = once().refine((given) => !given.includes("\0"), "must not hold a zero character");

/** A whole number as digits: what JavaScript takes for a number besides (nothing, 0x10, 1e3) is a mistake here. */
export function wholeNumber(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return once()
    .regex(/^\d{1,16}$/, message)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, message)
    .openapi({ type: "integer", minimum, maximum });
}

/** A number from 0 to 1, as digits: nothing would be 0. */
export const share = once()
  .regex(/^(?:0|1|[01]?\.\d{1,20})$/, "must be a number from 0 to 1")
  .transform(Number)
  .refine((value) => value <= 1, "must be a number from 0 to 1")
  .openapi({ type: "number", minimum: 0, maximum: 1 });

export const limit = wholeNumber(0, 1000).default(20).describe("How many at most");

export const offset = wholeNumber(0, Number.MAX_SAFE_INTEGER).default(0).describe("How many to leave out before");

const MOST_DAYS = 3650;

export const days = wholeNumber(RECENT_DAYS + 1, MOST_DAYS)
  .default(30)
  .describe(`How many days to look back; the last ${RECENT_DAYS} are compared with those before`);
