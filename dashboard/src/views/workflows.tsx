import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";

import type { WorkflowList, WorkflowSummary } from "../../../src/analyze/workflow-detail.js";
import { WORKFLOW_STATUSES } from "../../../src/analyze/workflows.js";
import { duration, percent } from "../../../src/cli/format.js";
import { useApi } from "../api.js";
import { Empty } from "../components/empty.js";
import { DataTable, type Column } from "../components/table.js";
import { Loaded, Status, Time } from "../components/text.js";
import { href, route, setParameters } from "../route.js";

const PAGE = 50;

/** Whoever types is waited for, milliseconds. */
const TYPING = 250;

const COLUMNS: readonly Column<WorkflowSummary>[] = [
  {
    id: "project_name",
    name: "Project",
    kind: "text",
    value: ({ project_name }) => project_name,
    show: ({ workflow_id, project_name }) => (
      <a href={href(["workflows", workflow_id])}>{project_name ?? workflow_id}</a>
    ),
  },
  { id: "status", name: "Status", value: ({ status }) => status, show: ({ status }) => <Status of={status} /> },
  {
    id: "started_at",
    name: "Started",
    value: ({ started_at }) => started_at,
    show: ({ started_at }) => <Time at={started_at} />,
  },
  {
    id: "duration_seconds",
    name: "Took",
    kind: "number",
    value: ({ duration_seconds }) => duration_seconds,
    show: ({ duration_seconds, elapsed_seconds }) =>
      elapsed_seconds === null ? duration(duration_seconds) : `${duration(elapsed_seconds)} so far`,
  },
  {
    id: "estimated_duration",
    name: "Estimate",
    kind: "number",
    value: ({ estimated_duration }) => estimated_duration,
    show: ({ estimated_duration }) => duration(estimated_duration),
  },
  {
    id: "idle_share",
    name: "Waited",
    title: "Share of its time in which no agent was at work",
    kind: "number",
    value: ({ idle_share }) => idle_share,
    show: ({ idle_share }) => percent(idle_share, 0),
  },
  {
    id: "agents",
    name: "Agents",
    kind: "text",
    value: ({ agents }) => agents.join(" → "),
  },
];

/** All workflows, latest start first. */
export function Workflows() {
  const { parameters } = route.value;
  const filters = ["search", "status", "agent", "project", "since"];
  const given = filters.flatMap((name) => (parameters.get(name) ? [[name, parameters.get(name)!]] : []));
  const offset = Number(parameters.get("offset") ?? 0) || 0;
  const query = new URLSearchParams([...given, ["limit", String(PAGE)], ["offset", String(offset)]]);
  const answer = useApi<WorkflowList>(`workflows?${query}`);
  return (
    <>
      <h1>Workflows</h1>
      <div class="controls" role="search">
        <Typed name="search" label="Search" />
        <label>
          Status
          <select
            value={parameters.get("status") ?? ""}
            onChange={(event) => setParameters({ status: event.currentTarget.value, offset: undefined })}
          >
            <option value="">any</option>
            {WORKFLOW_STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </label>
        <Typed name="agent" label="Agent" />
        <Typed name="project" label="Project" />
      </div>
      <Loaded answer={answer.value}>
        {({ total, workflows }) =>
          total === 0 ? (
            given.length > 0 ? (
              <p>No workflow is like that.</p>
            ) : (
              <Empty unless="No workflow has been recorded: runs of agents alone are under Agents." />
            )
          ) : (
            <>
              <DataTable
                id="workflows"
                caption={`${total.toLocaleString()} ${total === 1 ? "workflow" : "workflows"}, latest start first`}
                columns={COLUMNS}
                rows={workflows}
                keyOf={({ workflow_id }) => workflow_id}
                asGiven
              />
              <Pages total={total} offset={offset} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Pages({ total, offset }: { total: number; offset: number }) {
  const to = (next: number) => setParameters({ offset: next === 0 ? undefined : String(next) }, { replace: false });
  return (
    <p class="controls">
      <button type="button" disabled={offset === 0} onClick={() => to(Math.max(0, offset - PAGE))}>
        Later
      </button>
      <span>
        {offset + 1}–{Math.min(total, offset + PAGE)} of {total.toLocaleString()}
      </span>
      <button type="button" disabled={offset + PAGE >= total} onClick={() => to(offset + PAGE)}>
        Earlier
      </button>
    </p>
  );
}

/** A field that filters as one types. */
function Typed({ name, label }: { name: string; label: string }) {
  const value = route.value.parameters.get(name) ?? "";
  const text = useSignal(value);
  useEffect(() => {
    text.value = value;
  }, [value]);
  const typed = text.value;
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => setParameters({ [name]: typed, offset: undefined }), TYPING);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label>
      {label}
      <input type="search" value={typed} onInput={(event) => (text.value = event.currentTarget.value)} />
    </label>
  );
}
