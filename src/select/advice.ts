import type { DefinitionProblem } from "../event/definition-problem.js";
import { isTested, type Candidate } from "./choice.js";
import type { DomainMatch } from "./domain.js";
import type { PastRun } from "./past-run.js";
import type { Contribution, Explanation } from "./prediction.js";
import type { SpecialistOutline } from "./specialist.js";

/** What is known of one agent for one task. */
export interface AgentAssessment {
  readonly agent_name: string;
  /** How probable success is, in [0.02, 0.98]: the expected outcome by the model of docs/selection.md. */
  readonly confidence: number;
  /** Holds the agent's true rate on such tasks in about 80 % of cases. */
  readonly confidence_interval: readonly [lower: number, upper: number];
  /** Similar runs of the agent: of the domain asked for, or alike enough in words. Of its last 320 runs: those before count nothing. */
  readonly total_tasks: number;
  /** Whether these are enough, 3 or more, to recommend the agent. */
  readonly tested: boolean;
  /** What they are worth, in runs of this very task: repeats, age and little likeness make a run count less. */
  readonly similar_runs: number;
  /** Share of those that were a success; null without one. */
  readonly success_rate: number | null;
  /** Mean over those that took any time; null without one. */
  readonly avg_duration_minutes: number | null;
  /** What the agent's runs usually take, few runs drawn towards what all agents' take. */
  readonly expected_duration_minutes: number | null;
  /** All runs of the agent whose outcome is known. */
  readonly all_tasks: number;
  /** The last 7 days against the 23 before them, whatever the tasks. */
  readonly recent_performance: RecentPerformance;
  readonly explanation: AgentExplanation;
}

/** As the trend of `getAgentPerformanceTrends`. */
export type RecentPerformance = "improving" | "stable" | "declining" | "insufficient_data";

/** Where a confidence comes from: `prior` and all shares add up to it, before it is kept within [0.02, 0.98]. */
export interface AgentExplanation {
  readonly prior: number;
  readonly shares: Explanation["shares"];
  /** Past runs that speak most for the agent, and most against it. */
  readonly runs_for: readonly PastRunShare[];
  readonly runs_against: readonly PastRunShare[];
}

/** A past run, and what it adds to a confidence. */
export interface PastRunShare {
  readonly invocation_id: string;
  readonly agent_name: string;
  readonly task_description: string;
  /** ISO 8601. */
  readonly started_at: string;
  /** 1 success, 0 failure. */
  readonly outcome: number;
  /** How alike the words of the two tasks are, 0..1. */
  readonly similarity: number;
  readonly contribution: number;
}

/** An agent that may be worth a try, by what its name and definition say of it. */
export interface ShortlistedAgent {
  readonly agent_name: string;
  /** Empty where it has no definition. */
  readonly description: string;
  /** Words of the task that name or definition have too, those that tell most first. */
  readonly matched_words: readonly string[];
}

/** An agent that might have been recommended instead. */
export interface Alternative {
  readonly agent_name: string;
  readonly confidence: number;
  readonly confidence_interval: readonly [lower: number, upper: number];
  readonly total_tasks: number;
  readonly tested: boolean;
}

/** What every answer says of the question. */
export interface Answer {
  readonly task_description: string;
  /** What the domain was taken for; null when none was asked for. */
  readonly domain: DomainMatch | null;
  /** Where none was asked for: that of the past tasks that are most alike in words, if they agree; else null. */
  readonly inferred_domain: string | null;
  readonly min_confidence: number;
  /** Past runs that were learned from. */
  readonly runs: number;
  /** Agent definition files that could not be used, and why. */
  readonly definition_problems: readonly DefinitionProblem[];
}

/** The agent that is most likely to succeed. */
export interface Recommendation extends Answer, AgentAssessment {
  readonly status: "recommended";
  /** Whether it was chosen to learn from as well: it need not be the one with the highest confidence. */
  readonly exploration: boolean;
  /**
   * How probable it was that this agent would be named, in (0, 1], to 1e-6: 1 unless exploring. Recorded with the run, if
   * this advice is why the agent did the task, it lets `oak backtest` tell what other choices would have given.
   */
  readonly propensity: number;
  /** The best of the others: of those that are tested, or, exploring, of all that it makes sense to try. */
  readonly alternatives: readonly Alternative[];
}

/** Agents have done such tasks, and none does them well enough. */
export interface NoSuitableAgent extends Answer {
  readonly status: "no_suitable_agent";
  readonly reason: string;
  readonly specialist: SpecialistOutline;
  /** The best there are. */
  readonly alternatives: readonly Alternative[];
  readonly shortlist: readonly ShortlistedAgent[];
}

/** Nobody has done such tasks often enough. */
export interface NotEnoughEvidence extends Answer {
  readonly status: "not_enough_evidence";
  readonly reason: string;
  /** What is expected of the agents that come nearest: weakly founded. */
  readonly alternatives: readonly Alternative[];
  readonly shortlist: readonly ShortlistedAgent[];
}

/** What {@link AgentSelector.queryBestAgent} gives: told apart by `status`. */
export type AgentAdvice = Recommendation | NoSuitableAgent | NotEnoughEvidence;

/** What {@link AgentSelector.rankAgents} gives. */
export interface AgentRanking extends Answer {
  /** All agents with runs, in the order in which they would be chosen: tested ones first. */
  readonly agents: readonly AgentAssessment[];
  /** Agents that have a definition that speaks of such tasks, and no run yet: the likeliest first. */
  readonly without_runs: readonly ShortlistedAgent[];
}

/** What is known of an agent beside what the model says. */
export interface AgentFacts {
  /** Its similar runs. */
  readonly similar: readonly PastRun[];
  /** What each past run adds to what is expected of it. */
  readonly contributions: readonly Contribution[];
  readonly all_tasks: number;
  readonly recent_performance: RecentPerformance;
  /** How many past runs to name for and against. */
  readonly runs_named: number;
}

/** Puts together what is known of one agent for one task. */
export function assess(explanation: Explanation, candidate: Candidate, facts: AgentFacts): AgentAssessment {
  const { similar, contributions, all_tasks, recent_performance } = facts;
  const seconds = similar.flatMap(({ duration_seconds: s }) => (s !== null && s > 0 ? [s] : []));
  return {
    ...alternative(candidate),
    similar_runs: candidate.similar_runs,
    success_rate: similar.length > 0 ? similar.filter(({ outcome }) => outcome === 1).length / similar.length : null,
    avg_duration_minutes: seconds.length > 0 ? sum(seconds) / seconds.length / 60 : null,
    expected_duration_minutes:
      candidate.expected_duration_seconds === null ? null : candidate.expected_duration_seconds / 60,
    all_tasks,
    recent_performance,
    explanation: {
      prior: explanation.prior,
      shares: explanation.shares,
      runs_for: named(contributions, 1, facts.runs_named),
      runs_against: named(contributions, -1, facts.runs_named),
    },
  };
}

/** An agent, with no more than what the model says. */
export function alternative(candidate: Candidate): Alternative {
  const { agent_name, mean, low, high, total_tasks } = candidate;
  return { agent_name, confidence: mean, confidence_interval: [low, high], total_tasks, tested: isTested(candidate) };
}

/** The strongest contributions of one sign; of the same task by the same agent only the strongest. */
function named(contributions: readonly Contribution[], sign: 1 | -1, most: number): PastRunShare[] {
  const seen = new Set<string>();
  const shares: PastRunShare[] = [];
  const strongest = contributions
    .filter(({ contribution }) => contribution * sign > 0)
    .toSorted((a, b) => (b.contribution - a.contribution) * sign);
  for (const { run, similarity, contribution } of strongest) {
    if (shares.length === most) break;
    const key = JSON.stringify([run.agent_name, run.task_description, run.outcome]);
    if (seen.has(key)) continue;
    seen.add(key);
    const { invocation_id, agent_name, task_description, outcome } = run;
    const started_at = new Date(run.at).toISOString();
    shares.push({ invocation_id, agent_name, task_description, started_at, outcome, similarity, contribution });
  }
  return shares;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
