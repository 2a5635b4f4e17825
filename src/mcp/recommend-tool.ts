import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { percent } from "../analyze/proportion.js";
import type { AgentAdvice, PastRunShare } from "../select/advice.js";
import { addTool, type ToolContext } from "./tool.js";

const runs = z.array(
  z.object({ agent_name: z.string(), task_description: z.string(), outcome: z.number(), started_at: z.string() }),
);

/** Which agent should do a task. */
export function addRecommendTool(server: McpServer, { selector }: ToolContext): void {
  addTool(server, {
    name: "recommend_agent",
    title: "Recommend an agent",
    description:
      "Call before you delegate: which agent should do this task, how likely it is to succeed, and what that is based on. Says so when nobody is suitable, or when too little is known.",
    input: z.object({
      task_description: z.string().min(1).describe("The task, in one sentence"),
      domain: z.string().optional().describe("Such as backend or security; in your own words"),
      min_confidence: z.number().min(0).max(1).default(0.5).describe("Least probability of success"),
      explore: z
        .boolean()
        .default(false)
        .describe("Give agents that are less known a chance, to learn about them: when you will do as advised"),
    }),
    output: z.object({
      status: z.enum(["recommended", "no_suitable_agent", "not_enough_evidence"]),
      agent_name: z.string().nullable(),
      confidence: z.number().nullable().describe("Probability of success"),
      confidence_interval: z.array(z.number()).nullable(),
      success_rate: z.number().nullable().describe("Of similar runs"),
      avg_duration_minutes: z.number().nullable(),
      total_tasks: z.number().describe("Similar runs"),
      recent_performance: z.string().nullable(),
      propensity: z
        .number()
        .nullable()
        .describe(
          "How probable it was that this agent would be named: for record_outcome, if it does the task for that",
        ),
      reason: z.string().nullable().describe("Why nobody is recommended"),
      alternatives: z.array(z.object({ agent_name: z.string(), confidence: z.number(), total_tasks: z.number() })),
      shortlist: z.array(z.string()).describe("Agents whose definitions speak of such tasks"),
      runs_for: runs,
      runs_against: runs,
    }),
    run: async ({ task_description, domain = null, min_confidence, explore }) => {
      const advice = await selector.queryBestAgent({ task_description, domain, min_confidence, explore });
      return { text: sentence(advice), data: dataOf(advice) };
    },
  });
}

function sentence(advice: AgentAdvice): string {
  const taken = advice.inferred_domain === null ? "" : ` The task was taken for ${advice.inferred_domain}.`;
  const notes = advice.domain?.labels.length === 0 ? " The domain is not known: it was left out." : taken;
  if (advice.status === "recommended") {
    const [low, high] = advice.confidence_interval;
    const drawn = advice.exploration
      ? ` Drawn to learn from, with probability ${percent(advice.propensity)}: if it does the task, give its propensity to record_outcome.`
      : "";
    return `${advice.agent_name}: ${percent(advice.confidence)} likely to succeed (${percent(low)}–${percent(high)}), from ${advice.total_tasks} similar runs; ${advice.recent_performance.replace("_", " ")}.${drawn}${notes}`;
  }
  const shortlist = advice.shortlist.map(({ agent_name }) => agent_name);
  const hint = shortlist.length > 0 ? ` By their descriptions, try ${shortlist.join(", ")}.` : "";
  return advice.status === "no_suitable_agent"
    ? `No suitable agent: ${advice.reason}. Consider creating a new specialist.${hint}${notes}`
    : `Not enough evidence: ${advice.reason}.${hint}${notes}`;
}

function dataOf(advice: AgentAdvice) {
  const recommended = advice.status === "recommended" ? advice : undefined;
  return {
    status: advice.status,
    agent_name: recommended?.agent_name ?? null,
    confidence: recommended?.confidence ?? null,
    confidence_interval: recommended ? [...recommended.confidence_interval] : null,
    success_rate: recommended?.success_rate ?? null,
    avg_duration_minutes: recommended?.avg_duration_minutes ?? null,
    total_tasks: recommended?.total_tasks ?? 0,
    recent_performance: recommended?.recent_performance ?? null,
    propensity: recommended?.propensity ?? null,
    reason: advice.status === "recommended" ? null : advice.reason,
    alternatives: advice.alternatives.map(({ agent_name, confidence, total_tasks }) => ({
      agent_name,
      confidence,
      total_tasks,
    })),
    shortlist: advice.status === "recommended" ? [] : advice.shortlist.map(({ agent_name }) => agent_name),
    runs_for: (recommended?.explanation.runs_for ?? []).map(brief),
    runs_against: (recommended?.explanation.runs_against ?? []).map(brief),
  };
}

function brief({ agent_name, task_description, outcome, started_at }: PastRunShare) {
  return { agent_name, task_description: task_description.slice(0, 300), outcome, started_at };
}
