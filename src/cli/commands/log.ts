import { InvalidArgumentError, Option, type Command } from "commander";

import type { TelemetryLogger } from "../../record/logger.js";
import { OUTCOME_STATUSES, type OutcomeStatus } from "../../event/events.js";
import { CommandError } from "../errors.js";
import { commonOptions, time, type CommonOptions } from "../options.js";
import { print, printJson } from "../terminal.js";

/** What every `oak log` command understands. */
interface LogOptions extends CommonOptions {
  readonly timestamp?: string;
  readonly sessionId?: string;
}

/** The name and value of the id that a command prints. */
type Id = readonly [name: "workflow_id" | "invocation_id" | "event_id", value: string];

export function addLog(program: Command): void {
  const log = program
    .command("log")
    .description("record one event, from a script in any language; prints its id")
    .addHelpText(
      "after",
      `
Example:
  wf=$(oak log workflow-start --project-name Shop --agent-plan architect developer)
  inv=$(oak log invocation --agent-name architect --task-description "Design the API" --workflow-id "$wf")
  oak log update --invocation-id "$inv" --duration-seconds 42 --outcome-status success
  oak log handoff --workflow-id "$wf" --from-agent architect --to-agent developer --artifacts docs/api.md
  oak log workflow-complete --workflow-id "$wf" --duration-seconds 90 --success --agents-executed architect developer`,
    );

  command(log, "workflow-start", "a multi-agent workflow begins; prints its workflow_id")
    .option("--workflow-id <id>", "generated when not given")
    .requiredOption("--project-name <name>", "human-readable name of the project")
    .option("--agent-plan <agents...>", "agents in the order in which they are meant to run", names, [])
    .option("--estimated-duration <seconds>", "expected wall time", seconds)
    .action(
      record((logger, options: WorkflowStartOptions, timestamp) => [
        "workflow_id",
        logger.logWorkflowStart({
          workflow_id: options.workflowId,
          project_name: options.projectName,
          agent_plan: options.agentPlan,
          estimated_duration: options.estimatedDuration,
          timestamp,
        }),
      ]),
    );

  command(log, "handoff", "artifacts pass from one agent to the next; prints the event_id")
    .requiredOption("--workflow-id <id>", "workflow this handoff belongs to")
    .requiredOption("--from-agent <name>", "agent that produced the artifacts")
    .requiredOption("--to-agent <name>", "agent that will use them")
    .option("--artifacts <paths...>", "paths or names of what is handed over", [])
    .action(
      record((logger, options: HandoffOptions, timestamp) => [
        "event_id",
        logger.logAgentHandoff({
          workflow_id: options.workflowId,
          from_agent: options.fromAgent,
          to_agent: options.toAgent,
          artifacts: options.artifacts,
          timestamp,
        }),
      ]),
    );

  command(log, "workflow-complete", "a workflow ran to its end, well or badly; prints its workflow_id")
    .requiredOption("--workflow-id <id>", "workflow that ended")
    .requiredOption("--duration-seconds <seconds>", "wall time", seconds)
    .requiredOption("--success [boolean]", "true or false", boolean)
    .option("--agents-executed <agents...>", "agents that really ran, in order", names, [])
    .action(
      record((logger, options: WorkflowCompleteOptions, timestamp) => [
        "workflow_id",
        logger.logWorkflowComplete({
          workflow_id: options.workflowId,
          duration_seconds: options.durationSeconds,
          success: options.success,
          agents_executed: options.agentsExecuted,
          timestamp,
        }),
      ]),
    );

  command(log, "workflow-cancelled", "a workflow was given up on purpose; prints its workflow_id")
    .requiredOption("--workflow-id <id>", "workflow that was given up")
    .option("--reason <text>")
    .option("--duration-seconds <seconds>", "wall time until then", seconds)
    .option("--agents-executed <agents...>", "agents that ran, in order", names)
    .action(
      record((logger, options: WorkflowCancelledOptions, timestamp) => [
        "workflow_id",
        logger.logWorkflowCancelled({
          workflow_id: options.workflowId,
          reason: options.reason,
          duration_seconds: options.durationSeconds,
          agents_executed: options.agentsExecuted,
          timestamp,
        }),
      ]),
    );

  command(log, "invocation", "an agent starts to run; prints its invocation_id")
    .option("--invocation-id <id>", "generated when not given")
    .requiredOption("--agent-name <name>")
    .option("--agent-type <type>", "development, quality, security, …")
    .option("--task-description <text>")
    .option("--task-type <type>", "kind of task")
    .option("--workflow-id <id>", "workflow that it belongs to")
    .option("--parent-invocation-id <id>", "invocation that started this one")
    .option("--spec-id <id>", "specification that it works on")
    .option("--spec-section <sections...>", "sections of that specification")
    .option("--agent-variant <id>", "variant of the agent")
    .option("--q-value <number>", "value of this choice to a learner", number)
    .option("--exploration <boolean>", "true or false: chosen to learn?", boolean)
    .option("--learning-enabled <boolean>", "true or false", boolean)
    .option("--state-features <json>", "features of the task, as a JSON object", object)
    .option("--metadata <json>", "anything else, as a JSON object", object)
    .action(
      record((logger, options: InvocationOptions, timestamp) => [
        "invocation_id",
        logger.logInvocation({
          invocation_id: options.invocationId,
          agent_name: options.agentName,
          agent_type: options.agentType,
          task_description: options.taskDescription,
          task_type: options.taskType,
          workflow_id: options.workflowId,
          parent_invocation_id: options.parentInvocationId,
          spec_id: options.specId,
          spec_section: options.specSection,
          agent_variant: options.agentVariant,
          q_value: options.qValue,
          exploration: options.exploration,
          learning_enabled: options.learningEnabled,
          state_features: options.stateFeatures,
          metadata: options.metadata,
          timestamp,
        }),
      ]),
    );

  command(log, "update", "something became known about an invocation, as a rule that it ended; prints its id")
    .requiredOption("--invocation-id <id>")
    .option("--duration-seconds <seconds>", "run time", seconds)
    .addOption(new Option("--outcome-status <status>", "how it ended").choices(OUTCOME_STATUSES))
    .option("--error-message <text>")
    .option("--files-modified <paths...>")
    .option("--files-created <paths...>")
    .option("--tools-used <names...>")
    .option("--tests-passed <boolean>", "true or false", boolean)
    .option("--build-succeeded <boolean>", "true or false", boolean)
    .option("--reward <number>", "what a learner gets for it", number)
    .action(
      record((logger, options: UpdateOptions, timestamp) => [
        "invocation_id",
        logger.updateInvocation({
          invocation_id: options.invocationId,
          duration_seconds: options.durationSeconds,
          outcome_status: options.outcomeStatus,
          error_message: options.errorMessage,
          files_modified: options.filesModified,
          files_created: options.filesCreated,
          tools_used: options.toolsUsed,
          tests_passed: options.testsPassed,
          build_succeeded: options.buildSucceeded,
          reward: options.reward,
          timestamp,
        }),
      ]),
    );

  command(log, "metric", "a judgement of an invocation; prints the event_id")
    .requiredOption("--invocation-id <id>")
    .requiredOption("--success [boolean]", "did the agent accomplish the task? true or false", boolean)
    .requiredOption("--quality-rating <number>", "1 (useless) to 5 (excellent)", number)
    .option("--feedback-source <source>", "human, automated_tests, build_system, linter, …", "human")
    .option("--feedback-notes <text>")
    .option("--would-use-again <boolean>", "true or false", boolean)
    .option("--alternative-agent-suggested <name>")
    .action(
      record((logger, options: MetricOptions, timestamp) => [
        "event_id",
        logger.logSuccessMetric({
          invocation_id: options.invocationId,
          success: options.success,
          quality_rating: options.qualityRating,
          feedback_source: options.feedbackSource,
          feedback_notes: options.feedbackNotes,
          would_use_again: options.wouldUseAgain,
          alternative_agent_suggested: options.alternativeAgentSuggested,
          timestamp,
        }),
      ]),
    );
}

interface WorkflowStartOptions {
  workflowId?: string;
  projectName: string;
  agentPlan: string[];
  estimatedDuration?: number;
}

interface HandoffOptions {
  workflowId: string;
  fromAgent: string;
  toAgent: string;
  artifacts: string[];
}

interface WorkflowCompleteOptions {
  workflowId: string;
  durationSeconds: number;
  success: boolean;
  agentsExecuted: string[];
}

interface WorkflowCancelledOptions {
  workflowId: string;
  reason?: string;
  durationSeconds?: number;
  agentsExecuted?: string[];
}

interface InvocationOptions {
  invocationId?: string;
  agentName: string;
  agentType?: string;
  taskDescription?: string;
  taskType?: string;
  workflowId?: string;
  parentInvocationId?: string;
  specId?: string;
  specSection?: string[];
  agentVariant?: string;
  qValue?: number;
  exploration?: boolean;
  learningEnabled?: boolean;
  stateFeatures?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

interface UpdateOptions {
  invocationId: string;
  durationSeconds?: number;
  outcomeStatus?: OutcomeStatus;
  errorMessage?: string;
  filesModified?: string[];
  filesCreated?: string[];
  toolsUsed?: string[];
  testsPassed?: boolean;
  buildSucceeded?: boolean;
  reward?: number;
}

interface MetricOptions {
  invocationId: string;
  success: boolean;
  qualityRating: number;
  feedbackSource: string;
  feedbackNotes?: string;
  wouldUseAgain?: boolean;
  alternativeAgentSuggested?: string;
}

function command(log: Command, name: string, description: string): Command {
  return commonOptions(log.command(name))
    .description(description)
    .option("--timestamp <time>", "when it happened: ISO 8601 (default: now)", time)
    .option("--session-id <id>", "what ties the events of several calls together (default: a new one)");
}

/** Makes a command that records: opens the logger, prints the id, and says when nothing could be written. */
function record<O>(write: (logger: TelemetryLogger, options: O, timestamp: string | undefined) => Id) {
  return async (options: O & LogOptions): Promise<void> => {
    const { ArgumentError, TelemetryLogger: Logger } = await import("../../record/index.js");
    let failure: Error | undefined;
    try {
      const logger = new Logger({
        directory: options.dir,
        session_id: options.sessionId,
        onError: (error) => (failure = error),
      });
      const [name, value] = write(logger, options, options.timestamp);
      logger.close();
      if (failure) throw new CommandError(`the event was not recorded: ${failure.message}`);
      if (options.json) printJson({ [name]: value });
      else print(value);
    } catch (error) {
      // A wrong argument of the recorder is a wrong option of the command.
      throw error instanceof ArgumentError ? new CommandError(error.message, 2) : error;
    }
  };
}

/** Lists of agents may also be written with commas. */
function names(text: string, previous: readonly string[] | undefined): string[] {
  const list = text.split(",").map((name) => name.trim());
  return [...(previous ?? []), ...list.filter((name) => name !== "")];
}

function seconds(text: string): number {
  const value = number(text);
  if (value < 0) throw new InvalidArgumentError("It must be a number of seconds, 0 or more.");
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}

function boolean(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("It must be true or false.");
  return text === "true";
}

function object(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(`It must be a JSON object, such as '{"task": {"type": "api"}}'.`);
}
