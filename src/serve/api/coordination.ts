import { z, type OpenAPIHono } from "@hono/zod-openapi";

import type { HandoffAnalysis } from "../../analyze/handovers.js";
import { PATTERN_UNITS, type PatternAnalysis } from "../../analyze/patterns.js";
import type { CoordinationWeek } from "../../analyze/weeks.js";
import type { Telemetry } from "../telemetry.js";
import { OverheadSchema } from "./overhead-schema.js";
import { offset, wholeNumber } from "./parameters.js";
import { addResource } from "./resource.js";
import { interval, maybe, names } from "./values.js";

const pair = { from_agent: z.string(), to_agent: z.string(), count: z.number() };

const Handoffs = z
  .object({
    total_handovers: z.number(),
    self_share: maybe.describe("Share of handovers from an agent to itself"),
    matrix: z.array(z.object({ ...pair, share: z.number() })).readonly(),
    pairs: z
      .array(
        z.object({
          ...pair,
          declared: z.number().describe("How many a handoff event declares; the others are told from the times"),
          mean_seconds: z.number(),
          p50_seconds: z.number(),
          p95_seconds: z.number(),
          total_seconds: z.number(),
          contention_seconds: z.number(),
          prioritization_seconds: z.number(),
        }),
      )
      .readonly()
      .describe("Waits by pair, longest total first"),
    ping_pong: z.array(z.object(pair)).readonly(),
    overlapping_handoffs: z.number(),
  })
  .openapi("Handoffs") satisfies z.ZodType<HandoffAnalysis>;

const counted = z.array(z.object({ name: z.string(), count: z.number() })).readonly();

const Patterns = z
  .object({
    by: z.enum(PATTERN_UNITS),
    total_workflows: z.number(),
    total_variants: z.number().describe("Sequences that there are in all"),
    variants: z
      .array(
        z.object({
          sequence: names,
          count: z.number(),
          share: z.number(),
          successes: z.number(),
          judged: z.number(),
          success_rate: maybe,
          success_rate_interval: interval,
          median_duration_seconds: z.number(),
        }),
      )
      .readonly(),
    arcs: z
      .array(
        z.object({
          from: z.string(),
          to: z.string(),
          count: z.number(),
          median_latency_seconds: maybe,
          mean_latency_seconds: maybe,
        }),
      )
      .readonly()
      .describe("The directly-follows graph"),
    starts: counted,
    ends: counted,
  })
  .openapi("Patterns") satisfies z.ZodType<PatternAnalysis>;

const Weeks = z
  .object({
    weeks: z
      .array(
        z.object({
          week: z.string().describe("Monday"),
          workflows: z.number(),
          wall_seconds: z.number(),
          work_share: z.number(),
          idle_share: z.number(),
          overlap_share: z.number().describe("What would have taken longer, had agents not worked at the same time"),
        }),
      )
      .readonly(),
  })
  .openapi("CoordinationWeeks") satisfies z.ZodType<{ weeks: readonly CoordinationWeek[] }>;

/** Where hardly any two workflows are alike, there are about as many sequences as workflows. */
const MOST_VARIANTS = 1000;

/** Where the time of workflows goes. */
export function addCoordination(app: OpenAPIHono, telemetry: Telemetry): void {
  addResource(app, {
    path: "/api/v1/overhead",
    summary: "Coordination overhead of all workflows, with what it is made of",
    response: OverheadSchema,
    read: () => telemetry.ask("overhead", (analyzer) => analyzer.calculateCoordinationOverhead()),
  });
  addResource(app, {
    path: "/api/v1/overhead/weeks",
    summary: "Shares of work, waiting and overlap by week",
    query: z.object({ weeks: wholeNumber(1, 520).default(26) }),
    response: Weeks,
    read: ({ weeks }) =>
      telemetry.ask(`weeks ${weeks}`, async (analyzer) => ({ weeks: await analyzer.getCoordinationWeeks(weeks) })),
  });
  addResource(app, {
    path: "/api/v1/handoffs",
    summary: "Which agents work after which, and how long runs wait in between",
    response: Handoffs,
    read: () => telemetry.ask("handoffs", (analyzer) => analyzer.analyzeHandoffs()),
  });
  addResource(app, {
    path: "/api/v1/patterns",
    summary: "Sequences of runs that workflows have in common, and which run follows which",
    query: z.object({
      by: z.enum(PATTERN_UNITS).default("agent_name"),
      limit: wholeNumber(0, MOST_VARIANTS).default(MOST_VARIANTS).describe("How many sequences at most"),
      offset,
    }),
    response: Patterns,
    read: async ({ by, limit, offset: from }) => {
      const all = await telemetry.ask(`patterns ${by}`, (analyzer) => analyzer.analyzePatterns(by));
      const { variants } = all;
      return { ...all, total_variants: variants.length, variants: variants.slice(from, from + limit) };
    },
  });
}
