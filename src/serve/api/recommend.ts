import { z, type OpenAPIHono } from "@hono/zod-openapi";

import type { AgentAdvice, AgentRanking } from "../../select/advice.js";
import type { AgentSelector } from "../../selector.js";
import { share } from "./parameters.js";
import { addResource } from "./resource.js";
import { certainInterval, isoTime, maybe, names, orNull } from "./values.js";

const Domain = z
  .object({
    asked: z.string(),
    matched: names.describe("Kinds of task, kinds of agent and agents whose names it matched; none: it is not known"),
    labels: names,
    known: names.optional().describe("Where it is not known: what would be"),
  })
  .openapi("DomainMatch");

const answer = {
  task_description: z.string(),
  domain: orNull(Domain),
  inferred_domain: orNull(z.string()).describe(
    "Where none was asked for: that of the past tasks that are most alike in words, if they agree",
  ),
  min_confidence: z.number(),
  runs: z.number().describe("Past runs that were learned from"),
  definition_problems: z.array(z.object({ path: z.string(), reason: z.string() })).readonly(),
};

const alternative = {
  agent_name: z.string(),
  confidence: z.number().describe("How probable success is"),
  confidence_interval: certainInterval.describe("80 % interval"),
  total_tasks: z.number().describe("Similar runs of the agent"),
  tested: z.boolean().describe("Whether these are enough to recommend the agent"),
};

const alternatives = z.array(z.object(alternative).openapi("Alternative")).readonly();

const PastRun = z
  .object({
    invocation_id: z.string(),
    agent_name: z.string(),
    task_description: z.string(),
    started_at: isoTime,
    outcome: z.number().describe("1 success, 0 failure"),
    similarity: z.number().describe("How alike the words of the two tasks are, 0 to 1"),
    contribution: z.number().describe("What it adds to the confidence"),
  })
  .openapi("PastRun");

const assessment = {
  ...alternative,
  similar_runs: z.number().describe("What the similar runs are worth, in runs of this very task"),
  success_rate: maybe.describe("Of the similar runs"),
  avg_duration_minutes: maybe,
  expected_duration_minutes: maybe,
  all_tasks: z.number(),
  recent_performance: z.enum(["improving", "stable", "declining", "insufficient_data"]),
  explanation: z
    .object({
      prior: z.number(),
      shares: z.object({
        agent: z.number(),
        domain: z.number(),
        agent_domain: z.number(),
        text: z.number(),
        agent_text: z.number(),
        same_task: z.number(),
      }),
      runs_for: z.array(PastRun).readonly(),
      runs_against: z.array(PastRun).readonly(),
    })
    .describe("Prior and shares add up to the confidence, before it is kept within 0.02 and 0.98"),
};

const shortlist = z
  .array(
    z.object({ agent_name: z.string(), description: z.string(), matched_words: names }).openapi("ShortlistedAgent"),
  )
  .readonly();

const reason = z.string();

const Advice = z
  .discriminatedUnion("status", [
    z.object({
      status: z.literal("recommended"),
      ...answer,
      ...assessment,
      exploration: z.boolean(),
      propensity: z.number().describe("How probable it was that this agent would be named: 1 unless exploring"),
      alternatives,
    }),
    z.object({
      status: z.literal("no_suitable_agent"),
      ...answer,
      reason,
      specialist: z.object({
        covers: names,
        failed_tasks: z
          .array(
            z.object({
              task_description: z.string(),
              agent_names: names,
              failures: z.number(),
              successes: z.number(),
            }),
          )
          .readonly(),
      }),
      alternatives,
      shortlist,
    }),
    z.object({ status: z.literal("not_enough_evidence"), ...answer, reason, alternatives, shortlist }),
  ])
  .openapi("AgentAdvice") satisfies z.ZodType<AgentAdvice>;

const Ranking = z
  .object({
    ...answer,
    agents: z.array(z.object(assessment).openapi("AgentAssessment")).readonly(),
    without_runs: shortlist.describe("Agents that have no run yet, and a definition that speaks of such tasks"),
  })
  .openapi("AgentRanking") satisfies z.ZodType<AgentRanking>;

const query = z.object({
  task: z.string().trim().min(1).describe("What is to be done, in your own words"),
  domain: z.string().optional().describe("The field that it belongs to: a kind of task, a kind of agent, an agent"),
  min_confidence: share.optional().describe("Least probability of success; 0.5 if left out"),
  explore: z
    .enum(["true", "false"])
    .optional()
    .describe("Give agents that are less known a chance, to learn about them"),
});

const queryOf = ({ task, domain, min_confidence, explore }: z.infer<typeof query>) => ({
  task_description: task,
  domain: domain ?? null,
  explore: explore === "true",
  ...(min_confidence === undefined ? {} : { min_confidence }),
});

/** Who should do a task. What was learned is kept by the selector; single answers are not worth keeping. */
export function addRecommend(app: OpenAPIHono, selector: AgentSelector): void {
  addResource(app, {
    path: "/api/v1/recommend",
    summary: "The agent that is most likely to do a task well, or why none is recommended",
    query,
    response: Advice,
    read: (given) => selector.queryBestAgent(queryOf(given)),
  });
  addResource(app, {
    path: "/api/v1/recommend/agents",
    summary: "What is to be expected of every agent for a task, in the order in which they would be chosen",
    query,
    response: Ranking,
    read: (given) => selector.rankAgents(queryOf(given)),
  });
}
