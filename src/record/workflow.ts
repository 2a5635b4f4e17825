import { AsyncLocalStorage } from "node:async_hooks";

import * as check from "./arguments.js";
import type { TelemetryLogger } from "./logger.js";
import { reportFields, type InvocationReport } from "./report.js";

/** What a workflow is started with. */
export interface WorkflowOptions {
  /** Human-readable name of the project. */
  readonly project_name: string;
  /** Agents in the order in which they are meant to run. */
  readonly agent_plan: readonly string[];
  /** Expected wall time in seconds. */
  readonly estimated_duration?: number | null;
  /** Generated when not given. */
  readonly workflow_id?: string;
}

/** What is known of a run before it starts. */
export interface RunOptions {
  /** Kind of agent: development, quality, security, … */
  readonly agent_type?: string | null;
  readonly task_type?: string | null;
  /** The run inside which it is started does not wait for it. */
  readonly detached?: boolean | null;
  /** Probability with which this agent was chosen, as an exploring recommendation states it; not if it was overruled. */
  readonly propensity?: number | null;
  readonly state_features?: Readonly<Record<string, unknown>> | null;
  /** By default that of the agent's definition file, where there is one; null: not known. */
  readonly definition_hash?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  /** What this run hands to the next one; more can be declared while it runs. */
  readonly artifacts?: readonly string[];
}

/** How a workflow ended. */
export interface WorkflowOutcome {
  readonly workflow_id: string;
  readonly status: "completed" | "failed" | "cancelled";
  /** Wall time in seconds. */
  readonly duration_seconds: number;
  /** Agents in order of their start. */
  readonly agents_executed: readonly string[];
}

/** One run of an agent inside a workflow, as the function that does the work sees it. */
export class Run {
  readonly #artifacts: string[] = [];
  #report: InvocationReport = {};

  constructor(
    readonly workflow: Workflow,
    readonly agent_name: string,
    readonly invocation_id: string,
    artifacts: readonly string[],
  ) {
    this.#artifacts.push(...artifacts);
  }

  /** What this run hands to the next one. */
  get artifacts(): readonly string[] {
    return this.#artifacts;
  }

  /** Declares what this run hands to the next one: paths or names. */
  declareArtifacts(...artifacts: string[]): void {
    this.#artifacts.push(...check.texts("artifacts", artifacts));
  }

  /**
   * Says more about the run than that it returned or threw: tools and files it used, tests, or an outcome such as
   * `partial`. It is written when the run ends; a later call wins field by field.
   *
   * @throws {ArgumentError}
   */
  report(fields: InvocationReport): void {
    reportFields(fields);
    // A copy, as it will be written: what the caller does to its lists later is not checked.
    const copy = JSON.parse(check.fieldsToJson(fields)) as InvocationReport;
    const known = Object.entries(copy).filter(([, value]) => value !== null);
    this.#report = { ...this.#report, ...Object.fromEntries(known) };
  }

  /** What was reported so far. */
  get reported(): InvocationReport {
    return this.#report;
  }
}

/** When a run started and ended, counted in starts and ends of runs, which never tie as clocks do. */
interface Step {
  readonly run: Run;
  readonly start: number;
  end: number;
}

/** The run inside which the current code executes, across awaits. */
const currentRun = new AsyncLocalStorage<Run>();

/**
 * A workflow in progress. It times its runs, records their outcomes, the handoffs between them and which run started
 * which, and works out the workflow's own duration, success and agents.
 *
 * @example
 * const workflow = startWorkflow({ project_name: "Shop", agent_plan: ["architect", "developer"] });
 * try {
 *   const design = await workflow.run("architect", "Design the API", async (run) => {
 *     run.declareArtifacts("docs/api.md");
 *     return await architect.ask("…");
 *   });
 *   await workflow.run("developer", "Build the API", () => developer.ask(design));
 *   workflow.complete();
 * } catch (error) {
 *   workflow.complete({ success: false });
 *   throw error;
 * }
 */
export class Workflow {
  readonly workflow_id: string;
  readonly project_name: string;
  readonly agent_plan: readonly string[];
  readonly #logger: TelemetryLogger;
  readonly #startedAt = performance.now();
  readonly #executed: string[] = [];
  /** Runs that are under way. */
  readonly #open = new Set<Step>();
  /** Runs that failed and that no later run of the same agent has made good. */
  #failures: Step[] = [];
  /** For each parent (undefined: the workflow itself), the finished runs that nothing finished has followed yet. */
  readonly #frontiers = new Map<Run | undefined, Step[]>();
  #ticks = 0;
  #outcome: WorkflowOutcome | undefined;

  constructor(logger: TelemetryLogger, options: WorkflowOptions) {
    this.#logger = logger;
    this.workflow_id = logger.logWorkflowStart(options);
    this.project_name = options.project_name;
    this.agent_plan = [...options.agent_plan];
  }

  /** `running` until {@link complete} or {@link cancel} was called. */
  get status(): "running" | WorkflowOutcome["status"] {
    return this.#outcome?.status ?? "running";
  }

  /**
   * Runs `work` as an invocation of `agent`: times it, records its outcome and the handoff from the runs before it.
   * A run started inside another, however many awaits deep, becomes its child. Runs may overlap (`Promise.all`).
   *
   * When `work` throws, the run is recorded as a failure (as `unknown` when it was aborted, see `AbortController`)
   * and the error is thrown on.
   *
   * @param agent name of the agent
   * @param task what it is to do
   * @param work the work itself; its value is handed through
   * @throws {ArgumentError} for wrong arguments
   * @throws {Error} when the workflow has ended
   */
  async run<T>(agent: string, task: string, work: (run: Run) => T | Promise<T>, options: RunOptions = {}): Promise<T> {
    if (typeof work !== "function") throw new check.ArgumentError("work", "must be a function");
    check.record("options", options);
    if (this.#outcome) throw new Error(`workflow ${this.workflow_id} is ${this.status}: no run can start in it`);
    const parent = currentRun.getStore();
    const { artifacts, ...features } = options;
    const declared = check.optionalTexts("artifacts", artifacts) ?? [];
    const invocation_id = this.#logger.logInvocation({
      ...features,
      agent_name: agent,
      task_description: check.text("task", task),
      workflow_id: this.workflow_id,
      parent_invocation_id: parent?.invocation_id,
    });
    const run = new Run(this, agent, invocation_id, declared);
    const step: Step = { run, start: ++this.#ticks, end: 0 };
    this.#executed.push(agent);
    this.#open.add(step);
    this.#recordHandoffs(parent, agent);

    const startedAt = performance.now();
    let outcome: InvocationReport = { outcome_status: "failure" };
    try {
      const value = await currentRun.run(run, () => work(run));
      outcome = { outcome_status: "success" };
      return value;
    } catch (error) {
      outcome = failureOf(error);
      throw error;
    } finally {
      this.#finish(step, parent, { duration_seconds: secondsSince(startedAt), ...outcome });
    }
  }

  /**
   * Records that the workflow ran to its end. Calling it again, or after {@link cancel}, changes nothing.
   *
   * @param outcome `success` overrules what the runs say: by default the workflow succeeded unless a run failed that
   *   the same agent did not make good by a later run
   * @throws {Error} when runs are still under way, so that nobody can know whether it succeeded, and none has failed
   */
  complete(outcome: { readonly success?: boolean | undefined } = {}): WorkflowOutcome {
    const given = check.optionalFlag("success", outcome.success);
    if (this.#outcome) return this.#outcome;
    const success = given ?? this.#failures.length === 0;
    const [open] = this.#open;
    if (given === null && success && open)
      throw new Error(`${open.run.agent_name} is still running in workflow ${this.workflow_id}: await it first`);
    const { workflow_id, duration_seconds, agents_executed } = this.#end(success ? "completed" : "failed");
    this.#logger.logWorkflowComplete({ workflow_id, duration_seconds, success, agents_executed });
    return this.#outcome!;
  }

  /** Records that the workflow was given up on purpose. Calling it again, or after {@link complete}, changes nothing. */
  cancel(reason?: string): WorkflowOutcome {
    const text = check.optionalText("reason", reason);
    if (this.#outcome) return this.#outcome;
    const { workflow_id, duration_seconds, agents_executed } = this.#end("cancelled");
    this.#logger.logWorkflowCancelled({ workflow_id, reason: text, duration_seconds, agents_executed });
    return this.#outcome!;
  }

  #end(status: WorkflowOutcome["status"]): WorkflowOutcome {
    this.#outcome = {
      workflow_id: this.workflow_id,
      status,
      duration_seconds: secondsSince(this.#startedAt),
      agents_executed: [...this.#executed],
    };
    return this.#outcome;
  }

  #recordHandoffs(parent: Run | undefined, to_agent: string): void {
    for (const { run } of this.#frontiers.get(parent) ?? []) {
      this.#logger.logAgentHandoff({
        workflow_id: this.workflow_id,
        from_agent: run.agent_name,
        to_agent,
        artifacts: run.artifacts,
      });
    }
  }

  /**
   * The finished run takes the place of those that ended before it started: whoever starts next follows this one.
   * Runs that overlapped it stay, so that a join gets a handoff from each of them.
   */
  #finish(step: Step, parent: Run | undefined, outcome: InvocationReport): void {
    step.end = ++this.#ticks;
    this.#open.delete(step);
    const frontier = (this.#frontiers.get(parent) ?? []).filter((earlier) => earlier.end > step.start);
    this.#frontiers.set(parent, [...frontier, step]);
    this.#frontiers.delete(step.run);

    // A run that threw did not succeed, whatever it had reported before.
    const threw = outcome.outcome_status !== "success";
    const report = threw ? { ...step.run.reported, ...outcome } : { ...outcome, ...step.run.reported };
    const { agent_name } = step.run;
    if (report.outcome_status === "failure") this.#failures.push(step);
    // Only a run that started after the failure can have known of it.
    else if (report.outcome_status === "success")
      this.#failures = this.#failures.filter(
        (failed) => failed.run.agent_name !== agent_name || failed.end > step.start,
      );
    this.#logger.updateInvocation({ invocation_id: step.run.invocation_id, ...report });
  }
}

function secondsSince(startedAt: number): number {
  return Math.round(performance.now() - startedAt) / 1000;
}

/** Never throws, whatever was thrown: the caller must get its own error, not one of ours. */
function failureOf(error: unknown): InvocationReport {
  const { name, message } = error instanceof Error ? error : { name: "", message: describe(error) };
  return {
    outcome_status: name === "AbortError" ? "unknown" : "failure",
    error_message: typeof message === "string" && message !== "" ? message : describe(name),
  };
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something that is no text was thrown";
  }
}
