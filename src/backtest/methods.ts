import { wilsonInterval } from "../analyze/proportion.js";
import { EXPLORATION } from "../select/choice.js";
import { SelectionModel } from "../select/model.js";
import type { PastRun, TaskQuery } from "../select/past-run.js";
import { KeywordHistory } from "./keyword.js";
import { drawBeta, drawNormal, type Random } from "./random.js";

/** What a method says of an agent on a task. */
export interface Statement {
  /** How probable success is; what the method would show a user as confidence. */
  readonly probability: number;
  /** The agent with the highest is advised. */
  readonly advice: number;
  /** The agent with the highest is sent where the method chooses itself and learns from what comes of it. */
  readonly exploring: number;
  /** 80 % interval of `probability`, of methods that have one. */
  readonly interval?: readonly [low: number, high: number];
}

/** A method that has seen a history. */
export interface Fitted {
  /** One statement for each of the agents, in their order. */
  state(query: TaskQuery, agents: readonly string[]): Statement[];
}

/** A way to select agents. */
export interface Method {
  readonly name: string;
  /**
   * @param runs in order of time
   * @param random for methods that draw
   * @param previous the same method's fit to the beginning of these runs
   */
  fit(runs: readonly PastRun[], random: Random, previous?: Fitted): Fitted;
}

/** Runs that a success rate of a domain is drawn towards the agent's own rate with. */
const DOMAIN_PRIOR = 2;

/** All methods, ours last. */
export const METHODS: readonly Method[] = [
  {
    name: "random",
    fit(runs, random) {
      const overall = total(runs);
      return ofEach(() => ({ ...same(posteriorMean(overall)), advice: random(), exploring: random() }));
    },
  },
  {
    name: "global",
    fit(runs) {
      const byAgent = totals(runs, ({ agent_name }) => agent_name);
      return ofEach((_, agent) => same(posteriorMean(byAgent.get(agent))));
    },
  },
  {
    name: "wilson",
    fit(runs) {
      const byAgent = totals(runs, ({ agent_name }) => agent_name);
      return ofEach((_, agent) => {
        const { sum, count } = byAgent.get(agent) ?? NOTHING;
        const lower = wilsonInterval(sum, count)?.[0] ?? 0;
        return { probability: posteriorMean({ sum, count }), advice: lower, exploring: lower };
      });
    },
  },
  {
    name: "thompson",
    fit(runs, random) {
      const byAgent = totals(runs, ({ agent_name }) => agent_name);
      return ofEach((_, agent) => {
        const { sum, count } = byAgent.get(agent) ?? NOTHING;
        const drawn = drawBeta(1 + sum, 1 + count - sum, random);
        return { probability: posteriorMean({ sum, count }), advice: drawn, exploring: drawn };
      });
    },
  },
  {
    name: "domain",
    fit(runs) {
      const byAgent = totals(runs, ({ agent_name }) => agent_name);
      const byDomain = totals(runs, ({ agent_name, domain }) => (domain === null ? null : key(agent_name, domain)));
      return ofEach(({ domains }, agent) => {
        const here = domains.map((domain) => byDomain.get(key(agent, domain)) ?? NOTHING);
        const sum = here.reduce((all, part) => all + part.sum, 0);
        const count = here.reduce((all, part) => all + part.count, 0);
        return same((sum + DOMAIN_PRIOR * posteriorMean(byAgent.get(agent))) / (count + DOMAIN_PRIOR));
      });
    },
  },
  {
    name: "keyword",
    fit(runs, random) {
      const history = new KeywordHistory(
        runs.map(({ agent_name, domain, task_description, outcome, duration_seconds }) => ({
          agent_name,
          agent_type: "",
          task_type: domain ?? "",
          task_description,
          success: outcome === 1,
          duration_seconds,
        })),
      );
      return {
        state({ task_description, domains }, agents) {
          const ratings = history.rank(task_description, domains[0] ?? null);
          const confidence = new Map(ratings.map((rating) => [rating.agent_name, rating.confidence]));
          // Where it names nobody, or nobody who ever succeeded, somebody must be sent all the same: any.
          return agents.map((agent) => {
            const probability = confidence.get(agent) ?? 0;
            const score = probability > 0 ? probability : -random();
            return { probability, advice: score, exploring: score };
          });
        },
      };
    },
  },
  {
    name: "oak",
    fit: (runs, random, previous) =>
      new FittedModel(
        SelectionModel.fit(runs, previous instanceof FittedModel ? { previous: previous.model } : {}),
        random,
      ),
  },
];

class FittedModel implements Fitted {
  readonly model: SelectionModel;

  readonly #random: Random;

  constructor(model: SelectionModel, random: Random) {
    this.model = model;
    this.#random = random;
  }

  state(query: TaskQuery, agents: readonly string[]): Statement[] {
    return this.model.predict(query, agents).map(({ mean, sd, low, high }) => ({
      probability: mean,
      advice: mean,
      exploring: mean + EXPLORATION * sd * drawNormal(this.#random),
      interval: [low, high],
    }));
  }
}

interface Total {
  readonly sum: number;
  readonly count: number;
}

const NOTHING: Total = { sum: 0, count: 0 };

function total(runs: readonly PastRun[]): Total {
  return { sum: runs.reduce((sum, { outcome }) => sum + outcome, 0), count: runs.length };
}

function totals(runs: readonly PastRun[], label: (run: PastRun) => string | null): Map<string, Total> {
  const result = new Map<string, Total>();
  for (const run of runs) {
    const name = label(run);
    if (name === null) continue;
    const { sum, count } = result.get(name) ?? NOTHING;
    result.set(name, { sum: sum + run.outcome, count: count + 1 });
  }
  return result;
}

/** Mean of the Beta posterior, from a uniform prior. */
function posteriorMean({ sum, count }: Total = NOTHING): number {
  return (sum + 1) / (count + 2);
}

function key(agent: string, domain: string): string {
  return JSON.stringify([agent, domain]);
}

/** A statement of a method to which the probability is all. */
function same(probability: number): Statement {
  return { probability, advice: probability, exploring: probability };
}

function ofEach(statement: (query: TaskQuery, agent: string) => Statement): Fitted {
  return { state: (query, agents) => agents.map((agent) => statement(query, agent)) };
}
