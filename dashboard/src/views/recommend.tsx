import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type {
  AgentAdvice,
  AgentAssessment,
  AgentRanking,
  NoSuitableAgent,
  ShortlistedAgent,
} from "../../../src/select/advice.js";
import { useApi } from "../api.js";
import { Because } from "../components/because.js";
import { Empty } from "../components/empty.js";
import { IntervalBar } from "../components/interval.js";
import { SearchField } from "../components/search-field.js";
import { DataTable, type Column } from "../components/table.js";
import { AgentLink, Loaded, Names } from "../components/text.js";
import { duration, percent } from "../format.js";
import { setParameters, useInAddress } from "../route.js";

/** Whoever types is waited for, milliseconds: short enough for the answer to follow the typing. */
const TYPING = 25;

/** Domains that are named where the one asked for is not known. */
const MOST_DOMAINS = 12;

/** Who should do a task, while one types it. */
export function Recommend() {
  const typed = useInAddress(["task", "domain", "agent"]);
  const { task = "", domain = "", agent } = typed.value;
  const set = (values: Readonly<Record<string, string | undefined>>) =>
    (typed.value = { ...typed.peek(), agent: undefined, ...values });
  const question = useRested(
    task.trim() === ""
      ? undefined
      : new URLSearchParams({ task, ...(domain.trim() === "" ? {} : { domain }) }).toString(),
  );
  const advice = useApi<AgentAdvice>(question && `recommend?${question}`);
  const ranking = useApi<AgentRanking>(question && `recommend/agents?${question}`);
  return (
    <>
      <h1>Recommend</h1>
      <div class="controls" role="search">
        <SearchField
          name="Task"
          placeholder="what is to be done, in your own words"
          value={task}
          onText={(text) => set({ task: text })}
          wide
        />
        <SearchField
          name="Domain, if you like"
          placeholder="backend, security…"
          value={domain}
          onText={(text) => set({ domain: text })}
        />
      </div>
      {question === undefined ? (
        <Empty unless="Type a task: agents are ranked by what came of tasks like it, as you type." />
      ) : (
        <>
          <Loaded answer={advice.value}>
            {(data) => <Advice advice={data} pick={(name) => set({ domain: name })} />}
          </Loaded>
          {ranking.value.data && (
            <Ranking
              ranking={ranking.value.data}
              chosen={agent ?? (advice.value.data?.status === "recommended" ? advice.value.data.agent_name : undefined)}
            />
          )}
        </>
      )}
    </>
  );
}

/** A value once it has rested for a moment. */
function useRested<T>(value: T): T {
  const rested = useSignal(value);
  useEffect(() => {
    const timer = setTimeout(() => (rested.value = value), TYPING);
    return () => clearTimeout(timer);
  }, [value]);
  return rested.value;
}

/** The answer in words. */
function Advice({ advice, pick }: { advice: AgentAdvice; pick: (domain: string) => void }) {
  return (
    <div aria-live="polite">
      {advice.status === "recommended" ? (
        <p class="sentence">
          <AgentLink name={advice.agent_name} /> is the likeliest to do this well:{" "}
          <strong>{percent(advice.confidence)}</strong>{" "}
          <span class="faint">
            ({bounds(advice.confidence_interval)}), by {advice.total_tasks} similar{" "}
            {advice.total_tasks === 1 ? "run" : "runs"}
          </span>
          .
        </p>
      ) : advice.status === "no_suitable_agent" ? (
        <p class="sentence">
          <strong>No suitable agent</strong>: {advice.reason}. Consider a new specialist.
        </p>
      ) : (
        <p class="sentence">
          <strong>Not enough evidence</strong>: {advice.reason}.
        </p>
      )}
      {advice.inferred_domain !== null && (
        <p class="faint">
          Taken for <bdi>{advice.inferred_domain}</bdi>, as the tasks most like it were.
        </p>
      )}
      {advice.domain && advice.domain.matched.length === 0 && (
        <p>
          No run is of a domain “<bdi>{advice.domain.asked}</bdi>”: it was taken for words of the task.
          {(advice.domain.known?.length ?? 0) > 0 && " Known are "}
          {advice.domain.known?.slice(0, MOST_DOMAINS).map((name) => (
            <button type="button" class="plain" key={name} onClick={() => pick(name)}>
              {name}
            </button>
          ))}
        </p>
      )}
      {advice.status === "no_suitable_agent" && <Specialist specialist={advice.specialist} />}
      {advice.status !== "recommended" && advice.shortlist.length > 0 && (
        <>
          <h2>By what is said of them</h2>
          <Shortlist agents={advice.shortlist} />
        </>
      )}
    </div>
  );
}

/** What somebody would have to be good at who can do what nobody can. */
function Specialist({ specialist: { covers, failed_tasks } }: Pick<NoSuitableAgent, "specialist">) {
  return (
    <>
      {covers.length > 0 && (
        <p>
          It would cover <Names of={covers} between=", " />.
        </p>
      )}
      {failed_tasks.length > 0 && (
        <ul>
          {failed_tasks.map(({ task_description, agent_names, failures, successes }) => (
            <li key={task_description}>
              <bdi>{task_description}</bdi>{" "}
              <span class="faint">
                · failed {failures} of {failures + successes} times, with <Names of={agent_names} between=", " />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Shortlist({ agents }: { agents: readonly ShortlistedAgent[] }) {
  return (
    <ul>
      {agents.map(({ agent_name, description, matched_words }) => (
        <li key={agent_name}>
          <strong>
            <bdi>{agent_name}</bdi>
          </strong>{" "}
          <bdi>{description}</bdi>{" "}
          {matched_words.length > 0 && (
            <span class="faint">
              · speaks of <Names of={matched_words} between=", " />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Ranking({
  ranking: { agents, without_runs, runs },
  chosen,
}: {
  ranking: AgentRanking;
  chosen: string | undefined;
}) {
  if (runs === 0) return <Empty unless="No run with a known outcome has been recorded yet." />;
  const explained = agents.find(({ agent_name }) => agent_name === chosen) ?? agents[0];
  return (
    <>
      <DataTable
        id="ranking"
        caption={captionOf(agents, runs)}
        columns={columns(explained?.agent_name)}
        rows={agents}
        keyOf={({ agent_name }) => agent_name}
      />
      {explained && <Because agent={explained} />}
      {without_runs.length > 0 && (
        <>
          <h2>Have not run yet, and are said to do such tasks</h2>
          <Shortlist agents={without_runs} />
        </>
      )}
    </>
  );
}

function captionOf(agents: readonly AgentAssessment[], runs: number): string {
  const by = `by ${runs.toLocaleString()} past runs; lines: 80 % intervals`;
  if (agents.every(({ tested }) => tested)) return `In the order in which they would be chosen, ${by}`;
  const others = "What is expected of an agent with too few similar runs rests on other tasks, and is not advice";
  return agents.some(({ tested }) => tested)
    ? `In the order in which they would be chosen, ${by}. ${others}`
    : `${others}: ${by}`;
}

function bounds([low, high]: readonly [number, number]): string {
  return `${Math.round(low * 100)}–${Math.round(high * 100)}`;
}

/** Other words than those of what is more than chance. */
const TRENDS = {
  improving: "↗ up",
  stable: "→ level",
  declining: "↘ down",
  insufficient_data: "not enough evidence",
} as const;

const columns = (explained: string | undefined): readonly Column<AgentAssessment>[] => [
  {
    id: "agent_name",
    name: "Agent",
    value: ({ agent_name }) => agent_name,
    show: ({ agent_name }) => <AgentLink name={agent_name} />,
  },
  {
    id: "confidence",
    name: "Succeeds",
    kind: "number",
    title: "How probable success is",
    value: ({ confidence }) => confidence,
    show: ({ confidence, confidence_interval, tested }) => (
      <>
        <span class={tested ? "" : "faint"}>{percent(confidence)}</span>{" "}
        <span class="faint">· {bounds(confidence_interval)}</span>
      </>
    ),
  },
  {
    id: "interval",
    name: "0 to 100 %",
    value: ({ confidence_interval }) => confidence_interval[0],
    show: ({ confidence, confidence_interval }) => <IntervalBar rate={confidence} interval={confidence_interval} />,
  },
  {
    id: "total_tasks",
    name: "Similar runs",
    kind: "number",
    value: ({ total_tasks }) => total_tasks,
    show: ({ total_tasks, all_tasks, tested }) => (
      <>
        {total_tasks}{" "}
        <span class="faint">
          of {all_tasks}
          {tested ? "" : ": too few"}
        </span>
      </>
    ),
  },
  {
    id: "expected_duration_minutes",
    name: "Takes",
    kind: "number",
    value: ({ expected_duration_minutes }) => expected_duration_minutes,
    show: ({ expected_duration_minutes: minutes }) => duration(minutes === null ? null : minutes * 60),
  },
  {
    id: "recent_performance",
    name: "Last 7 days",
    title:
      "Success rate against the 23 days before, whatever the task: up or down by more than 5 points, which may be chance. The agent's page says whether it is more.",
    value: ({ recent_performance }) => recent_performance,
    show: ({ recent_performance }) => (
      <span class={recent_performance === "insufficient_data" ? "faint" : ""}>{TRENDS[recent_performance]}</span>
    ),
  },
  {
    id: "why",
    name: "Because",
    value: () => null,
    show: ({ agent_name }) => (
      <button
        type="button"
        class="plain"
        aria-pressed={agent_name === explained}
        aria-label={`Why ${agent_name}`}
        onClick={() => setParameters({ agent: agent_name })}
      >
        {agent_name === explained ? "below" : "why"}
      </button>
    ),
  },
];
