import type {
  AgentAdvice,
  AgentAssessment,
  AgentExplanation,
  Alternative,
  Answer,
  NoSuitableAgent,
  NotEnoughEvidence,
  PastRunShare,
  Recommendation,
  ShortlistedAgent,
} from "../../select/advice.js";
import type { DomainMatch } from "../../select/domain.js";
import type { FailedTask } from "../../select/specialist.js";
import { count, day, duration, interval, percent, UNKNOWN } from "../format.js";
import { cut } from "../layout.js";
import { table } from "../table.js";
import { faint, heading, style, width } from "../terminal.js";
import { fittingTable, paragraph, sections, title, type FittingColumn } from "./fit.js";
import { signedNumber } from "./numbers.js";

/** How many words of a past task are shown. */
const TASK_COLUMNS = 60;

/** How many past runs are shown without `--explain`. */
const FEW = 2;

/** The answer to who should do a task. */
export function adviceText(advice: AgentAdvice, explain: boolean, available = width()): string {
  const body =
    advice.status === "recommended"
      ? recommendationText(advice, explain, available)
      : advice.status === "no_suitable_agent"
        ? unsuitableText(advice, available)
        : unknownText(advice, available);
  return sections(body, isUnheard(advice) ? undefined : domainText(advice, available));
}

/** Whether somebody is recommended for a domain that nobody here is known to have worked in: that is said first. */
function isUnheard({ status, domain }: AgentAdvice): boolean {
  return status === "recommended" && domain?.matched.length === 0;
}

function recommendationText(advice: Recommendation, explain: boolean, available: number): string {
  return sections(
    [
      `${heading("Recommended:")} ${style(["bold", "green"], cut(advice.agent_name, available - 13))}`,
      facts(advice),
      ...(advice.exploration ? [paragraph(EXPLORED, "yellow", available), recordingText(advice, available)] : []),
      ...(isUnheard(advice) ? [domainText(advice, available)] : []),
    ].join("\n"),
    explain ? sharesText(advice.explanation, advice.confidence, available) : undefined,
    runsText(advice.explanation, available, explain),
    alternativesText("Otherwise", advice.alternatives, available),
    explain ? undefined : faint("why: --explain; all agents: --all"),
  );
}

const EXPLORED =
  "Chosen to learn from too (--explore): each agent's luck is drawn, so another may be likelier to succeed.";

/** What has to stand in the log for others to learn what another choice would have given. */
function recordingText({ propensity }: Recommendation, available: number): string {
  // As many digits as are known.
  const known = String(Number(propensity.toFixed(6)));
  const text = `Drawn with probability ${known}. If it does the task for that reason, record its run with --propensity ${known} (oak log invocation): then oak backtest can tell what other choices would have given. If you send another agent, leave it out.`;
  return paragraph(text, "dim", available);
}

/** What the specification prints of an agent, and the numbers beside it. */
function facts(agent: AgentAssessment): string {
  const { total_tasks, all_tasks, success_rate, avg_duration_minutes, confidence_interval } = agent;
  const successes =
    success_rate === null ? "" : `${Math.round(success_rate * total_tasks)} of ${count(total_tasks, "similar task")}`;
  const rows: readonly (readonly [string, string, string])[] = [
    [
      "Confidence",
      percent(agent.confidence, 0),
      `80% interval ${interval(confidence_interval)}${all_tasks === 0 ? ", as for anyone: it has not run yet" : ""}`,
    ],
    ["Success rate", percent(success_rate, 0), successes],
    ["Avg duration", avg_duration_minutes === null ? UNKNOWN : duration(avg_duration_minutes * 60), ""],
    ["Experience", count(total_tasks, "similar task"), `of ${count(all_tasks, "run")} in all`],
    ["Trend", agent.recent_performance.replace("_", " "), trendRemark(agent)],
  ];
  return rows
    .map(([name, value, more]) => `  ${`${name}:`.padEnd(14)} ${value}${more ? faint(`  ${more}`) : ""}`.trimEnd())
    .join("\n");
}

/** The specified rule calls a trend what may be chance. */
function trendRemark({ recent_performance: trend, agent_name }: AgentAssessment): string {
  return trend === "improving" || trend === "declining"
    ? `more than chance? oak trends ${/^[\w.-]+$/.test(agent_name) ? agent_name : "AGENT"}`
    : "";
}

/** What the confidence is the sum of. */
export function sharesText({ prior, shares }: AgentExplanation, confidence: number, available: number): string {
  const points = (share: number) => signedNumber(100 * share, 1);
  const rows: readonly (readonly [string, string])[] = [
    [(100 * prior).toFixed(1), "all agents on all tasks"],
    [points(shares.agent), "this agent, whatever the task"],
    [points(shares.domain), "tasks of this domain, whoever does them"],
    [points(shares.agent_domain), "this agent in this domain"],
    [points(shares.text), "tasks with such words, whoever does them"],
    [points(shares.agent_text), "this agent at tasks with such words"],
    [points(shares.same_task), "this agent at this very task"],
  ];
  const shown = rows.filter(([value], i) => i === 0 || Number(value) !== 0);
  return [
    title(`Where ${percent(confidence, 0)} comes from, in percentage points`, available),
    ...shown.map(([value, what]) => paragraph(`  ${value.padStart(6)}  ${what}`, undefined, available)),
  ].join("\n");
}

/** Past runs for and against. */
export function runsText(
  { runs_for, runs_against }: AgentExplanation,
  available: number,
  explain = true,
): string | undefined {
  const part = (name: string, runs: readonly PastRunShare[]) =>
    runs.length === 0
      ? undefined
      : [title(name, available), runTable(explain ? runs : runs.slice(0, FEW), available, explain)].join("\n");
  return sections(part("Past runs for it", runs_for), part("Past runs against it", runs_against));
}

function runTable(runs: readonly PastRunShare[], available: number, explain: boolean): string {
  const points: FittingColumn<PastRunShare> = {
    header: "POINTS",
    align: "right",
    value: (run) => signedNumber(100 * run.contribution, 1),
  };
  return fittingTable(
    runs,
    [
      ...(explain ? [points] : []),
      { header: "OUTCOME", value: outcomeText },
      { header: "AGENT", value: (run) => run.agent_name, gives: 2 },
      { header: "DAY", value: (run) => day(run.started_at), gives: 1 },
      { header: "TASK", value: (run) => cut(oneLine(run.task_description), TASK_COLUMNS), wraps: true, comfort: 30 },
    ],
    available,
  );
}

function outcomeText({ outcome }: PastRunShare): string {
  return outcome === 1 ? "success" : outcome === 0 ? "failure" : percent(outcome, 0);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function unsuitableText(advice: NoSuitableAgent, available: number): string {
  const { covers, failed_tasks } = advice.specialist;
  return sections(
    [
      style(["bold", "yellow"], "No suitable agent found: consider creating a new specialist"),
      paragraph(`${sentence(advice.reason)}.`, undefined, available),
    ].join("\n"),
    [
      title("What such a specialist should cover", available),
      paragraph(`  ${covers.join(", ")}`, undefined, available),
    ].join("\n"),
    failed_tasks.length === 0
      ? undefined
      : [title("Tasks like it that failed", available), failedTable(failed_tasks, available)].join("\n"),
    alternativesText("The best there are", advice.alternatives, available),
    shortlistText(advice.shortlist, available),
  );
}

function failedTable(tasks: readonly FailedTask[], available: number): string {
  return fittingTable(
    tasks,
    [
      { header: "FAILED", align: "right", value: (task) => `${task.failures} of ${task.failures + task.successes}` },
      { header: "BY", value: (task) => task.agent_names.join(", "), gives: 1 },
      { header: "TASK", value: (task) => cut(oneLine(task.task_description), TASK_COLUMNS), wraps: true, comfort: 30 },
    ],
    available,
  );
}

function unknownText(advice: NotEnoughEvidence, available: number): string {
  return sections(
    [
      style(["bold", "yellow"], "Not enough evidence to recommend an agent"),
      paragraph(`${sentence(advice.reason)}.`, undefined, available),
    ].join("\n"),
    alternativesText("Those that come nearest", advice.alternatives, available),
    shortlistText(advice.shortlist, available),
    paragraph(
      "Whoever does the task, record how it went: that is the evidence. --explore chooses someone to learn from.",
      "dim",
      available,
    ),
  );
}

function alternativesText(name: string, alternatives: readonly Alternative[], available: number): string | undefined {
  if (alternatives.length === 0) return undefined;
  const text = table(
    alternatives,
    [
      { header: "AGENT", value: (agent) => agent.agent_name, wraps: true },
      { header: "CONFIDENCE", align: "right", value: (agent) => percent(agent.confidence, 0) },
      { header: "80%", align: "right", value: (agent) => interval(agent.confidence_interval) },
      { header: "SIMILAR TASKS", align: "right", value: (agent) => String(agent.total_tasks) },
      { header: "", value: (agent) => (agent.tested ? "" : "untested here"), style: () => "dim" },
    ],
    available,
  );
  return [title(name, available), text].join("\n");
}

/** Agents that may be worth a try, by their definitions. */
export function shortlistText(shortlist: readonly ShortlistedAgent[], available: number): string | undefined {
  if (shortlist.length === 0) return undefined;
  const lines = shortlist.map(({ agent_name, description, matched_words }) =>
    cut(`  ${agent_name}: ${oneLine(description) || matched_words.join(", ")}`, available),
  );
  return [title("By name and description these may fit; nobody knows how well", available), ...lines].join("\n");
}

/** What the domain was taken for. */
export function domainText({ domain, inferred_domain }: Answer, available: number): string | undefined {
  if (domain) return matchText(domain, available);
  if (inferred_domain === null) return undefined;
  return paragraph(
    `Taken for ${inferred_domain}, as the tasks most like it were; --domain overrules.`,
    "dim",
    available,
  );
}

function matchText({ asked, matched, known = [] }: DomainMatch, available: number): string {
  if (matched.length > 0) return paragraph(`Domain "${asked}" is taken for: ${matched.join(", ")}.`, "dim", available);
  const names =
    known.length > 0
      ? ` Known are: ${known.slice(0, MOST_KNOWN).join(", ")}${known.length > MOST_KNOWN ? ", …" : ""}.`
      : "";
  return paragraph(
    `Domain "${asked}" is not known here; its words were added to the task.${names}`,
    "yellow",
    available,
  );
}

const MOST_KNOWN = 15;

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
