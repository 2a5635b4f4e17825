import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { percent } from "../analyze/proportion.js";
import { addTool, ToolError, type ToolContext } from "./tool.js";

/** What the history says: of coordination, and of one agent. */
export function addReportTools(server: McpServer, context: ToolContext): void {
  addCoordinationReport(server, context);
  addAgentTrend(server, context);
}

function addCoordinationReport(server: McpServer, { analyzer }: ToolContext): void {
  addTool(server, {
    name: "coordination_report",
    title: "Coordination report",
    description: "Where the time of all workflows goes, and what to do about it.",
    input: z.object({}),
    output: z.object({
      status: z.enum(["ok", "insufficient_data"]),
      workflows: z.number(),
      idle_share: z.number().nullable().describe("Share of the time in which no agent was at work"),
      idle_share_interval: z.array(z.number()).nullable().describe("95 %: lower and upper bound"),
      overlap_share: z.number().nullable().describe("Share of the time that parallel work saved"),
      coordination_overhead_pct: z.number().nullable(),
      recommendation: z.string(),
      dominant_cause: z.string().nullable(),
      advice: z.string().nullable(),
      slowest_handoffs: z.array(
        z.object({ from_agent: z.string(), to_agent: z.string(), count: z.number(), median_seconds: z.number() }),
      ),
    }),
    run: async () => {
      const overhead = await analyzer.calculateCoordinationOverhead();
      const { pairs } = await analyzer.analyzeHandoffs();
      const cause = overhead.dominant_cause;
      const data = {
        status: overhead.status,
        workflows: overhead.workflows_analyzed,
        idle_share: overhead.idle_share,
        idle_share_interval: overhead.band?.idle_share_interval ? [...overhead.band.idle_share_interval] : null,
        overlap_share: overhead.overlap_share,
        coordination_overhead_pct: overhead.coordination_overhead_pct,
        recommendation: overhead.idle_recommendation,
        dominant_cause: cause?.cause ?? null,
        advice: cause?.advice ?? null,
        slowest_handoffs: pairs.slice(0, 5).map(({ from_agent, to_agent, count, p50_seconds }) => ({
          from_agent,
          to_agent,
          count,
          median_seconds: p50_seconds,
        })),
      };
      const text =
        overhead.idle_share === null
          ? `Not enough evidence: ${overhead.reason ?? "no workflow has ended"}.`
          : `${overhead.workflows_analyzed} workflows waited ${percent(overhead.idle_share)} of their time. ${overhead.idle_recommendation}.${cause ? ` What costs most: ${cause.advice}.` : ""}`;
      return { text, data };
    },
  });
}

function addAgentTrend(server: McpServer, { analyzer }: ToolContext): void {
  addTool(server, {
    name: "agent_trend",
    title: "Trend of an agent",
    description: "Whether an agent is getting better or worse, and how sure that is.",
    input: z.object({
      agent_name: z.string().min(1),
      days: z.number().gt(7).max(3650).default(30).describe("How far to look back"),
    }),
    output: z.object({
      agent_name: z.string(),
      trend: z.enum(["improving", "stable", "declining", "insufficient_data"]).describe("By the rule of 5 points"),
      verdict: z
        .enum(["improving", "declining", "stable", "not_enough_evidence"])
        .describe("Chance considered: go by this"),
      recent_success_rate: z.number().nullable().describe("Last 7 days"),
      recent_runs: z.number(),
      historical_success_rate: z.number().nullable().describe("The days before those"),
      historical_runs: z.number(),
      declining_since: z.string().nullable(),
    }),
    run: async ({ agent_name, days }) => {
      const trend = await analyzer.getAgentPerformanceTrends(agent_name, days);
      if (trend.recent_runs + trend.historical_runs === 0) {
        const known = Object.keys((await analyzer.generateStatistics()).agents);
        if (!known.includes(agent_name))
          throw new ToolError(
            known.length > 0
              ? `no agent ${agent_name} has run: known are ${known.slice(0, 20).join(", ")}`
              : "no agent has run yet: record_outcome records runs",
          );
      }
      const { verdict, reason } = trend.evidence;
      const rates =
        trend.recent_success_rate === null
          ? ""
          : ` ${percent(trend.recent_success_rate)} of ${trend.recent_runs} runs in the last 7 days.`;
      const words = verdict === "not_enough_evidence" ? `not enough evidence (${reason ?? "too few runs"})` : verdict;
      return {
        text: `${agent_name}: ${words}.${rates}`,
        data: {
          agent_name,
          trend: trend.trend,
          verdict,
          recent_success_rate: trend.recent_success_rate,
          recent_runs: trend.recent_runs,
          historical_success_rate: trend.historical_success_rate,
          historical_runs: trend.historical_runs,
          declining_since: trend.alert?.changed_at ?? null,
        },
      };
    },
  });
}
