import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { WorkflowDetail, WorkflowList } from "../../../src/analyze/workflow-detail.js";
import { useApi } from "../api.js";
import { Alerts } from "../components/alerts.js";
import { Empty } from "../components/empty.js";
import { DataTable } from "../components/table.js";
import { Loaded, Names, Status } from "../components/text.js";
import { duration, percent } from "../format.js";
import { followRunning, running, runningTotal, runningTrouble } from "../live/running.js";
import { href } from "../route.js";
import { idleSoFar } from "../timeline/layout.js";
import { elapsed, Timeline } from "../timeline/timeline.js";
import { NO_WORKFLOW, WORKFLOW_COLUMNS } from "./workflows.js";

/** As many workflows are shown while none is running. */
const LAST = 5;

/** What is running, live. */
export function Now() {
  useEffect(followRunning, []);
  const total = runningTotal.value;
  return (
    <>
      <h1>
        {total === undefined
          ? "Running now"
          : total === 0
            ? "Nothing is running"
            : total === 1
              ? "1 workflow running"
              : `${total} workflows running`}
      </h1>
      {runningTrouble.value !== undefined && (
        <p class="trouble" role="alert">
          {runningTrouble.value}
        </p>
      )}
      <Alerts />
      {running.value.map((workflow) => (
        <Running workflow={workflow} key={workflow.peek().workflow_id} />
      ))}
      {total === undefined && runningTrouble.value === undefined && <p class="faint">Reading the log…</p>}
      {total === 0 && running.value.length === 0 && <Nothing />}
      {total !== undefined && total > running.value.length && (
        <p>
          <a href={href(["workflows"], { status: "running" })}>All {total} that are running</a>
        </p>
      )}
    </>
  );
}

function Running({ workflow }: { workflow: Signal<WorkflowDetail> }) {
  const detail = workflow.value;
  const { workflow_id, project_name, status, estimated_duration, agent_plan, plan, running_agents } = detail;
  const done = agent_plan.length - plan.remaining.length;
  return (
    <section class="running-workflow" data-workflow={workflow_id}>
      <h2>
        <a href={href(["workflows", workflow_id])}>
          <bdi>{project_name ?? workflow_id}</bdi>
        </a>{" "}
        <Status of={status} />
      </h2>
      <p class="line">
        <Elapsed workflow={detail} />
        {estimated_duration !== null && ` · estimate ${duration(estimated_duration)}`}
        {agent_plan.length > 0 && ` · ${done} of ${agent_plan.length} planned agents have begun`}
        {status === "running" && (running_agents.length > 0 ? " · at work: " : " · nobody at work")}
        {status === "running" && <Names of={running_agents} between=", " />}
        {detail.cancel_reason !== null && (
          <>
            {" · "}
            <bdi>{detail.cancel_reason}</bdi>
          </>
        )}
      </p>
      <Timeline workflow={detail} still />
    </section>
  );
}

/** How long it has been running, by the second. */
function Elapsed({ workflow }: { workflow: WorkflowDetail }) {
  const tick = useSignal(0);
  const live = workflow.status === "running";
  useEffect(() => {
    if (!live) return undefined;
    const timer = setInterval(() => tick.value++, 1000);
    return () => clearInterval(timer);
  }, [live]);
  void tick.value;
  const now = elapsed(workflow);
  const seconds = live ? Math.floor(now) : (workflow.duration_seconds ?? now);
  return (
    <span>
      {live ? "running " : "took "}
      {duration(seconds)}
      {live && seconds > 0 && ` · idle ${percent(idleSoFar(workflow, now))}`}
    </span>
  );
}

/** What was last, while nothing is. */
function Nothing() {
  const answer = useApi<WorkflowList>(`workflows?limit=${LAST}`);
  return (
    <>
      <p>What any program records in this directory shows here at once.</p>
      <Loaded answer={answer.value}>
        {({ total, workflows }) =>
          total === 0 ? (
            <Empty unless={NO_WORKFLOW} />
          ) : (
            <>
              <h2>Last workflows</h2>
              <DataTable
                id="last"
                caption="Latest start first"
                columns={WORKFLOW_COLUMNS}
                rows={workflows}
                keyOf={({ workflow_id }) => workflow_id}
                glance
              />
              {total > workflows.length && (
                <p>
                  <a href={href(["workflows"])}>All {total.toLocaleString()} workflows</a>
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </>
  );
}
