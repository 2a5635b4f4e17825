/** How much of the outcomes' variance is due to what: prior variances of the model's effects, and the noise of one run. */
export interface Variances {
  /** Of an agent's effect on every task. */
  readonly agent: number;
  /** Of a domain's effect, whoever works in it. */
  readonly domain: number;
  readonly agent_domain: number;
  /** Of the effect of a task's words, whoever does it. */
  readonly text: number;
  readonly agent_text: number;
  /** Of what an agent does better or worse at one task, beyond what its words say: the same again for each repeat. */
  readonly agent_task: number;
  /** Of what differs between repeats of the same task by the same agent. */
  readonly noise: number;
}

/** In the middle of what maximum-likelihood fits gave on four outcome tables. */
export const VARIANCES: Variances = {
  agent: 0.015,
  domain: 0.01,
  agent_domain: 0.015,
  text: 0.06,
  agent_text: 0.04,
  agent_task: 0.04,
  noise: 0.06,
};

/** How much the agents' effects may differ from the usual ones. */
const AGENTS = [1 / 2, 2];

/** Domains matter hardly, as usual, or agents are specialists of them. */
const DOMAINS = [
  { shared: 1 / 10, own: 1 / 10 },
  { shared: 1, own: 1 },
  { shared: 1.5, own: 3.5 },
];

/** Words matter hardly, some, or as usual. */
const TEXTS = [1 / 15, 1 / 3, 1];

/**
 * How much of one run's noise, which is the same in all, repeats of a task by an agent have in common: as usual, or hardly
 * any. Both are as likely before anything is seen.
 */
export const NOISES: readonly Pick<Variances, "agent_task" | "noise">[] = [
  { agent_task: VARIANCES.agent_task, noise: VARIANCES.noise },
  { agent_task: 0.005, noise: 0.095 },
];

/**
 * The kinds of histories that are thought possible before anything is seen, all as likely: every combination of strong
 * and weak effects, within the range of those fits. The noise is the usual in all. Kinds that differ in agents and domains
 * alone follow each other: they share a factor.
 *
 * @param domains whether any domain is known; without, they make no difference
 */
export function kindsOfHistory(domains: boolean): Variances[] {
  const kinds: Variances[] = [];
  for (const text of TEXTS)
    for (const agent of AGENTS)
      for (const { shared, own } of domains ? DOMAINS : DOMAINS.slice(1, 2))
        kinds.push({
          ...VARIANCES,
          agent: VARIANCES.agent * agent,
          domain: VARIANCES.domain * shared,
          agent_domain: VARIANCES.agent_domain * own,
          text: VARIANCES.text * text,
          agent_text: VARIANCES.agent_text * text,
        });
  return kinds;
}

/**
 * Variance of an observation around what its features say.
 *
 * @param weight of its runs together
 * @param repeats whether its runs are repeats of one task, whose words are known
 */
export function noiseOf(variances: Variances, weight: number, repeats: boolean): number {
  const { agent_task, noise } = variances;
  return repeats ? agent_task + noise / weight : (agent_task + noise) / weight;
}
