import type { OutcomeTable } from "./outcome-table.js";
import { below, shuffled, type Random } from "./random.js";

/** So many agents at random. Of two alike, methods take the first, so the order is random too. */
export function randomPool(table: OutcomeTable, size: number, random: Random): number[] {
  const agents = table.agents.map((_, i) => i);
  return shuffled(agents, random).slice(0, size);
}

/**
 * So many agents that complement each other. The first at random; then one by one always the agent that adds most to the
 * advantage of choosing: the success of the best agent of each task less that of the agent that is best overall, on a
 * random half of the tasks.
 */
export function completePool(table: OutcomeTable, size: number, random: Random): number[] {
  const trials = table.trials.map((_, i) => i);
  const tasks = shuffled(
    table.tasks.map((_, i) => i),
    random,
  ).slice(0, Math.ceil(table.tasks.length / 2));
  const rates = table.agents.map((_, agent) =>
    Float64Array.from(tasks, (task) => table.rate(task, agent, trials) || 0),
  );
  const overall = rates.map((rate) => rate.reduce((sum, value) => sum + value, 0));
  const pool: number[] = [];
  const best = new Float64Array(tasks.length);
  let single = 0;
  const add = (agent: number) => {
    pool.push(agent);
    single = Math.max(single, overall[agent]!);
    for (const [i, value] of rates[agent]!.entries()) best[i] = Math.max(best[i]!, value);
  };
  add(below(rates.length, random));
  while (pool.length < size) {
    const advantages = rates.map((rate, agent) => {
      if (pool.includes(agent)) return Number.NEGATIVE_INFINITY;
      return rate.reduce((sum, value, i) => sum + Math.max(value, best[i]!), 0) - Math.max(single, overall[agent]!);
    });
    add(advantages.indexOf(Math.max(...advantages)));
  }
  return shuffled(pool, random);
}
