import type { HandoffAnalysis, PairLatency } from "../../../src/analyze/handovers.js";
import type { CoordinationOverhead } from "../../../src/analyze/overhead.js";
import type { PatternAnalysis, Variant } from "../../../src/analyze/patterns.js";
import type { CoordinationWeek } from "../../../src/analyze/weeks.js";
import { useApi } from "../api.js";
import { Empty } from "../components/empty.js";
import { HandoverGraph } from "../components/handover-graph.js";
import { IntervalBar } from "../components/interval.js";
import { DataTable, type Column } from "../components/table.js";
import { AgentLink, Loaded, Names, Rate } from "../components/text.js";
import { WeekBars } from "../components/week-bars.js";
import { duration, percent } from "../format.js";

/** Where the time of all workflows goes. */
export function Coordination() {
  const overhead = useApi<CoordinationOverhead>("overhead");
  const handoffs = useApi<HandoffAnalysis>("handoffs");
  const patterns = useApi<PatternAnalysis>("patterns");
  const weeks = useApi<{ weeks: readonly CoordinationWeek[] }>("overhead/weeks");
  return (
    <>
      <h1>Coordination</h1>
      <Loaded answer={overhead.value}>
        {(data) =>
          data.status === "ok" ? (
            <Summary overhead={data} handoffs={handoffs.value.data} />
          ) : (
            <Empty unless={`Not enough evidence: ${data.reason ?? "no workflow has ended"}.`} />
          )
        }
      </Loaded>
      {overhead.value.data?.status === "ok" && (
        <>
          <h2>By week</h2>
          <Loaded answer={weeks.value}>{(data) => <WeekBars weeks={data.weeks} />}</Loaded>
          <h2>Who waits for whom</h2>
          <Loaded answer={handoffs.value}>{({ pairs }) => <HandoverGraph pairs={pairs} />}</Loaded>
          <h2>Waits between agents</h2>
          <Loaded answer={handoffs.value}>
            {({ pairs }) => (
              <DataTable
                id="pairs"
                caption="From the end of one run to the start of the next, longest in all first"
                columns={PAIRS}
                rows={pairs}
                page={20}
                keyOf={({ from_agent, to_agent }) => `${from_agent} ${to_agent}`}
              />
            )}
          </Loaded>
          <h2>Patterns</h2>
          <Loaded answer={patterns.value}>
            {({ variants, total_workflows }) => (
              <DataTable
                id="patterns"
                caption={`Sequences of agents of ${total_workflows.toLocaleString()} workflows`}
                columns={VARIANTS}
                rows={variants}
                page={20}
                keyOf={({ sequence }) => sequence.join("\n")}
              />
            )}
          </Loaded>
        </>
      )}
    </>
  );
}

function Summary({ overhead, handoffs }: { overhead: CoordinationOverhead; handoffs: HandoffAnalysis | undefined }) {
  const { workflows_analyzed, idle_share, band, dominant_cause: cause, overlap_share, avg_parallelism } = overhead;
  const interval = band?.idle_share_interval ?? null;
  const worst = handoffs?.pairs[0];
  const limits = band ? `${band.thresholds.stay} % and ${band.thresholds.consider} %` : "";
  return (
    <>
      <p class="sentence">
        {workflows_analyzed === 1 ? "Your workflow" : `Your ${workflows_analyzed.toLocaleString()} workflows`} waited{" "}
        <strong>{percent(idle_share)}</strong> of {workflows_analyzed === 1 ? "its" : "their"} time
        {interval && ` (${Math.round(interval[0] * 100)}–${Math.round(interval[1] * 100)} %)`}
        {worst && worst.total_seconds > 0 && (
          <>
            ; the longest waits, added up, were between <bdi>{worst.from_agent}</bdi> and <bdi>{worst.to_agent}</bdi>{" "}
            (median {duration(worst.p50_seconds)})
          </>
        )}
        . {overhead.idle_recommendation}.
        {band?.status === "undecided" &&
          ` That is not certain: ${band.reason ?? "the interval reaches into another band"}.`}
      </p>
      {cause && (
        <p>
          What costs most: {cause.cause.replaceAll("_", " ")}
          {cause.agent_name !== undefined && (
            <>
              {" of "}
              <AgentLink name={cause.agent_name} />
            </>
          )}{" "}
          ({percent(cause.share)}): {cause.advice}.
        </p>
      )}
      <dl class="facts">
        <div>
          <dt>Waiting, with its interval; limits of the advice at {limits}</dt>
          <dd>
            <IntervalBar
              rate={idle_share ?? 0}
              interval={interval}
              width={320}
              marks={band ? [band.thresholds.stay / 100, band.thresholds.consider / 100] : []}
            />
          </dd>
        </div>
        <div title="Time gained by agents working at the same time, as a share of the workflows' time">
          <dt>Saved by parallel work</dt>
          <dd>{percent(overlap_share, 1)}</dd>
        </div>
        <div title="Agents at work while any is">
          <dt>Agents at once</dt>
          <dd>{avg_parallelism === null ? "–" : avg_parallelism.toFixed(2)}</dd>
        </div>
        <div title="Share of the workflows' time that is left without the work of all agents, added up: parallel work hides waiting in it">
          <dt>Duration − work</dt>
          <dd>
            {overhead.coordination_overhead_pct === null ? "–" : percent(overhead.coordination_overhead_pct / 100, 1)}
          </dd>
        </div>
      </dl>
    </>
  );
}

const seconds = (id: keyof PairLatency & `${string}_seconds`, name: string, title?: string): Column<PairLatency> => ({
  id,
  name,
  kind: "number",
  value: (pair) => pair[id],
  show: (pair) => duration(pair[id]),
  ...(title === undefined ? {} : { title }),
});

const PAIRS: readonly Column<PairLatency>[] = [
  {
    id: "from_agent",
    name: "From",
    value: ({ from_agent }) => from_agent,
    show: ({ from_agent }) => <AgentLink name={from_agent} />,
  },
  {
    id: "to_agent",
    name: "To",
    value: ({ to_agent }) => to_agent,
    show: ({ to_agent }) => <AgentLink name={to_agent} />,
  },
  { id: "count", name: "Times", kind: "number", value: ({ count }) => count },
  {
    id: "declared",
    name: "Declared",
    kind: "number",
    title: "A handoff event names the two; the others are told from the times",
    value: ({ declared }) => declared,
  },
  seconds("p50_seconds", "Median"),
  seconds("p95_seconds", "95 % within"),
  seconds("total_seconds", "In all"),
  seconds("contention_seconds", "Agent was busy", "with runs that were ready no later"),
];

const VARIANTS: readonly Column<Variant>[] = [
  {
    id: "sequence",
    name: "Agents, in order",
    kind: "text",
    value: ({ sequence }) => sequence.join(" → "),
    show: ({ sequence }) => <Names of={sequence} between=" → " />,
  },
  {
    id: "count",
    name: "Times",
    kind: "number",
    value: ({ count }) => count,
    show: ({ count, share }) => (
      <>
        {count} <span class="faint">· {percent(share)}</span>
      </>
    ),
  },
  {
    id: "success_rate",
    name: "Success",
    value: ({ success_rate }) => success_rate,
    show: ({ success_rate, judged, success_rate_interval }) => (
      <Rate rate={success_rate} runs={judged} interval={success_rate_interval} unit="workflow" />
    ),
  },
  {
    id: "interval",
    name: "0 to 100 %",
    value: ({ success_rate_interval }) => success_rate_interval?.[0] ?? null,
    show: ({ success_rate, success_rate_interval }) =>
      success_rate === null ? null : <IntervalBar rate={success_rate} interval={success_rate_interval} />,
  },
  {
    id: "median_duration_seconds",
    name: "Median",
    kind: "number",
    value: ({ median_duration_seconds }) => median_duration_seconds,
    show: ({ median_duration_seconds }) => duration(median_duration_seconds),
  },
];
