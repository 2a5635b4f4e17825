/**
 * How much of the outcomes' variance is due to what: the prior variances of the model's effects, and the noise of one
 * run. They are in the middle of what maximum-likelihood fits gave on four outcome tables.
 */
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

export const VARIANCES: Variances = {
  agent: 0.015,
  domain: 0.01,
  agent_domain: 0.015,
  text: 0.06,
  agent_text: 0.04,
  agent_task: 0.04,
  noise: 0.06,
};
