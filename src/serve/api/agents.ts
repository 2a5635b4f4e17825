import { z, type OpenAPIHono } from "@hono/zod-openapi";

import type { AgentProfile } from "../../analyze/agent-profile.js";
import type { AgentRank, Statistics } from "../../analyze/statistics.js";
import type { AgentTrend } from "../../analyze/trends.js";
import type { WorkflowAnalysis } from "../../analyze/workflows.js";
import type { Telemetry } from "../telemetry.js";
import { days, text } from "./parameters.js";
import { addResource } from "./resource.js";
import { certainInterval, interval, isoTime, maybe, monotonicTrend, names } from "./values.js";

const statistics = {
  invocation_count: z.number(),
  success_rate: maybe.describe("Successes among successes and failures"),
  average_quality: maybe.describe("1 to 5"),
  average_duration_seconds: maybe,
  common_task_types: names,
  common_failures: names,
  recommended_for: names,
  success_rate_interval: interval,
  success_count: z.number(),
  failure_count: z.number(),
  partial_count: z.number(),
  unknown_count: z.number(),
  running_count: z.number(),
  rated_count: z.number(),
  average_input_tokens: maybe.describe("Mean of the runs that recorded them; without those of a cache"),
  average_output_tokens: maybe,
  metered_count: z.number().describe("Runs that recorded tokens"),
  failure_reasons: z.array(z.object({ error_message: z.string(), count: z.number() })).readonly(),
};

const AgentStatistics = z.object(statistics).openapi("AgentStatistics");

const Workflows = z
  .object({
    total_workflows: z.number(),
    avg_duration_minutes: maybe,
    success_rate: maybe,
    avg_agents_per_workflow: maybe,
    most_common_patterns: z.array(z.object({ pattern: z.string(), count: z.number() })).readonly(),
    success_rate_interval: interval,
    running_workflows: z.number(),
    cancelled_workflows: z.number(),
    abandoned_workflows: z.number(),
  })
  .openapi("WorkflowAnalysis") satisfies z.ZodType<WorkflowAnalysis>;

const StatisticsSchema = z
  .object({
    generated_at: isoTime,
    total_invocations: z.number(),
    date_range: z.object({ start: isoTime.nullable(), end: isoTime.nullable() }),
    agents: z.record(z.string(), AgentStatistics),
  })
  .openapi("Statistics") satisfies z.ZodType<Statistics>;

const Ranking = z
  .object({ agents: z.array(z.object({ agent_name: z.string(), score: maybe, ...statistics })).readonly() })
  .openapi("Ranking") satisfies z.ZodType<{ agents: readonly AgentRank[] }>;

const Trend = z
  .object({
    agent_name: z.string(),
    trend: z.enum(["improving", "stable", "declining", "insufficient_data"]),
    reason: z.string().optional(),
    success_rate_change: maybe,
    success_rate_change_interval: interval,
    recent_success_rate: maybe,
    recent_runs: z.number(),
    historical_success_rate: maybe,
    historical_runs: z.number(),
    days: z.number(),
    evidence: z
      .object({
        verdict: z.enum(["improving", "declining", "stable", "not_enough_evidence"]),
        probability_improved: maybe,
        reason: z.string().optional(),
      })
      .describe("Whether the change is real, chance considered"),
    alert: z
      .object({
        changed_at: isoTime,
        detected_at: isoTime,
        rate_before: z.number(),
        rate_since: z.number(),
        runs_before: z.number(),
        runs_since: z.number(),
      })
      .nullable()
      .describe("A decline of the success rate that still lasts"),
    daily: z
      .array(
        z.object({
          days_ago: z.number(),
          successes: z.number(),
          total: z.number(),
          median_duration_seconds: maybe,
        }),
      )
      .readonly(),
    duration_trend: monotonicTrend,
  })
  .openapi("AgentTrend") satisfies z.ZodType<AgentTrend>;

const strength = z
  .object({
    name: z.string(),
    runs: z.number(),
    success_rate: z.number(),
    success_rate_interval: certainInterval,
    difference: maybe.describe("Against the agent's other runs"),
    difference_interval: interval,
    verdict: z.enum(["better", "worse", "not_enough_evidence"]),
  })
  .openapi("Strength");

const Profile = z
  .object({
    agent_name: z.string(),
    statistics: AgentStatistics,
    trend: Trend,
    weeks: z
      .array(
        z.object({
          week: z.string().describe("Monday"),
          runs: z.number(),
          success_rate: z.number(),
          success_rate_interval: certainInterval,
          median_duration_seconds: maybe,
        }),
      )
      .readonly(),
    task_types: z.array(strength).readonly().describe("Most runs first"),
    words: z.array(strength).readonly().describe("Words of tasks that make a difference, largest first"),
    recent_failures: z
      .array(
        z.object({
          invocation_id: z.string(),
          workflow_id: z.string().nullable(),
          started_at: isoTime,
          task_description: z.string().nullable(),
          error_message: z.string().nullable(),
        }),
      )
      .readonly(),
  })
  .openapi("AgentProfile") satisfies z.ZodType<AgentProfile>;

/** What is known of agents, and how they change. */
export function addAgents(app: OpenAPIHono, telemetry: Telemetry): void {
  addResource(app, {
    path: "/api/v1/stats",
    summary: "Counts, rates, durations and ratings of every agent, and of all workflows",
    response: z.object({ statistics: StatisticsSchema, workflows: Workflows }).openapi("Stats"),
    read: () =>
      telemetry.ask("stats", async (analyzer) => ({
        statistics: await analyzer.generateStatistics(),
        workflows: await analyzer.analyzeWorkflows(),
      })),
  });
  addResource(app, {
    path: "/api/v1/agents",
    summary: "Agents by 0.6 · success rate + 0.4 · quality / 5, best first",
    query: z.object({ task_type: text.optional().describe("Only agents that often have such tasks") }),
    response: Ranking,
    read: ({ task_type }) =>
      telemetry.ask(`agents ${JSON.stringify(task_type ?? null)}`, async (analyzer) => ({
        agents: await analyzer.getAgentRanking(task_type),
      })),
  });
  addResource(app, {
    path: "/api/v1/agents/{agent_name}",
    summary: "One agent: by week, which tasks it is good and bad at, its last failures",
    params: z.object({ agent_name: text }),
    query: z.object({ days: days.default(182) }),
    response: Profile,
    read: ({ agent_name, days: back }) =>
      telemetry.ask(`agent ${back} ${agent_name}`, (analyzer) => analyzer.getAgentProfile(agent_name, back)),
  });
  addResource(app, {
    path: "/api/v1/trends",
    summary: "Whether each agent is getting better or worse",
    query: z.object({ days }),
    response: z.object({ trends: z.record(z.string(), Trend) }).openapi("Trends"),
    read: ({ days: back }) =>
      telemetry.ask(`trends ${back}`, async (analyzer) => ({ trends: await analyzer.getPerformanceTrends(back) })),
  });
  addResource(app, {
    path: "/api/v1/trends/{agent_name}",
    summary: "Whether one agent is getting better or worse",
    params: z.object({ agent_name: text }),
    query: z.object({ days }),
    response: Trend,
    read: ({ agent_name, days: back }) =>
      telemetry.ask(`trend ${back} ${agent_name}`, (analyzer) => analyzer.getAgentPerformanceTrends(agent_name, back)),
  });
}
