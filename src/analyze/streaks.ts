/** Runs of an agent that failed one after the other, up to its latest run that succeeded or failed. */
export interface FailureStreak {
  readonly agent_name: string;
  readonly failures: number;
  /** Start of the first and of the last of them: ISO 8601. */
  readonly since: string;
  readonly until: string;
  /** What the last of them says, if anything. */
  readonly last_error: string | null;
}
