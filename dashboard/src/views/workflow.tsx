import type { RunDetail, WorkflowDetail } from "../../../src/analyze/workflow-detail.js";
import { useApi } from "../api.js";
import { Cancel } from "../components/cancel.js";
import { DataTable, type Column } from "../components/table.js";
import { AgentLink, Loaded, Missing, Names, Status, Time } from "../components/text.js";
import { change, duration, isolated, percent } from "../format.js";
import { Timeline } from "../timeline/timeline.js";

/** One workflow: its timeline, where the time went, its runs and what was handed over. */
export function Workflow({ id }: { id: string }) {
  const answer = useApi<WorkflowDetail>(`workflows/${encodeURIComponent(id)}`);
  return (
    <Loaded answer={answer.value} missing={<Missing what="workflow" name={id} among="workflows" />}>
      {(workflow) => <Detail workflow={workflow} />}
    </Loaded>
  );
}

function Detail({ workflow }: { workflow: WorkflowDetail }) {
  const { project_name, workflow_id, status, started_at, metrics, reason, handoffs, runs } = workflow;
  return (
    <>
      <h1>
        <bdi>{project_name ?? workflow_id}</bdi> <Status of={status} />
      </h1>
      <p class="faint">
        <Time at={started_at} /> · <code>{workflow_id}</code>
      </p>
      <Facts workflow={workflow} />
      <Cancel workflow={workflow} />
      <Timeline workflow={workflow} />
      {metrics === null && reason !== undefined && <p class="faint">Not measured: {reason}</p>}
      <h2>Runs</h2>
      <DataTable
        id="runs"
        caption="In order of their start"
        columns={RUNS}
        rows={runs}
        keyOf={({ invocation_id }) => invocation_id}
      />
      {handoffs.length > 0 && (
        <>
          <h2>Handed over</h2>
          <DataTable
            id="handoffs"
            caption="Artifacts that passed from one agent to the next"
            columns={HANDOFFS}
            // The same may pass twice at once.
            rows={handoffs.map((handoff, place) => ({ ...handoff, place }))}
            keyOf={({ place }) => String(place)}
          />
        </>
      )}
    </>
  );
}

function Facts({ workflow }: { workflow: WorkflowDetail }) {
  const { duration_seconds, elapsed_seconds, estimated_duration, estimate_error, metrics, plan, agent_plan } = workflow;
  const error = estimate_error === null ? "" : ` (${change(estimate_error)})`;
  const rework = metrics ? metrics.self_loops + metrics.repeats + metrics.redos + metrics.retries : 0;
  const facts: readonly (readonly [string, string, string?])[] = [
    elapsed_seconds === null ? ["Took", duration(duration_seconds)] : ["So far", duration(elapsed_seconds)],
    ...(estimated_duration === null ? [] : [["Estimate", `${duration(estimated_duration)}${error}`] as const]),
    ...(metrics
      ? ([
          ["Waiting", percent(metrics.idle_share), "share of its time in which no agent was at work"],
          ["Between agents", duration(metrics.handoff_gaps_seconds), "waiting after the first and before the last run"],
          [
            "At the same time",
            percent(metrics.overlap_share),
            "share of its time that was gained by agents working at once",
          ],
          [
            "Duration − work",
            percent(metrics.coordination_overhead_pct / 100, 1),
            "share of its time that is left without the work of all agents, added up: parallel work hides waiting in it",
          ],
          ...(rework > 0
            ? ([
                ["Done again", `${rework} of ${workflow.runs.length} runs`, `${metrics.retries} after a failure`],
              ] as const)
            : []),
        ] as const)
      : []),
    ...(plan.adherence === null ? [] : [["Plan kept", percent(plan.adherence), planText(plan)] as const]),
    ...(agent_plan.length > 0 && plan.remaining.length > 0
      ? [["Still to come", plan.remaining.join(", ")] as const]
      : []),
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value, title]) => (
        <div key={name} title={title && isolated(title)}>
          <dt>{name}</dt>
          <dd>{isolated(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function planText({ missing, extra, reordered }: WorkflowDetail["plan"]): string | undefined {
  const parts = [
    missing.length > 0 ? `did not run: ${missing.join(", ")}` : "",
    extra.length > 0 ? `not planned: ${extra.join(", ")}` : "",
    reordered.length > 0 ? `in another order: ${reordered.join(", ")}` : "",
  ].filter((part) => part !== "");
  return parts.length > 0 ? parts.join("; ") : undefined;
}

const RUNS: readonly Column<RunDetail>[] = [
  {
    id: "agent_name",
    name: "Agent",
    value: ({ agent_name }) => agent_name,
    show: ({ agent_name }) => <AgentLink name={agent_name} />,
  },
  { id: "task_description", name: "Task", kind: "text", value: (run) => run.task_description ?? run.task_type },
  {
    id: "status",
    name: "Outcome",
    value: ({ status }) => status,
    show: ({ status, error_message }) => (
      <>
        <Status of={status} /> {error_message !== null && <bdi class="reason">{error_message}</bdi>}
      </>
    ),
  },
  {
    id: "start_offset",
    name: "After",
    kind: "number",
    title: "Time since the workflow's start",
    value: ({ start_offset }) => start_offset,
    show: ({ start_offset }) => duration(start_offset),
  },
  {
    id: "duration_seconds",
    name: "Took",
    kind: "number",
    value: ({ duration_seconds }) => duration_seconds,
    show: ({ duration_seconds }) => (duration_seconds === null ? "running" : duration(duration_seconds)),
  },
  {
    id: "wait_seconds",
    name: "Waited",
    kind: "number",
    value: ({ wait_seconds }) => wait_seconds,
    show: ({ wait_seconds }) => duration(wait_seconds),
  },
  {
    id: "after_agent",
    name: "For",
    value: ({ after_agent }) => after_agent,
    show: ({ after_agent }) => (after_agent === null ? "–" : <AgentLink name={after_agent} />),
  },
  {
    id: "critical_path_seconds",
    name: "Critical path",
    kind: "number",
    title: "Of its time, how much decided how long the workflow took",
    value: (run) => run.critical_path_seconds,
    show: (run) => duration(run.critical_path_seconds),
  },
  {
    id: "drag_seconds",
    name: "Drag",
    kind: "number",
    title: "By how much the workflow would be shorter without it, before another run binds",
    value: ({ drag_seconds }) => drag_seconds,
    show: ({ drag_seconds }) => duration(drag_seconds),
  },
  { id: "quality_rating", name: "Rated", kind: "number", value: ({ quality_rating }) => quality_rating },
];

const HANDOFFS: readonly Column<WorkflowDetail["handoffs"][number]>[] = [
  { id: "from_agent", name: "From", value: ({ from_agent }) => from_agent },
  { id: "to_agent", name: "To", value: ({ to_agent }) => to_agent },
  {
    id: "offset",
    name: "After",
    kind: "number",
    title: "Time since the workflow's start",
    value: ({ offset }) => offset,
    show: ({ offset }) => duration(offset),
  },
  {
    id: "artifacts",
    name: "Artifacts",
    kind: "text",
    value: ({ artifacts }) => artifacts.join(", "),
    show: ({ artifacts }) => <Names of={artifacts} between=", " />,
  },
];
