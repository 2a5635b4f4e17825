import type { WorkflowList, WorkflowSummary } from "../../../src/analyze/workflow-detail.js";
import { WORKFLOW_STATUSES } from "../../../src/analyze/workflows.js";
import { read, useApi } from "../api.js";
import { Empty } from "../components/empty.js";
import { SearchField } from "../components/search-field.js";
import { DataTable, type Column } from "../components/table.js";
import { Loaded, Names, Status, Time } from "../components/text.js";
import { duration, percent } from "../format.js";
import { href, route, setParameters, useInAddress } from "../route.js";

const PAGE = 50;

/** The most that the server gives at once. */
const MOST = 1000;

/** In a table; all of them are where the workflow is. */
const MOST_AGENTS = 8;

/** Of workflows, wherever there is a list of them. */
export const WORKFLOW_COLUMNS: readonly Column<WorkflowSummary>[] = [
  {
    id: "project_name",
    name: "Project",
    kind: "text",
    value: ({ project_name }) => project_name,
    show: ({ workflow_id, project_name }) => (
      <a href={href(["workflows", workflow_id])}>
        <bdi>{project_name ?? workflow_id}</bdi>
      </a>
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
    show: ({ idle_share }) => percent(idle_share),
  },
  {
    id: "agents",
    name: "Agents",
    kind: "text",
    value: ({ agents }) => agents.join(" → "),
    show: ({ agents }) => <Names of={agents} between=" → " most={MOST_AGENTS} />,
  },
];

/** Where there are only runs of agents. */
export const NO_WORKFLOW = "No workflow has been recorded: runs of agents alone are under Agents.";

const FILTERS = ["search", "status", "agent", "project", "since"] as const;

/** All workflows, latest start first. */
export function Workflows() {
  const { parameters } = route.value;
  const given = FILTERS.flatMap((name) => (parameters.get(name) ? [[name, parameters.get(name)!] as const] : []));
  const offset = Number(parameters.get("offset") ?? 0) || 0;
  const ask = (limit: number, from: number) =>
    `workflows?${new URLSearchParams([...given, ["limit", String(limit)], ["offset", String(from)]] as string[][])}`;
  const answer = useApi<WorkflowList>(ask(PAGE, offset));
  const all = async () => {
    const rows: WorkflowSummary[] = [];
    for (let total = 1; rows.length < total;) {
      const list = await read<WorkflowList>(ask(MOST, rows.length));
      total = list.workflows.length > 0 ? list.total : 0;
      rows.push(...list.workflows);
    }
    return rows;
  };
  return (
    <>
      <h1>Workflows</h1>
      <Filters />
      <Loaded answer={answer.value}>
        {({ total, workflows }) =>
          total === 0 ? (
            given.length > 0 ? (
              <p>
                No workflow is like that. <a href={href(["workflows"])}>All workflows</a>
              </p>
            ) : (
              <Empty unless={NO_WORKFLOW} />
            )
          ) : (
            <>
              <DataTable
                id="workflows"
                caption={`${total.toLocaleString()} ${total === 1 ? "workflow" : "workflows"}, latest start first`}
                columns={WORKFLOW_COLUMNS}
                rows={workflows}
                keyOf={({ workflow_id }) => workflow_id}
                all={all}
              />
              {total > PAGE && <Pages total={total} offset={offset} />}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Filters() {
  const { parameters } = route.value;
  const typed = useInAddress(["search"], { offset: undefined });
  const set = (name: string, value: string | undefined) => setParameters({ [name]: value, offset: undefined });
  return (
    <div class="controls" role="search">
      <SearchField
        name="Search"
        placeholder="project, agent or id"
        value={typed.value["search"]}
        onText={(search) => (typed.value = { search })}
      />
      <label>
        Status
        <select value={parameters.get("status") ?? ""} onChange={(event) => set("status", event.currentTarget.value)}>
          <option value="">any</option>
          {WORKFLOW_STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      {(["agent", "project", "since"] as const).map((name) => {
        const value = parameters.get(name);
        return (
          value && (
            <button
              type="button"
              key={name}
              onClick={() => set(name, undefined)}
              aria-label={`Without the filter ${name}`}
            >
              {name}: <bdi>{value}</bdi> ✕
            </button>
          )
        );
      })}
    </div>
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
        {(offset + 1).toLocaleString()}–{Math.min(total, offset + PAGE).toLocaleString()} of {total.toLocaleString()}
      </span>
      <button type="button" disabled={offset + PAGE >= total} onClick={() => to(offset + PAGE)}>
        Earlier
      </button>
    </p>
  );
}
