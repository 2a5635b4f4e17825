import { z } from "@hono/zod-openapi";

import type { CoordinationOverhead } from "../../analyze/overhead.js";
import { interval, maybe, monotonicTrend, orNull } from "./values.js";

const band = z.enum(["stay", "monitor", "consider"]);

export const OverheadSchema = z
  .object({
    status: z.enum(["ok", "insufficient_data"]),
    reason: z.string().optional().describe("Why there are no numbers"),
    coordination_overhead_pct: maybe.describe("100 · (T − W)/T: waiting and parallel work cancel in it"),
    recommendation: z.string(),
    avg_coordination_minutes: maybe,
    idle_share: maybe.describe("Share of the workflows' time in which no agent was active"),
    idle_recommendation: z.string(),
    band: z
      .object({
        status: z.enum(["decided", "undecided"]),
        bands: z.array(band).readonly(),
        recommendations: z.array(z.string()).readonly(),
        idle_share_interval: interval,
        reason: z.string().optional(),
        thresholds: z.object({ stay: z.number(), consider: z.number() }),
      })
      .nullable(),
    idle_split: z
      .object({ lead_in_share: z.number(), handoff_gaps_share: z.number(), tail_share: z.number() })
      .nullable(),
    overlap_share: maybe,
    nested_share: maybe,
    outside_share: maybe,
    median_idle_share: maybe,
    median_coordination_overhead_pct: maybe,
    avg_parallelism: maybe,
    speedup: maybe,
    efficiency: maybe,
    critical_path: z
      .object({
        waiting_share: z.number(),
        agents: z
          .array(z.object({ agent_name: z.string(), runs: z.number(), share: z.number(), drag_share: z.number() }))
          .readonly(),
      })
      .nullable(),
    handoff_waits: z
      .object({
        count: z.number(),
        mean_seconds: maybe,
        p50_seconds: maybe,
        p95_seconds: maybe,
        contention_share: maybe,
        prioritization_share: maybe,
        other_share: maybe,
      })
      .nullable(),
    cycle_time_efficiency: z
      .object({
        value: maybe,
        without_contention: maybe,
        without_prioritization: maybe,
        without_other: maybe,
      })
      .nullable(),
    rework: z
      .object({
        self_loops: z.number(),
        repeats: z.number(),
        redos: z.number(),
        retries: z.number(),
        share_of_runs: maybe,
      })
      .nullable(),
    plan_adherence: maybe,
    median_estimate_error: maybe,
    dominant_cause: z
      .object({
        cause: z.enum(["lead_in", "handoff_gaps", "contention", "tail", "rework", "drag"]),
        share: z.number(),
        agent_name: z.string().optional(),
        advice: z.string(),
      })
      .nullable(),
    idle_trend: orNull(monotonicTrend),
    workflows_analyzed: z.number(),
    workflows_left_out: z.number(),
    joined_by_session: z.number(),
    duration_mismatches: z.number(),
    open_invocations: z.number(),
    outside_parent: z.number(),
  })
  .openapi("CoordinationOverhead") satisfies z.ZodType<CoordinationOverhead>;
