import type { AgentRank, AgentStatistics } from "../../../src/analyze/statistics.js";
import { declinesQuietly, verdictOf, type AgentTrend } from "../../../src/analyze/trends.js";
import { useApi } from "../api.js";
import { Empty } from "../components/empty.js";
import { SearchField } from "../components/search-field.js";
import { Sparkline } from "../components/sparkline.js";
import { DataTable, type Column } from "../components/table.js";
import { AgentLink, Loaded, Names, Rate } from "../components/text.js";
import { count, duration } from "../format.js";
import { useInAddress } from "../route.js";

type Row = AgentRank & { readonly trend: AgentTrend | undefined };

/** All agents, side by side. */
export function Agents() {
  const ranking = useApi<{ agents: readonly AgentRank[] }>("agents");
  const trends = useApi<{ trends: Readonly<Record<string, AgentTrend>> }>("trends");
  const typed = useInAddress(["search"]);
  const wanted = (typed.value["search"] ?? "").toLowerCase();
  return (
    <>
      <h1>Agents</h1>
      <Loaded answer={ranking.value}>
        {({ agents }) => {
          if (agents.length === 0) return <Empty unless="No agent has run yet: workflows alone are under Workflows." />;
          const rows = agents
            .map((agent) => ({ ...agent, trend: trends.value.data?.trends[agent.agent_name] }))
            .filter((row) => wanted === "" || textOf(row).includes(wanted));
          return (
            <>
              <div class="controls" role="search">
                <SearchField
                  name="Search"
                  placeholder="agent or kind of task"
                  value={typed.value["search"]}
                  onText={(search) => (typed.value = { search })}
                />
              </div>
              <DataTable
                id="agents"
                caption={`${rows.length} ${rows.length === 1 ? "agent" : "agents"}; trend and curve: the last 30 days`}
                columns={COLUMNS}
                rows={rows}
                keyOf={({ agent_name }) => agent_name}
                sortedBy="-invocation_count"
              />
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function textOf({ agent_name, common_task_types }: Row): string {
  return `${agent_name} ${common_task_types.join(" ")}`.toLowerCase();
}

/** Tokens of a run, in the mean, input and output together; `null` where no run recorded any. */
export function tokensOf({ average_input_tokens, average_output_tokens }: AgentStatistics): number | null {
  return average_input_tokens === null && average_output_tokens === null
    ? null
    : (average_input_tokens ?? 0) + (average_output_tokens ?? 0);
}

/** Of what {@link tokensOf} is made: `in 12,300, out 4,560`. */
export function tokenParts({ average_input_tokens, average_output_tokens }: AgentStatistics): string {
  return `in ${count(average_input_tokens)}, out ${count(average_output_tokens)}`;
}

const NO_ALERT =
  "The last 7 days are worse than those before. An alert waits until, run by run, a moment stands out from which on failures are more frequent.";

/** What is to be said of a trend, in words; of a decline, whether it is an alert. */
export function Verdict({ trend }: { trend: AgentTrend | undefined }) {
  if (!trend) return <span class="faint">–</span>;
  const verdict = verdictOf(trend);
  const words = { improving: "↗ improving", declining: "↘ declining", stable: "→ stable" } as const;
  if (verdict === "not_enough_evidence")
    return (
      <span class="faint" title={trend.evidence.reason}>
        not enough evidence
      </span>
    );
  return (
    <span
      class={verdict === "declining" ? "status failure plain" : verdict === "improving" ? "status success plain" : ""}
    >
      {words[verdict]}
      {declinesQuietly(trend) && (
        <span class="faint" title={NO_ALERT}>
          {" "}
          · no alert yet
        </span>
      )}
      {trend.alert && (
        <span class="faint" title={`since ${new Date(trend.alert.changed_at).toLocaleDateString()}`}>
          {" "}
          · alert
        </span>
      )}
    </span>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "agent_name",
    name: "Agent",
    value: ({ agent_name }) => agent_name,
    show: ({ agent_name }) => <AgentLink name={agent_name} />,
  },
  { id: "invocation_count", name: "Runs", kind: "number", value: ({ invocation_count }) => invocation_count },
  {
    id: "success_rate",
    name: "Success",
    title: "Successes among runs that succeeded or failed, with their number and the 95 % interval",
    value: ({ success_rate }) => success_rate,
    show: ({ success_rate, success_rate_interval, success_count, failure_count }) => (
      <Rate rate={success_rate} runs={success_count + failure_count} interval={success_rate_interval} />
    ),
  },
  {
    id: "trend",
    name: "Trend",
    value: ({ trend }) => (trend ? verdictOf(trend) : null),
    show: ({ trend }) => <Verdict trend={trend} />,
  },
  {
    id: "daily",
    name: "30 days",
    value: ({ trend }) => trend?.recent_success_rate ?? null,
    show: ({ trend }) => (trend ? <Sparkline daily={trend.daily} days={trend.days} /> : null),
  },
  {
    id: "average_duration_seconds",
    name: "Takes",
    kind: "number",
    value: ({ average_duration_seconds }) => average_duration_seconds,
    show: ({ average_duration_seconds }) => duration(average_duration_seconds),
  },
  {
    id: "average_tokens",
    name: "Tokens",
    kind: "number",
    title: "Tokens of a run, input and output together: mean of the runs that recorded them, without those of a cache",
    value: tokensOf,
    show: (row) => (
      <span title={row.metered_count > 0 ? `${tokenParts(row)}; ${row.metered_count} runs` : undefined}>
        {count(tokensOf(row))}
      </span>
    ),
  },
  {
    id: "average_quality",
    name: "Rated",
    kind: "number",
    title: "Mean rating, 1 to 5",
    value: ({ average_quality }) => average_quality,
    show: ({ average_quality, rated_count }) =>
      average_quality === null ? (
        "–"
      ) : (
        <>
          {average_quality.toFixed(1)} <span class="faint">· {rated_count}</span>
        </>
      ),
  },
  {
    id: "common_task_types",
    name: "Often does",
    kind: "text",
    value: ({ common_task_types }) => common_task_types.join(", "),
    show: ({ common_task_types }) => <Names of={common_task_types} between=", " />,
  },
];
