import { z } from "@hono/zod-openapi";

/** Values that stand in many answers. */
export const isoTime = z.string().describe("ISO 8601, UTC");

export const names = z.array(z.string()).readonly();

export const maybe = z.number().nullable();

export const certainInterval = z.tuple([z.number(), z.number()]).readonly();

export const interval = certainInterval
  .nullable()
  .describe("95 % interval: lower and upper bound; null where nothing is known");

export const monotonicTrend = z
  .object({
    trend: z.enum(["increasing", "decreasing", "no_trend", "insufficient_data"]),
    slope: maybe.describe("Median of the slopes between any two points (Sen)"),
    slope_interval: interval,
    p_value: maybe,
    n: z.number(),
  })
  .openapi("MonotonicTrend");

/** A component of the document, or null: `nullable()` of one is described as what can never be null. */
export const orNull = <S extends z.ZodType>(component: S) => z.union([component, z.null()]);
