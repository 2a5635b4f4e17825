import { randomBytes, randomUUID } from "node:crypto";

import { formatTimestamp, parseTimestamp, steadyClock, type Clock } from "../event/clock.js";
import { findTelemetryDirectory, type LogKind } from "../event/directory.js";
import type { InvocationStart, TelemetryEvent } from "../event/events.js";
import { toJson } from "../event/json.js";
import * as check from "./arguments.js";
import type {
  AgentHandoffArguments,
  EventOptions,
  InvocationArguments,
  InvocationUpdateArguments,
  LoggerOptions,
  SuccessMetricArguments,
  WorkflowCancelledArguments,
  WorkflowCompleteArguments,
  WorkflowStartArguments,
} from "./calls.js";
import { Delivery } from "./delivery.js";
import { DefinitionHashes } from "./definition-hashes.js";
import { recordingEnabled } from "./enabled.js";
import { Failures } from "./failures.js";
import { reportFields } from "./report.js";
import { Workflow, type WorkflowOptions } from "./workflow.js";

/** Fields that few invocations have. */
const RARE_FIELDS = [
  "detached",
  "spec_id",
  "spec_section",
  "agent_variant",
  "task_type",
  "q_value",
  "exploration",
  "learning_enabled",
  "metadata",
] as const satisfies (keyof InvocationArguments)[];

function rareFields(fields: Pick<InvocationArguments, (typeof RARE_FIELDS)[number]>): Partial<InvocationStart> {
  return {
    detached: check.optionalFlag("detached", fields.detached) ?? false,
    spec_id: check.optionalText("spec_id", fields.spec_id),
    spec_section: check.optionalTexts("spec_section", fields.spec_section) ?? [],
    agent_variant: check.optionalText("agent_variant", fields.agent_variant),
    task_type: check.optionalText("task_type", fields.task_type),
    q_value: check.optionalNumber("q_value", fields.q_value),
    exploration: check.optionalFlag("exploration", fields.exploration),
    learning_enabled: check.optionalFlag("learning_enabled", fields.learning_enabled) ?? false,
    metadata: check.optionalObject("metadata", fields.metadata) ?? {},
  };
}

// Half of an invocation's line is the same in nearly every one: it is turned into JSON once.

const NOTHING_RARE = members(rareFields({}));

/** What an invocation that starts cannot know. */
const NOT_YET_KNOWN = members({
  reward: null,
  tools_used: [],
  duration_seconds: null,
  outcome: {
    status: "unknown",
    error_message: null,
    files_modified: [],
    files_created: [],
    tests_passed: null,
    build_succeeded: null,
  },
} satisfies Partial<InvocationStart>);

/** The fields of an object as they stand behind others in a line. */
function members(fields: object): string {
  return `,${check.fieldsToJson(fields).slice(1, -1)}`;
}

/**
 * Records workflows, handoffs, invocations and feedback as lines of JSON in a telemetry directory.
 *
 * Many loggers in many processes may write to one directory at once. A failure of the environment (disk full, no
 * permission, directory gone) never reaches the caller: it is reported through `onError` and the line is dropped.
 * A wrong argument throws an {@link ArgumentError} that names the field, at once, and nothing is written.
 *
 * A line is written before the call returns, unless it follows another within the same millisecond: then it is written
 * with others at the latest when the running JavaScript job ends or the process exits. Only a process that is killed
 * (SIGKILL) before that loses it; `fsync: true` writes every line at once.
 *
 * @example
 * const logger = new TelemetryLogger();
 * const workflow_id = logger.logWorkflowStart({ project_name: "Shop", agent_plan: ["architect", "developer"] });
 * const invocation_id = logger.logInvocation({ agent_name: "architect", agent_type: "design", task_description: "…", workflow_id });
 * logger.updateInvocation({ invocation_id, duration_seconds: 42, outcome_status: "success" });
 */
export class TelemetryLogger {
  readonly session_id: string;
  /** Absolute path of the telemetry directory; empty when none could be found. */
  readonly directory: string;
  /** False when turned off, or when no directory could be found: then nothing is written. */
  readonly enabled: boolean;
  readonly #clock: Clock;
  readonly #redact: LoggerOptions["redact"];
  readonly #failures: Failures;
  readonly #delivery: Delivery;
  /** Tells this logger's events from all others', together with the sequence. */
  readonly #writer = randomBytes(9).toString("base64url");
  readonly #session: string;
  /** Undefined: not looked for. */
  readonly #definitions: DefinitionHashes | undefined;
  #sequence = 0;
  /** The time of the last event, and as text: in a burst it is the same. */
  #now = Number.NaN;
  #timestamp = "";

  constructor(options: LoggerOptions = {}) {
    check.record("options", options);
    for (const name of ["redact", "onError", "clock"] as const) check.optionalFunction(name, options[name]);
    this.session_id = check.optionalId("session_id", options.session_id) ?? randomUUID();
    this.#session = JSON.stringify(this.session_id.toWellFormed());
    this.#failures = new Failures(options.onError);
    const enabled = check.optionalFlag("enabled", options.enabled) ?? recordingEnabled();
    const directory = this.#findDirectory(check.optionalId("directory", options.directory));
    this.directory = directory ?? "";
    this.enabled = enabled && directory !== undefined;
    const hashes = check.optionalFlag("definition_hashes", options.definition_hashes) ?? true;
    this.#definitions = this.enabled && hashes ? new DefinitionHashes() : undefined;
    this.#clock = steadyClock(options.clock);
    this.#redact = options.redact;
    this.#delivery = new Delivery(this, options, this.#failures);
  }

  /** Events that are lost: they could not be written, or a server refused them. */
  get dropped(): number {
    return this.#failures.dropped;
  }

  /**
   * Starts a workflow whose bookkeeping (times, outcomes, handoffs, agents executed) is done for you.
   *
   * @throws {ArgumentError}
   */
  startWorkflow(options: WorkflowOptions): Workflow {
    return new Workflow(this, options);
  }

  /**
   * Logs the start of a multi-agent workflow.
   *
   * @returns the `workflow_id`
   * @throws {ArgumentError}
   */
  logWorkflowStart(fields: WorkflowStartArguments): string {
    check.record("arguments", fields);
    const workflow_id = check.optionalId("workflow_id", fields.workflow_id) ?? `wf-${randomUUID()}`;
    this.#write("workflow", fields.timestamp, {
      event: "workflow_start",
      workflow_id,
      project_name: check.text("project_name", fields.project_name),
      agent_plan: check.texts("agent_plan", fields.agent_plan),
      estimated_duration: check.optionalSeconds("estimated_duration", fields.estimated_duration),
    });
    return workflow_id;
  }

  /**
   * Logs that artifacts pass from one agent to the next.
   *
   * @returns the `event_id`
   * @throws {ArgumentError}
   */
  logAgentHandoff(fields: AgentHandoffArguments): string {
    check.record("arguments", fields);
    return this.#write("workflow", fields.timestamp, {
      event: "agent_handoff",
      workflow_id: check.text("workflow_id", fields.workflow_id),
      from_agent: check.text("from_agent", fields.from_agent),
      to_agent: check.text("to_agent", fields.to_agent),
      artifacts: check.texts("artifacts", fields.artifacts),
    });
  }

  /**
   * Logs that a workflow ran to its end.
   *
   * @returns the `workflow_id`
   * @throws {ArgumentError}
   */
  logWorkflowComplete(fields: WorkflowCompleteArguments): string {
    check.record("arguments", fields);
    this.#write("workflow", fields.timestamp, {
      event: "workflow_complete",
      workflow_id: check.text("workflow_id", fields.workflow_id),
      duration_seconds: check.seconds("duration_seconds", fields.duration_seconds),
      success: check.flag("success", fields.success),
      agents_executed: check.texts("agents_executed", fields.agents_executed),
    });
    return fields.workflow_id;
  }

  /**
   * Logs that a workflow was given up on purpose, which is neither a success nor a failure.
   *
   * @returns the `workflow_id`
   * @throws {ArgumentError}
   */
  logWorkflowCancelled(fields: WorkflowCancelledArguments): string {
    check.record("arguments", fields);
    this.#write("workflow", fields.timestamp, {
      event: "workflow_cancelled",
      workflow_id: check.text("workflow_id", fields.workflow_id),
      reason: check.optionalText("reason", fields.reason),
      duration_seconds: check.optionalSeconds("duration_seconds", fields.duration_seconds),
      agents_executed: check.optionalTexts("agents_executed", fields.agents_executed),
    });
    return fields.workflow_id;
  }

  /**
   * Logs that an agent starts to run.
   *
   * @returns the `invocation_id`, which {@link updateInvocation} and {@link logSuccessMetric} refer to
   * @throws {ArgumentError}
   */
  logInvocation(fields: InvocationArguments): string {
    check.record("arguments", fields);
    const invocation_id = check.optionalId("invocation_id", fields.invocation_id) ?? randomUUID();
    const known: Partial<InvocationStart> = {
      event: "invocation_start",
      invocation_id,
      agent_name: check.text("agent_name", fields.agent_name),
      agent_type: check.optionalText("agent_type", fields.agent_type),
      task_description: check.optionalText("task_description", fields.task_description),
      state_features: check.optionalObject("state_features", fields.state_features) ?? {},
      parent_invocation_id: check.optionalId("parent_invocation_id", fields.parent_invocation_id),
      workflow_id: check.optionalId("workflow_id", fields.workflow_id),
    };
    const rare = RARE_FIELDS.some((field) => fields[field] !== undefined) ? members(rareFields(fields)) : NOTHING_RARE;
    const propensity = check.optionalProbability("propensity", fields.propensity);
    const chance = propensity === null ? "" : members({ propensity });
    const definition = this.#definitionOf(fields);
    this.#write("invocation", fields.timestamp, known, rare + chance + definition + NOT_YET_KNOWN);
    return invocation_id;
  }

  /** The version of the agent's definition as it stands in the line; empty when it is not known. */
  #definitionOf({ agent_name, definition_hash, timestamp }: InvocationArguments): string {
    if (definition_hash !== undefined) {
      const given = check.optionalId("definition_hash", definition_hash);
      return given === null ? "" : members({ definition_hash: given });
    }
    const at = check.optionalTimestamp("timestamp", timestamp);
    const hash = this.#definitions?.of(agent_name, at === undefined ? undefined : parseTimestamp(at));
    // Its digits stand in JSON as they are.
    return hash === null || hash === undefined ? "" : `,"definition_hash":"${hash}"`;
  }

  /**
   * Logs what became known about an invocation, as a rule that it ended. Fields that are not given stay as they are.
   * Nothing is rewritten: the line is appended, and readers merge by `invocation_id`.
   *
   * @returns the `invocation_id`
   * @throws {ArgumentError}
   */
  updateInvocation(fields: InvocationUpdateArguments): string {
    check.record("arguments", fields);
    const invocation_id = check.text("invocation_id", fields.invocation_id);
    this.#write("invocation", fields.timestamp, {
      event: "invocation_update",
      invocation_id,
      ...reportFields(fields),
    });
    return invocation_id;
  }

  /**
   * Logs a judgement of an invocation.
   *
   * @returns the `event_id`
   * @throws {ArgumentError}
   */
  logSuccessMetric(fields: SuccessMetricArguments): string {
    check.record("arguments", fields);
    return this.#write("feedback", fields.timestamp, {
      event: "success_metric",
      invocation_id: check.text("invocation_id", fields.invocation_id),
      success: check.flag("success", fields.success),
      quality_rating: check.rating("quality_rating", fields.quality_rating),
      feedback_source: check.optionalId("feedback_source", fields.feedback_source) ?? "human",
      feedback_notes: check.optionalText("feedback_notes", fields.feedback_notes),
      would_use_again: check.optionalFlag("would_use_again", fields.would_use_again),
      alternative_agent_suggested: check.optionalText(
        "alternative_agent_suggested",
        fields.alternative_agent_suggested,
      ),
    });
  }

  /** Closes the files. A later call opens them again. */
  close(): void {
    this.#delivery.close();
  }

  /**
   * Waits until what was recorded has arrived at the {@link LoggerOptions.endpoint}, or cannot for now; no longer than two
   * seconds. Needed only before a program is ended by `process.exit`; and what did not arrive is not lost, but sent by the
   * next logger with the same directory and endpoint.
   */
  async flush(): Promise<void> {
    await this.#delivery.flush();
  }

  /**
   * Writes the specification's fields in their order, then what this recorder adds.
   *
   * @param rest more fields, as they stand in the line
   */
  #write(kind: LogKind, timestamp: EventOptions["timestamp"], fields: Partial<TelemetryEvent>, rest = ""): string {
    const given = check.optionalTimestamp("timestamp", timestamp);
    const now = this.#clock();
    if (now !== this.#now) {
      this.#now = now;
      this.#timestamp = formatTimestamp(now);
    }
    const sequence = ++this.#sequence;
    const event_id = `${this.#writer}-${sequence}`;
    const line =
      `{"timestamp":"${given ?? this.#timestamp}",${check.fieldsToJson(fields).slice(1, -1)}${rest}` +
      `,"session_id":${this.#session},"event_id":"${event_id}","sequence":${sequence}}`;
    if (!this.enabled) return event_id;
    const redacted = this.#redact ? this.#redacted(line) : line;
    if (redacted === undefined) return event_id;
    this.#delivery.append(kind, redacted, now);
    return event_id;
  }

  #redacted(line: string): string | undefined {
    try {
      const event: unknown = this.#redact!(JSON.parse(line) as TelemetryEvent);
      if (event === undefined || event === null) return undefined;
      if (typeof event !== "object" || !("timestamp" in event && "event" in event))
        throw new TypeError("redact must give an event or nothing, and at once");
      return toJson(event);
    } catch (error) {
      this.#failures.drop(1, error);
      return undefined;
    }
  }

  /** Where to write is not found when the working directory was deleted, or nobody knows the user's home. */
  #findDirectory(given: string | null): string | undefined {
    try {
      return findTelemetryDirectory(given ?? undefined);
    } catch (error) {
      this.#failures.drop(0, error);
      return undefined;
    }
  }
}
