import type { AgentAssessment, PastRunShare } from "../../../src/select/advice.js";
import { percent } from "../format.js";
import { DataTable, type Column } from "./table.js";
import { AgentLink, Time } from "./text.js";

/** Past runs for and against one agent. */
export function Because({ agent }: { agent: AgentAssessment }) {
  const { runs_for, runs_against, prior } = agent.explanation;
  return (
    <section aria-label={`Why ${agent.agent_name}`}>
      <h2>
        Why <bdi>{agent.agent_name}</bdi> is given {percent(agent.confidence)}
      </h2>
      <p class="faint">
        Any agent succeeds at {percent(prior)} of all tasks. Past runs raise and lower that, the more alike the task and
        the nearer the agent.
      </p>
      {runs_for.length > 0 && <PastRuns id="for" caption="Past runs that speak for it most" runs={runs_for} />}
      {runs_against.length > 0 && (
        <PastRuns id="against" caption="Past runs that speak against it most" runs={runs_against} />
      )}
    </section>
  );
}

function PastRuns({ id, caption, runs }: { id: string; caption: string; runs: readonly PastRunShare[] }) {
  return (
    <DataTable id={id} caption={caption} columns={PAST_RUNS} rows={runs} keyOf={({ invocation_id }) => invocation_id} />
  );
}

const PAST_RUNS: readonly Column<PastRunShare>[] = [
  { id: "task_description", name: "Task", kind: "text", value: ({ task_description }) => task_description },
  {
    id: "outcome",
    name: "Outcome",
    value: ({ outcome }) => outcome,
    show: ({ outcome }) =>
      outcome === 1 ? (
        <span class="status success">success</span>
      ) : outcome === 0 ? (
        <span class="status failure">failure</span>
      ) : (
        <span class="status partial">partly</span>
      ),
  },
  {
    id: "agent_name",
    name: "By",
    value: ({ agent_name }) => agent_name,
    show: ({ agent_name }) => <AgentLink name={agent_name} />,
  },
  {
    id: "started_at",
    name: "When",
    value: ({ started_at }) => started_at,
    show: ({ started_at }) => <Time at={started_at} />,
  },
  {
    id: "similarity",
    name: "Alike",
    kind: "number",
    title: "How alike the words of the two tasks are",
    value: ({ similarity }) => similarity,
    show: ({ similarity }) => percent(similarity),
  },
  {
    id: "contribution",
    name: "Points",
    kind: "number",
    title: "What it adds to the probability",
    value: ({ contribution }) => contribution,
    show: ({ contribution }) => `${contribution >= 0 ? "+" : "−"}${Math.abs(100 * contribution).toFixed(1)}`,
  },
];
