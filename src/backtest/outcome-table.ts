/** A task of an outcome table. */
export interface Task {
  readonly task_id: string;
  /** Label of its kind; `null`: not known. */
  readonly domain: string | null;
  readonly text: string;
}

/** What came of one trial of an agent at a task. */
export interface TrialOutcome {
  readonly task_id: string;
  readonly agent_name: string;
  /** Label; trials are in order of their number, or of their text. */
  readonly trial: string;
  /** 1 success, 0 failure, or in between. */
  readonly success: number;
  readonly duration_seconds: number | null;
}

/**
 * What every agent achieves at every task, as far as that was tried. Tasks, agents and trials are numbered; what was not
 * tried is NaN.
 */
export class OutcomeTable {
  readonly tasks: readonly Task[];
  /** In order of their names. */
  readonly agents: readonly string[];
  /** In order. */
  readonly trials: readonly string[];
  readonly #success: Float64Array;
  readonly #duration: Float64Array;

  /** @param outcomes of tasks that are among `tasks`; of the same trial given twice, the last counts */
  constructor(tasks: readonly Task[], outcomes: readonly TrialOutcome[]) {
    this.tasks = tasks;
    this.agents = [...new Set(outcomes.map(({ agent_name }) => agent_name))].toSorted();
    this.trials = [...new Set(outcomes.map(({ trial }) => trial))].toSorted(byNumberOrText);
    const size = tasks.length * this.agents.length * this.trials.length;
    this.#success = new Float64Array(size).fill(Number.NaN);
    this.#duration = new Float64Array(size).fill(Number.NaN);
    const taskOf = numbering(tasks.map(({ task_id }) => task_id));
    const agentOf = numbering(this.agents);
    const trialOf = numbering(this.trials);
    for (const { task_id, agent_name, trial, success, duration_seconds } of outcomes) {
      const place = this.#place(taskOf.get(task_id)!, agentOf.get(agent_name)!, trialOf.get(trial)!);
      this.#success[place] = success;
      this.#duration[place] = duration_seconds ?? Number.NaN;
    }
  }

  /** What came of one trial; NaN when there was none. */
  success(task: number, agent: number, trial: number): number {
    return this.#success[this.#place(task, agent, trial)]!;
  }

  /** How long it took, in seconds. */
  duration(task: number, agent: number, trial: number): number | null {
    const seconds = this.#duration[this.#place(task, agent, trial)]!;
    return Number.isNaN(seconds) ? null : seconds;
  }

  /** Those of some trials that were made. */
  made(task: number, agent: number, trials: readonly number[]): number[] {
    return trials.filter((trial) => !Number.isNaN(this.success(task, agent, trial)));
  }

  /** Mean success over some trials; NaN when none of them was made. */
  rate(task: number, agent: number, trials: readonly number[]): number {
    let sum = 0;
    let count = 0;
    for (const trial of trials) {
      const success = this.success(task, agent, trial);
      if (Number.isNaN(success)) continue;
      sum += success;
      count += 1;
    }
    return sum / count;
  }

  #place(task: number, agent: number, trial: number): number {
    return (task * this.agents.length + agent) * this.trials.length + trial;
  }
}

function numbering(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, i) => [name, i]));
}

function byNumberOrText(a: string, b: string): number {
  return Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0);
}
