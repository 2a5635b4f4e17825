import type { AgentProfile, RecentFailure, Strength } from "../../../src/analyze/agent-profile.js";
import { declinesQuietly } from "../../../src/analyze/trends.js";
import { useApi } from "../api.js";
import { IntervalBar } from "../components/interval.js";
import { RateChart } from "../components/rate-chart.js";
import { DataTable, type Column } from "../components/table.js";
import { Loaded, Missing, Rate, Time } from "../components/text.js";
import { count, duration, percent } from "../format.js";
import { href } from "../route.js";
import { tokenParts, tokensOf, Verdict } from "./agents.js";

/** One agent: how it does over time, with which tasks, and why it failed. */
export function Agent({ id }: { id: string }) {
  const answer = useApi<AgentProfile>(`agents/${encodeURIComponent(id)}`);
  return (
    <Loaded answer={answer.value} missing={<Missing what="agent" name={id} among="agents" />}>
      {(profile) => <Profile profile={profile} />}
    </Loaded>
  );
}

function Profile({ profile }: { profile: AgentProfile }) {
  const { agent_name, statistics, trend, weeks, task_types, words, recent_failures } = profile;
  const { success_rate, success_rate_interval, success_count, failure_count } = statistics;
  const known = success_count + failure_count;
  return (
    <>
      <h1>
        <bdi>{agent_name}</bdi>
      </h1>
      <dl class="facts">
        <Fact name="Success">
          <Rate rate={success_rate} runs={known} interval={success_rate_interval} />
        </Fact>
        <Fact name="Trend">
          <Verdict trend={trend} />
        </Fact>
        <Fact name="Takes">{duration(statistics.average_duration_seconds)}</Fact>
        {statistics.average_quality !== null && (
          <Fact name="Rated">
            {statistics.average_quality.toFixed(1)} of 5 <span class="faint">· {statistics.rated_count}</span>
          </Fact>
        )}
        {statistics.running_count > 0 && <Fact name="Running now">{statistics.running_count}</Fact>}
        {statistics.metered_count > 0 && (
          <Fact name="Tokens of a run">
            {count(tokensOf(statistics))} <span class="faint">· {tokenParts(statistics)}</span>
          </Fact>
        )}
      </dl>
      <p>
        <a href={href(["workflows"], { agent: agent_name })}>Workflows in which it ran</a>
      </p>
      {trend.alert && (
        <p class="trouble">
          It has been declining since <Time at={trend.alert.changed_at} />: {percent(trend.alert.rate_before)} of{" "}
          {trend.alert.runs_before} runs before, {percent(trend.alert.rate_since)} of {trend.alert.runs_since} since.
        </p>
      )}
      {declinesQuietly(trend) && (
        <p class="faint">
          The last 7 days are worse than those before. There is no alert: run by run, no moment stands out yet from
          which on failures are more frequent.
        </p>
      )}
      <h2>Success by week</h2>
      {weeks.length > 1 ? (
        <RateChart weeks={weeks} changed_at={trend.alert?.changed_at} />
      ) : (
        <p class="faint">Not enough evidence: there is no second week with a known outcome.</p>
      )}
      {task_types.length > 0 && (
        <>
          <h2>Kinds of task</h2>
          <DataTable
            id="kinds"
            caption="Against the agent's other runs; the line is all of them"
            columns={strengths("Kind of task", success_rate ?? undefined)}
            rows={task_types}
            keyOf={({ name }) => name}
          />
        </>
      )}
      <h2>Words of tasks that make a difference</h2>
      {words.length > 0 ? (
        <DataTable
          id="words"
          caption="Those that chance does not explain, largest difference first"
          columns={strengths("Word", success_rate ?? undefined)}
          rows={words}
          keyOf={({ name }) => name}
        />
      ) : (
        <p class="faint">None that chance does not explain as well.</p>
      )}
      <h2>Last failures</h2>
      {recent_failures.length > 0 ? (
        <DataTable
          id="failures"
          caption="Latest first"
          columns={FAILURES}
          rows={recent_failures}
          keyOf={({ invocation_id }) => invocation_id}
        />
      ) : (
        <p class="faint">None.</p>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const VERDICTS = { better: "good at it", worse: "bad at it", not_enough_evidence: "not enough evidence" } as const;

function strengths(name: string, all: number | undefined): readonly Column<Strength>[] {
  return [
    { id: "name", name, kind: "text", value: (strength) => strength.name },
    { id: "runs", name: "Runs", kind: "number", value: ({ runs }) => runs },
    {
      id: "success_rate",
      name: "Success",
      value: ({ success_rate }) => success_rate,
      show: ({ success_rate, runs, success_rate_interval }) => (
        <Rate rate={success_rate} runs={runs} interval={success_rate_interval} />
      ),
    },
    {
      id: "interval",
      name: "0 to 100 %",
      value: ({ success_rate_interval }) => success_rate_interval[0],
      show: ({ success_rate, success_rate_interval }) => (
        <IntervalBar rate={success_rate} interval={success_rate_interval} marks={all === undefined ? [] : [all]} />
      ),
    },
    {
      id: "verdict",
      name: "Against the rest",
      value: ({ difference }) => difference,
      show: ({ verdict, difference }) =>
        verdict === "not_enough_evidence" ? (
          <span class="faint">{VERDICTS[verdict]}</span>
        ) : (
          <span class={`status plain ${verdict === "better" ? "success" : "failure"}`}>
            {VERDICTS[verdict]} ({difference! >= 0 ? "+" : "−"}
            {Math.abs(Math.round(difference! * 100))} points)
          </span>
        ),
    },
  ];
}

const FAILURES: readonly Column<RecentFailure>[] = [
  {
    id: "started_at",
    name: "When",
    value: ({ started_at }) => started_at,
    show: ({ started_at }) => <Time at={started_at} />,
  },
  { id: "task_description", name: "Task", kind: "text", value: ({ task_description }) => task_description },
  { id: "error_message", name: "Error", kind: "text", value: ({ error_message }) => error_message },
  {
    id: "workflow_id",
    name: "Workflow",
    value: ({ workflow_id }) => workflow_id,
    show: ({ workflow_id }) =>
      workflow_id === null ? "–" : <a href={href(["workflows", workflow_id])}>{workflow_id.slice(0, 16)}</a>,
  },
];
