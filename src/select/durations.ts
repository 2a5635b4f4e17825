import type { Evidence } from "./evidence.js";

/** Runs that the durations of all agents together count as, beside the agent's own. */
const KAPPA = 5;

/**
 * How long a run of each agent typically takes, in seconds: the geometric mean of its durations, drawn towards that of
 * all runs as if {@link KAPPA} of those were the agent's own. Its logarithm is the posterior mean of a normal model.
 */
export class Durations {
  readonly #byAgent = new Map<string, number>();
  readonly #all: number | null;

  constructor({ agents, observations }: Evidence) {
    const sums = agents.map(() => ({ weight: 0, logs: 0 }));
    const all = { weight: 0, logs: 0 };
    for (const { agent, runs } of observations)
      for (const { run, weight } of runs) {
        if (run.duration_seconds === null || !(run.duration_seconds > 0)) continue;
        for (const sum of [sums[agent]!, all]) {
          sum.weight += weight;
          sum.logs += weight * Math.log(run.duration_seconds);
        }
      }
    this.#all = all.weight > 0 ? all.logs / all.weight : null;
    if (this.#all === null) return;
    for (const [i, { weight, logs }] of sums.entries())
      this.#byAgent.set(agents[i]!, Math.exp((logs + KAPPA * this.#all) / (weight + KAPPA)));
  }

  /** `null` when no run of any agent has a duration. */
  of(agent: string): number | null {
    return this.#all === null ? null : (this.#byAgent.get(agent) ?? Math.exp(this.#all));
  }
}
