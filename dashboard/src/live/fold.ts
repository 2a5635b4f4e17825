import type { RunDetail, WorkflowDetail } from "../../../src/analyze/workflow-detail.js";
import type { InvocationStart, InvocationUpdate, TelemetryEvent, WorkflowStart } from "../../../src/event/events.js";

/*
 * What the page knows of a running workflow, event by event. An event that is already in it changes nothing, so a
 * snapshot of the server and the events around it can be put together in any order.
 */

/** A workflow of which nothing but its beginning is known. */
export function begun(event: WorkflowStart): WorkflowDetail {
  const { workflow_id, project_name, timestamp, agent_plan, estimated_duration = null, session_id = null } = event;
  return {
    workflow_id,
    project_name,
    status: "running",
    success: null,
    started_at: timestamp,
    ended_at: null,
    duration_seconds: null,
    elapsed_seconds: 0,
    estimated_duration,
    agent_plan,
    agents: [],
    running_agents: [],
    idle_share: null,
    session_id,
    cancel_reason: null,
    observed_seconds: null,
    duration_mismatch: false,
    estimate_error: null,
    joined_by_session: false,
    plan: { adherence: null, missing: [], extra: [], reordered: [], remaining: agent_plan },
    runs: [],
    handoffs: [],
    critical_path: [],
    metrics: null,
  };
}

/** The workflow after an event; the same object where it has nothing to do with it, or nothing new. */
export function after(workflow: WorkflowDetail, event: TelemetryEvent): WorkflowDetail {
  if (event.event === "invocation_update") return ended(workflow, event);
  if (!("workflow_id" in event) || event.workflow_id !== workflow.workflow_id) return workflow;
  switch (event.event) {
    case "workflow_start": {
      return workflow.started_at === null || workflow.project_name === null
        ? { ...workflow, project_name: event.project_name, agent_plan: event.agent_plan }
        : workflow;
    }
    case "invocation_start": {
      return began(workflow, event);
    }
    case "agent_handoff": {
      return handedOver(workflow, event);
    }
    case "workflow_complete": {
      const { duration_seconds, success, timestamp } = event;
      const status = success ? "completed" : "failed";
      return { ...workflow, status, success, ended_at: timestamp, duration_seconds, elapsed_seconds: null };
    }
    case "workflow_cancelled": {
      const { duration_seconds = null, reason = null, timestamp } = event;
      return {
        ...workflow,
        status: "cancelled",
        cancel_reason: reason,
        ended_at: timestamp,
        duration_seconds: duration_seconds ?? offsetOf(workflow, timestamp),
        elapsed_seconds: null,
      };
    }
    default: {
      return workflow;
    }
  }
}

/** Seconds since the workflow's start. */
function offsetOf({ started_at }: WorkflowDetail, time: string): number {
  return started_at === null ? 0 : Math.max(0, (Date.parse(time) - Date.parse(started_at)) / 1000);
}

function began(workflow: WorkflowDetail, event: InvocationStart): WorkflowDetail {
  if (workflow.runs.some(({ invocation_id }) => invocation_id === event.invocation_id)) return workflow;
  const start_offset = offsetOf(workflow, event.timestamp);
  // A line that says its own end, as the Python logger writes it.
  const seconds = event.duration_seconds ?? null;
  const run: RunDetail = {
    invocation_id: event.invocation_id,
    agent_name: event.agent_name,
    task_type: event.task_type ?? null,
    task_description: event.task_description ?? null,
    status: seconds === null ? "running" : (event.outcome?.status ?? "unknown"),
    error_message: event.outcome?.error_message ?? null,
    quality_rating: null,
    parent_invocation_id: event.parent_invocation_id ?? null,
    detached: event.detached ?? false,
    start_offset,
    end_offset: seconds === null ? null : start_offset + seconds,
    duration_seconds: seconds,
    exclusive_seconds: null,
    critical_path_seconds: null,
    drag_seconds: null,
    after_invocation_id: null,
    after_agent: null,
    handoff_declared: false,
    wait_seconds: null,
    contention_seconds: null,
    prioritization_seconds: null,
  };
  return withRuns(workflow, [...workflow.runs, run]);
}

function ended(workflow: WorkflowDetail, event: InvocationUpdate): WorkflowDetail {
  const run = workflow.runs.find(({ invocation_id }) => invocation_id === event.invocation_id);
  const says = event.outcome?.status ?? null;
  const seconds = event.duration_seconds ?? null;
  if (!run || (says === null && seconds === null)) return workflow;
  const end_offset =
    seconds === null
      ? (run.end_offset ?? Math.max(run.start_offset, offsetOf(workflow, event.timestamp)))
      : run.start_offset + seconds;
  const updated: RunDetail = {
    ...run,
    status: says ?? (run.status === "running" ? "unknown" : run.status),
    error_message: event.outcome?.error_message ?? run.error_message,
    end_offset,
    duration_seconds: end_offset - run.start_offset,
  };
  if (JSON.stringify(updated) === JSON.stringify(run)) return workflow;
  return withRuns(
    workflow,
    workflow.runs.map((other) => (other === run ? updated : other)),
  );
}

function handedOver(workflow: WorkflowDetail, event: TelemetryEvent & { event: "agent_handoff" }): WorkflowDetail {
  const { from_agent, to_agent, artifacts, timestamp } = event;
  const offset = offsetOf(workflow, timestamp);
  const known = workflow.handoffs.some(
    (other) => other.from_agent === from_agent && other.to_agent === to_agent && Math.abs(other.offset - offset) < 1e-3,
  );
  if (known) return workflow;
  return { ...workflow, handoffs: [...workflow.handoffs, { from_agent, to_agent, offset, artifacts }] };
}

function withRuns(workflow: WorkflowDetail, runs: readonly RunDetail[]): WorkflowDetail {
  const agents = [...new Set(runs.map(({ agent_name }) => agent_name))];
  const running_agents = [
    ...new Set(runs.filter(({ end_offset }) => end_offset === null).map(({ agent_name }) => agent_name)),
  ];
  const remaining = workflow.agent_plan.filter((agent) => !agents.includes(agent));
  return { ...workflow, runs, agents, running_agents, plan: { ...workflow.plan, remaining } };
}
