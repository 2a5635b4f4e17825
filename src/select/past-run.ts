/** One ended run, as selection sees it. Runs whose outcome is not known, and runs under way, are not evidence. */
export interface PastRun {
  readonly invocation_id: string;
  readonly agent_name: string;
  readonly task_description: string;
  /** Label of the kind of task, compared for equality; `null`: not known. */
  readonly domain: string | null;
  /** How well it went: 1 success, 0 failure, in between where judged finer. */
  readonly outcome: number;
  /** How much it counts as evidence, in (0, 1]. */
  readonly weight: number;
  /** When it started, ms since the epoch. */
  readonly at: number;
  readonly duration_seconds: number | null;
  /** Hash of the agent's definition at the time; `null`: not known. */
  readonly definition_hash: string | null;
}

/** A task that an agent is sought for. */
export interface TaskQuery {
  readonly task_description: string;
  /** Labels of past runs that count as the same domain; none: not known. */
  readonly domains: readonly string[];
}
