import type { McpServer } from "@modelcontextprotocol/server";
import type { z } from "zod";

import type { TelemetryAnalyzer } from "../analyzer.js";
import type { WorkflowDetail } from "../analyze/workflow-detail.js";
import type { AgentSelector } from "../selector.js";
import { TelemetryLogger } from "../record/logger.js";

/** What the tools work with. */
export interface ToolContext {
  readonly analyzer: TelemetryAnalyzer;
  readonly selector: AgentSelector;
  readonly recorder: Recorder;
}

/** A logger that says what it could not write: a tool must not say that something is recorded when it is not. */
export interface Recorder {
  readonly logger: TelemetryLogger;
  /** Why the last line was lost that was. */
  readonly lastError: () => Error | undefined;
}

/** Records into a telemetry directory, and nowhere else. */
export function openRecorder(directory: string): Recorder {
  let last: Error | undefined;
  const onError = (error: Error) => {
    last = error;
  };
  return { logger: new TelemetryLogger({ directory, endpoint: null, onError }), lastError: () => last };
}

/** What a tool gives: one sentence for whoever reads, and the same as data. */
interface ToolAnswer<O> {
  readonly text: string;
  readonly data: O;
}

/** What an agent can do something about: the message names the cause and the way out. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

interface Tool<I extends z.ZodObject, O extends z.ZodType> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  /** What it records with, if it does. */
  readonly writes?: Recorder;
  readonly run: (input: z.infer<I>) => Promise<ToolAnswer<z.infer<O>>>;
}

/** Offers a tool. What goes wrong is an answer that says so, not an exception. */
export function addTool<I extends z.ZodObject, O extends z.ZodType>(server: McpServer, tool: Tool<I, O>): void {
  const { name, title, description, input, output, writes, run } = tool;
  server.registerTool(
    name,
    {
      title,
      description,
      // A mistyped name would lose what it was meant to say.
      inputSchema: input.strict(),
      outputSchema: output,
      annotations: { readOnlyHint: !writes, destructiveHint: false, idempotentHint: !writes, openWorldHint: false },
    },
    (async (given: z.infer<I>) => {
      try {
        const { text, data } = await (writes ? recorded(writes, () => run(given)) : run(given));
        return { content: [{ type: "text", text }], structuredContent: data };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { content: [{ type: "text", text: message }], isError: true };
      }
    }) as never,
  );
}

/** @throws {ToolError} when a line was lost meanwhile */
async function recorded<T>({ logger, lastError }: Recorder, work: () => Promise<T>): Promise<T> {
  if (!logger.enabled) throw new ToolError("recording is turned off (OAK_TELEMETRY_ENABLED): nothing was recorded");
  const lost = logger.dropped;
  const result = await work();
  // Lines that follow each other within a millisecond are written when the running job has ended.
  await new Promise((resolve) => setImmediate(resolve));
  if (logger.dropped === lost) return result;
  throw new ToolError(`not recorded: ${lastError()?.message ?? "it cannot be written"} (in ${logger.directory})`);
}

/** @throws {ToolError} naming ids that look like it */
export async function workflowOf({ analyzer }: ToolContext, workflow_id: string): Promise<WorkflowDetail> {
  const workflow = await analyzer.getWorkflow(workflow_id);
  if (workflow) return workflow;
  const near = await analyzer.findWorkflowIds(workflow_id);
  const { workflows } = await analyzer.listWorkflows({ status: "running" }, { limit: 5 });
  const others = near.length > 0 ? near.slice(0, 5) : workflows.map((other) => other.workflow_id);
  throw new ToolError(
    others.length > 0
      ? `there is no workflow ${workflow_id}: did you mean ${others.join(" or ")}?`
      : `there is no workflow ${workflow_id}, and none is running: call start_workflow first`,
  );
}

/** @throws {ToolError} when it has ended */
export async function runningWorkflow(context: ToolContext, workflow_id: string): Promise<WorkflowDetail> {
  const workflow = await workflowOf(context, workflow_id);
  if (workflow.ended_at !== null)
    throw new ToolError(`workflow ${workflow_id} has ended (${workflow.status}): call start_workflow for a new one`);
  return workflow;
}
