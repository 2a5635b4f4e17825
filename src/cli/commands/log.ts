import { InvalidArgumentError, Option, type Command } from "commander";

import type {
  AgentHandoffArguments,
  InvocationArguments,
  InvocationUpdateArguments,
  SuccessMetricArguments,
  WorkflowCancelledArguments,
  WorkflowCompleteArguments,
  WorkflowStartArguments,
} from "../../record/calls.js";
import type { TelemetryLogger } from "../../record/logger.js";
import { OUTCOME_STATUSES } from "../../event/events.js";
import { isObject } from "../../event/object.js";
import { CommandError } from "../errors.js";
import { commonOptions, time, type CommonOptions } from "../options.js";
import { note, printJson, write } from "../terminal.js";

/** What every `oak log` command understands besides the fields of its event. */
interface LogOptions extends CommonOptions {
  readonly sessionId?: string;
}

/** `--no-definition-hash` gives false. */
type InvocationOptions = Omit<InvocationArguments, "definition_hash"> & { readonly definition_hash?: string | false };

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

  addWorkflowEvents(log);
  addInvocationEvents(log);
}

function addWorkflowEvents(log: Command): void {
  command(log, "workflow-start", "a multi-agent workflow begins; prints its workflow_id")
    .option("--workflow-id <id>", "generated when not given")
    .requiredOption("--project-name <name>", "human-readable name of the project")
    .option("--agent-plan <agents...>", "agents in the order in which they are meant to run", names, [])
    .option("--estimated-duration <seconds>", "expected wall time", seconds)
    .action(record("workflow_id", (logger, fields: WorkflowStartArguments) => logger.logWorkflowStart(fields)));

  command(log, "handoff", "artifacts pass from one agent to the next; prints the event_id")
    .requiredOption("--workflow-id <id>", "workflow this handoff belongs to")
    .requiredOption("--from-agent <name>", "agent that produced the artifacts")
    .requiredOption("--to-agent <name>", "agent that will use them")
    .option("--artifacts <paths...>", "paths or names of what is handed over", [])
    .action(record("event_id", (logger, fields: AgentHandoffArguments) => logger.logAgentHandoff(fields)));

  command(log, "workflow-complete", "a workflow ran to its end, well or badly; prints its workflow_id")
    .requiredOption("--workflow-id <id>", "workflow that ended")
    .requiredOption("--duration-seconds <seconds>", "wall time", seconds)
    .requiredOption("--success [boolean]", "true or false", boolean)
    .option("--agents-executed <agents...>", "agents that really ran, in order", names, [])
    .action(record("workflow_id", (logger, fields: WorkflowCompleteArguments) => logger.logWorkflowComplete(fields)));

  command(log, "workflow-cancelled", "a workflow was given up on purpose; prints its workflow_id")
    .requiredOption("--workflow-id <id>", "workflow that was given up")
    .option("--reason <text>")
    .option("--duration-seconds <seconds>", "wall time until then", seconds)
    .option("--agents-executed <agents...>", "agents that ran, in order", names)
    .action(record("workflow_id", (logger, fields: WorkflowCancelledArguments) => logger.logWorkflowCancelled(fields)));
}

function addInvocationEvents(log: Command): void {
  command(log, "invocation", "an agent starts to run; prints its invocation_id")
    .option("--invocation-id <id>", "generated when not given")
    .requiredOption("--agent-name <name>")
    .option("--agent-type <type>", "development, quality, security, …")
    .option("--task-description <text>")
    .option("--task-type <type>", "kind of task")
    .option("--workflow-id <id>", "workflow that it belongs to")
    .option("--detached", "the parent does not wait for it")
    .option("--parent-invocation-id <id>", "invocation that started this one")
    .option("--spec-id <id>", "specification that it works on")
    .option("--spec-section <sections...>", "sections of that specification")
    .option("--agent-variant <id>", "variant of the agent")
    .option("--definition-hash <hash>", "version of its definition (default: that of .claude/agents/**/NAME.md)")
    .option("--no-definition-hash", "do not look for its definition")
    .option("--q-value <number>", "value of this choice to a learner", number)
    .option("--exploration <boolean>", "true or false: chosen to learn?", boolean)
    .option("--propensity <p>", "probability with which it was chosen, as oak recommend --explore states it", number)
    .option("--learning-enabled <boolean>", "true or false", boolean)
    .option("--state-features <json>", "features of the task, as a JSON object", object)
    .option("--metadata <json>", "anything else, as a JSON object", object)
    .action(
      record("invocation_id", (logger, { definition_hash, ...fields }: InvocationOptions) =>
        logger.logInvocation({ ...fields, definition_hash: definition_hash === false ? null : definition_hash }),
      ),
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
    .option("--metadata <json>", 'anything else, in place of what the start said: {"output_tokens": 900}', object)
    .action(record("invocation_id", (logger, fields: InvocationUpdateArguments) => logger.updateInvocation(fields)));

  command(log, "metric", "a judgement of an invocation; prints the event_id")
    .requiredOption("--invocation-id <id>")
    .requiredOption("--success [boolean]", "did the agent accomplish the task? true or false", boolean)
    .requiredOption("--quality-rating <number>", "1 (useless) to 5 (excellent)", number)
    .option("--feedback-source <source>", "human, automated_tests, build_system, linter, …", "human")
    .option("--feedback-notes <text>")
    .option("--would-use-again <boolean>", "true or false", boolean)
    .option("--alternative-agent-suggested <name>")
    .action(record("event_id", (logger, fields: SuccessMetricArguments) => logger.logSuccessMetric(fields)));
}

function command(log: Command, name: string, description: string): Command {
  return commonOptions(log.command(name))
    .description(description)
    .option("--timestamp <time>", "when it happened: ISO 8601 (default: now)", time)
    .option("--session-id <id>", "what ties the events of several calls together (default: a new one)");
}

/**
 * Makes a command that records: its options are the fields of the event, checked by the recorder. Prints the id that
 * `make` gives, and says when nothing could be written.
 */
function record(id: string, make: (logger: TelemetryLogger, fields: never) => string) {
  return async ({ dir, json, sessionId, ...options }: LogOptions): Promise<void> => {
    const { ArgumentError, DeliveryError, TelemetryLogger: Logger } = await import("../../record/index.js");
    let failure = undefined as Error | undefined;
    try {
      const logger = new Logger({ directory: dir, session_id: sessionId, onError: (error) => (failure = error) });
      const value = make(logger, withFieldNames(options) as never);
      logger.close();
      await logger.flush();
      if (failure) {
        const waits = failure instanceof DeliveryError && logger.dropped === 0;
        if (!waits) throw new CommandError(`the event was not recorded: ${failure.message}`);
        note(`oak: the event was not sent yet: ${failure.message}`);
      }
      if (json) printJson({ [id]: value });
      else write(`${value}\n`);
    } catch (error) {
      // A wrong argument of the recorder is a wrong option of the command.
      throw error instanceof ArgumentError ? new CommandError(error.message, 2) : error;
    }
  };
}

/** `--workflow-id` is the field `workflow_id`, which commander calls `workflowId`. */
function withFieldNames(options: object): object {
  const fieldName = (option: string) => option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(options).map(([option, value]) => [fieldName(option), value as unknown]));
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
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(`It must be a JSON object, such as '{"task": {"type": "api"}}'.`);
}
