import type { AgentDefinition } from "./agents/agent-definitions.js";
import type { TelemetryAnalyzer } from "./analyzer.js";
import { sourceOf } from "./analyzer-source.js";
import { percent } from "./analyze/proportion.js";
import { RECENT_DAYS, trendOf } from "./analyze/trends.js";
import type { DefinitionProblem } from "./event/definition-problem.js";
import { formatTimestamp, timeOf } from "./event/clock.js";
import {
  alternative,
  assess,
  type AgentAdvice,
  type AgentAssessment,
  type AgentRanking,
  type Alternative,
  type Answer,
  type RecentPerformance,
  type ShortlistedAgent,
} from "./select/advice.js";
import { choose, ENOUGH_SIMILAR_RUNS, inOrder, isTested, type Balance, type Candidate } from "./select/choice.js";
import { DomainNames } from "./select/domain.js";
import { SelectionModel } from "./select/model.js";
import { claimWeight, pastRun, type RunRecord } from "./select/outcome.js";
import type { PastRun, TaskQuery } from "./select/past-run.js";
import type { Contribution } from "./select/prediction.js";
import { Shortlist } from "./select/shortlist.js";
import { candidatesFor, domainByWords, ofDomain, similarRuns, usualOf, type Usual } from "./select/similar.js";
import { outlineSpecialist } from "./select/specialist.js";
import { KeptTables } from "./tables/kept.js";
import { outcomesAround } from "./tables/queries.js";
import type { Tables } from "./tables/tables.js";

/** How an {@link AgentSelector} reads. Every field may be left out. */
export interface SelectorOptions {
  /** Telemetry directory; by default as `findTelemetryDirectory` finds it. */
  readonly directory?: string;
  /** What "now" is: what was logged later does not count. Default: the time of the call, and everything counts. */
  readonly as_of?: string | Date;
  /** Folder of agent definition files; by default `.claude/agents` of the project and of the user. */
  readonly agents_dir?: string;
  /** Called now and then while a long log is read: bytes that have been read, and bytes there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Reads what this analyzer reads, once for both: its directory, its now. The other options of reading do not count. */
  readonly analyzer?: TelemetryAnalyzer;
}

/** A task that an agent is sought for. */
export interface AgentQuery {
  readonly task_description: string;
  /** In your own words: it is matched to the kinds of task, the kinds of agent and the agents of the history. */
  readonly domain?: string | null;
  /** Least probability of success. Default: 0.5, as specified. */
  readonly min_confidence?: number;
  /**
   * The advice will be carried out, and the history is to learn from it: agents that are less known get a chance. The
   * answer states the `propensity` to record with the run. Default: false.
   */
  readonly explore?: boolean;
  /** `speed`: half the time is worth 5 points of confidence. Default: `success`, which time does not change. */
  readonly balance?: Balance;
}

/** The specification's default. */
const MIN_CONFIDENCE = 0.5;

/** Runs that are learned from. Of one agent, older ones have faded to nothing; of all, more would take too long. */
const RUNS_OF_AGENT = 320;
const MOST_RUNS = 50_000;

const TREND_DAYS = 30;
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const MOST_ALTERNATIVES = 3;
const MOST_SHORTLISTED = 3;
const RUNS_NAMED = 3;

/** Who explores tries so many agents at most for their description alone. */
const MOST_TRIED = 5;

/** What was learned from one state of the log. */
interface Learned {
  readonly model: SelectionModel;
  readonly names: DomainNames;
  readonly runs: readonly PastRun[];
  readonly usual: Usual;
  readonly known: ReadonlyMap<string, number>;
  readonly trends: ReadonlyMap<string, RecentPerformance>;
  /** Agents by what their definitions say of a task: those that it speaks for, the likeliest first. */
  readonly shortlist: (task: string) => ShortlistedAgent[];
  /** Names of all agents that have a definition. */
  readonly definitions: readonly string[];
  readonly problems: readonly DefinitionProblem[];
}

/**
 * Recommends agents for tasks, by what came of the tasks that they did before. docs/selection.md says how, and what the
 * numbers mean.
 *
 * What was learned is kept until the log changes, so the first answer takes longest. All methods reject when a file of
 * the log cannot be read, with the error of the file system.
 *
 * @example
 * const selector = new AgentSelector();
 * const advice = await selector.queryBestAgent({ task_description: "Implement OAuth2", domain: "security" });
 * if (advice.status === "recommended") console.log(advice.agent_name, advice.confidence);
 * selector.close();
 */
export class AgentSelector {
  /** Absolute path of the telemetry directory. */
  readonly directory: string;
  readonly #asOf: number | undefined;
  readonly #agentsDirectory: string | undefined;
  readonly #tables: KeptTables;
  readonly #ownsTables: boolean;
  /** What was learned, and from which state of the log. */
  #learned: { readonly from: object; readonly what: Promise<Learned> } | undefined;

  /** @throws {RangeError} when `as_of` is no time */
  constructor(options: SelectorOptions = {}) {
    this.#agentsDirectory = options.agents_dir;
    this.#ownsTables = options.analyzer === undefined;
    const shared = options.analyzer && sourceOf(options.analyzer);
    this.#asOf = shared ? shared.as_of : options.as_of === undefined ? undefined : timeOf("as_of", options.as_of);
    this.#tables =
      shared?.tables ??
      new KeptTables({
        directory: options.directory,
        until: this.#asOf === undefined ? undefined : formatTimestamp(this.#asOf),
        onProgress: options.onProgress,
      });
    this.directory = this.#tables.directory;
  }

  /**
   * The agent that is most likely to do a task well, or why none is recommended.
   *
   * @throws {TypeError} without a task
   * @throws {RangeError} when `min_confidence` is not within 0 and 1
   */
  async queryBestAgent(query: AgentQuery): Promise<AgentAdvice> {
    checkQuery(query);
    return this.#learn((learned) => advise(learned, query));
  }

  /**
   * What is to be expected of every agent for a task: those that did similar tasks often enough first, the best of them
   * at the top.
   *
   * @throws {TypeError} without a task
   * @throws {RangeError} when `min_confidence` is not within 0 and 1
   */
  async rankAgents(query: AgentQuery): Promise<AgentRanking> {
    checkQuery(query);
    return this.#learn((learned) => rank(learned, query));
  }

  /** Lines of the log that could not be read when it was read last, and are not learned from. */
  unreadableLines(): Promise<number> {
    return this.#tables.unreadableLines();
  }

  /** Frees the tables and what was learned, once the calls that are under way have ended. A later call starts anew. */
  close(): void {
    if (this.#ownsTables) this.#tables.close();
    this.#learned = undefined;
  }

  /** Lets `use` work with what can be learned from the log as it is now. */
  #learn<T>(use: (learned: Learned) => T): Promise<T> {
    return this.#tables.read(async (tables) => {
      if (this.#learned?.from !== tables.folding) {
        // Kept before anything is waited for: who asks meanwhile waits for the same.
        const learned = { from: tables.folding, what: this.#study(tables, this.#learned?.what) };
        this.#learned = learned;
        // What failed is tried again.
        learned.what.catch(() => {
          if (this.#learned === learned) this.#learned = undefined;
        });
      }
      return use(await this.#learned.what);
    });
  }

  /** @param before what was learned last, which the model goes on from */
  async #study(tables: Tables, before: Promise<Learned> | undefined): Promise<Learned> {
    // At once: the SQL engine works beside us, and first, so that it does while the parser of definitions is loaded.
    const [{ records, known }, trends, { definitions, problems }] = await Promise.all([
      import("./tables/selection-queries.js").then(({ endedRuns }) => endedRuns(tables, RUNS_OF_AGENT, MOST_RUNS)),
      this.#trends(tables),
      import("./agents/agent-definitions.js").then(({ readAgentDefinitions }) =>
        readAgentDefinitions({ directory: this.#agentsDirectory }),
      ),
    ]);
    const claim = claimWeight(records);
    const runs = records.map((record) => pastRun(record, claim));
    const previous = (await before?.catch(() => undefined))?.model;
    return {
      model: SelectionModel.fit(runs, {
        definitions: new Map(definitions.map(({ agent_name, definition_hash }) => [agent_name, definition_hash])),
        ...(previous ? { previous } : {}),
      }),
      names: new DomainNames(records),
      runs,
      usual: usualOf(
        runs,
        records.map(({ project_name }) => project_name),
      ),
      known,
      trends,
      shortlist: shortlistOf(definitions, records),
      definitions: definitions.map(({ agent_name }) => agent_name),
      problems,
    };
  }

  async #trends(tables: Tables): Promise<Map<string, RecentPerformance>> {
    const now = this.#asOf ?? Date.now();
    const ago = (days: number) => formatTimestamp(Math.max(0, now - days * DAY_MILLISECONDS));
    const outcomes = await outcomesAround(tables, { oldest: ago(TREND_DAYS), recent: ago(RECENT_DAYS), now: ago(0) });
    return new Map(outcomes.map(({ agent_name, recent, historical }) => [agent_name, trendOf(recent, historical)]));
  }
}

/**
 * The agent that is most likely to do a task well, asked once: see {@link AgentSelector.queryBestAgent}. Who asks again and
 * again keeps an {@link AgentSelector}, which does not learn anew each time.
 */
export async function queryBestAgent(query: AgentQuery, options: SelectorOptions = {}): Promise<AgentAdvice> {
  const selector = new AgentSelector(options);
  try {
    return await selector.queryBestAgent(query);
  } finally {
    selector.close();
  }
}

function advise(learned: Learned, query: AgentQuery): AgentAdvice {
  const asked = understand(learned, query);
  const { answer, options, similar } = asked;
  const candidates = options.explore ? plausible(asked) : asked.candidates.filter((each) => hasRuns(learned, each));
  const choice = choose(candidates, options);
  if (choice.chosen !== undefined) {
    const others = inOrder(candidates, options).filter((each) => each !== choice.chosen);
    return {
      status: "recommended",
      ...answer,
      ...assessed(learned, asked, choice.chosen),
      exploration: options.explore,
      propensity: choice.propensity,
      alternatives: alternatives(options.explore ? others : others.filter(isTested)),
    };
  }
  const tested = new Set(candidates.filter(isTested).map(({ agent_name }) => agent_name));
  const shortlist = asked.shortlist.filter(({ agent_name }) => !tested.has(agent_name)).slice(0, MOST_SHORTLISTED);
  if (choice.reason === "not_enough_evidence") {
    const nearest = candidates.filter(({ total_tasks }) => total_tasks > 0);
    return {
      status: choice.reason,
      ...answer,
      reason: evidenceReason(learned.runs.length, nearest),
      alternatives: alternatives(nearest.toSorted((a, b) => b.total_tasks - a.total_tasks)),
      shortlist,
    };
  }
  return {
    status: choice.reason,
    ...answer,
    reason: `no agent that did such tasks reaches a confidence of ${percent(options.min_confidence)}`,
    specialist: outlineSpecialist(asked.task.task_description, similar, learned.runs),
    alternatives: alternatives(inOrder(options.explore ? candidates : candidates.filter(isTested), options)),
    shortlist,
  };
}

function rank(learned: Learned, query: AgentQuery): AgentRanking {
  const asked = understand(learned, query);
  const ordered = testedFirst(inOrder(asked.candidates, asked.options)).filter((each) => hasRuns(learned, each));
  return {
    ...asked.answer,
    agents: ordered.map((each) => assessed(learned, asked, each)),
    without_runs: asked.shortlist.filter((each) => !hasRuns(learned, each)),
  };
}

/** A query in the terms of the history. */
interface Asked {
  readonly task: TaskQuery;
  readonly answer: Answer;
  readonly options: Required<Pick<AgentQuery, "min_confidence" | "explore" | "balance">>;
  /** Agents whose descriptions speak of the task, the likeliest first. */
  readonly shortlist: readonly ShortlistedAgent[];
  readonly similar: readonly Contribution[];
  /** All agents with runs or a definition, in the order of their descriptions: it decides where the history does not. */
  readonly candidates: readonly Candidate[];
}

function understand(learned: Learned, query: AgentQuery): Asked {
  const { names, runs, model } = learned;
  const { task_description, min_confidence = MIN_CONFIDENCE, explore = false, balance = "success" } = query;
  const domain = query.domain ? names.match(query.domain) : null;
  // What the history knows no domain by may still be words of its tasks.
  const text = domain?.matched.length === 0 ? `${task_description} ${domain.asked}` : task_description;
  const task: TaskQuery = { task_description: text, domains: domain?.labels ?? [] };
  const shortlist = learned.shortlist(domain === null ? task_description : `${task_description} ${domain.asked}`);
  const agents = new Set([...shortlist.map(({ agent_name }) => agent_name), ...learned.definitions, ...model.agents]);
  const alike = similarRuns(model, task, learned.usual);
  const inferred_domain = domain ? null : domainByWords(alike);
  const similar = inferred_domain === null ? alike : ofDomain(alike, inferred_domain);
  const allRuns = [...learned.known.values()].reduce((sum, ofAgent) => sum + ofAgent, 0);
  return {
    task,
    answer: {
      task_description,
      domain,
      inferred_domain,
      min_confidence,
      runs: runs.length,
      definition_problems: learned.problems,
    },
    options: { min_confidence, explore, balance },
    shortlist,
    similar,
    candidates: candidatesFor(model, task, [...agents], similar, allRuns),
  };
}

function hasRuns({ known }: Learned, { agent_name }: { readonly agent_name: string }): boolean {
  return known.has(agent_name);
}

function testedFirst(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates.filter(isTested), ...candidates.filter((each) => !isTested(each))];
}

/** Agents that it makes sense to try: those that did something of the kind, or are described so; where none is, all. */
function plausible({ candidates, shortlist }: Asked): readonly Candidate[] {
  const described = new Set(shortlist.slice(0, MOST_TRIED).map(({ agent_name }) => agent_name));
  const some = candidates.filter(({ agent_name, total_tasks }) => total_tasks > 0 || described.has(agent_name));
  return some.length > 0 ? some : candidates;
}

function assessed(learned: Learned, { task, similar }: Asked, candidate: Candidate): AgentAssessment {
  const { agent_name } = candidate;
  return assess(learned.model.explain(task, agent_name), candidate, {
    contributions: learned.model.contributions(task, agent_name),
    similar: similar.flatMap(({ run }) => (run.agent_name === agent_name ? [run] : [])),
    all_tasks: learned.known.get(agent_name) ?? 0,
    recent_performance: learned.trends.get(agent_name) ?? "insufficient_data",
    runs_named: RUNS_NAMED,
  });
}

function alternatives(candidates: readonly Candidate[]): Alternative[] {
  return candidates.slice(0, MOST_ALTERNATIVES).map(alternative);
}

/** Agents by their definitions; those without one by their names and what they were called in the history. */
function shortlistOf(
  definitions: readonly AgentDefinition[],
  records: readonly RunRecord[],
): (task: string) => ShortlistedAgent[] {
  const described = new Map(definitions.map((each) => [each.agent_name, each]));
  const called = new Map<string, Set<string>>();
  for (const { agent_name, agent_type, task_type } of records) {
    if (described.has(agent_name)) continue;
    const words = called.get(agent_name) ?? new Set();
    called.set(agent_name, words.add(agent_type ?? "").add(task_type ?? ""));
  }
  const shortlist = new Shortlist([
    ...definitions,
    ...[...called].map(([agent_name, words]) => ({ agent_name, description: [...words].join(" "), body: "" })),
  ]);
  return (task) =>
    shortlist.rank(task, Number.POSITIVE_INFINITY).map(({ agent_name, matched_words }) => {
      return { agent_name, description: described.get(agent_name)?.description ?? "", matched_words };
    });
}

function evidenceReason(runs: number, nearest: readonly Candidate[]): string {
  if (runs === 0) return "no run with a known outcome has been recorded yet";
  if (nearest.length === 0) return "no agent has done a task like this one";
  const most = Math.max(...nearest.map(({ total_tasks }) => total_tasks));
  return `no agent has done more than ${most} ${most === 1 ? "task" : "tasks"} like this one, and ${ENOUGH_SIMILAR_RUNS} are needed`;
}

function checkQuery({ task_description, domain, min_confidence = MIN_CONFIDENCE, balance }: AgentQuery): void {
  if (typeof task_description !== "string" || task_description.trim() === "")
    throw new TypeError("task_description must be a text that says what is to be done");
  if (domain !== undefined && domain !== null && typeof domain !== "string")
    throw new TypeError("domain must be a string");
  if (!(min_confidence >= 0 && min_confidence <= 1))
    throw new RangeError(`min_confidence must be from 0 to 1, got ${String(min_confidence)}`);
  if (balance !== undefined && balance !== "success" && balance !== "speed")
    throw new RangeError(`balance must be success or speed, got ${String(balance)}`);
}
