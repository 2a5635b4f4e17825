import type { Evidence } from "../../analyze/evidence.js";
import { declinesQuietly, RECENT_DAYS, verdictOf, type AgentTrend, type TrendAlert } from "../../analyze/trends.js";
import { count, day, percent, points, signedInterval } from "../format.js";
import { width } from "../terminal.js";
import { fits, fittingTable, paragraph, title, type FittingColumn } from "./fit.js";
import { pValue, probability, signedDuration } from "./numbers.js";
import { MOST_DAYS, sparkline } from "./sparkline.js";

const COLOURS = {
  improving: "green",
  stable: undefined,
  declining: "red",
  insufficient_data: "dim",
  not_enough_evidence: "dim",
} as const;

const AGENT: FittingColumn<AgentTrend> = { header: "AGENT", value: (trend) => trend.agent_name, wraps: true };

/** What the specification compares. */
const COMPARED: readonly FittingColumn<AgentTrend>[] = [
  { header: "TREND", value: (trend) => trend.trend.replace("_", " "), style: (trend) => COLOURS[trend.trend] },
  { header: "CHANGE", align: "right", value: (trend) => points(trend.success_rate_change) },
  { header: "95%", align: "right", value: (trend) => signedInterval(trend.success_rate_change_interval), gives: 1 },
  { header: "RECENT", align: "right", value: (trend) => percent(trend.recent_success_rate) },
  { header: "RUNS", align: "right", value: (trend) => String(trend.recent_runs), gives: 2 },
  { header: "BEFORE", align: "right", value: (trend) => percent(trend.historical_success_rate) },
  { header: "RUNS", align: "right", value: (trend) => String(trend.historical_runs), gives: 3 },
];

/** What can be said with chance considered. */
const EVIDENCE: readonly FittingColumn<AgentTrend>[] = [
  {
    header: "EVIDENCE",
    value: ({ evidence }) => verdictText(evidence),
    style: ({ evidence }) => COLOURS[evidence.verdict],
  },
  { header: "P(BETTER)", align: "right", value: ({ evidence }) => probability(evidence.probability_improved) },
];

/** The trends of several agents: the specified comparison, the evidence for it, the days, and what to look at. */
export function trendsText(trends: readonly AgentTrend[], days: number, available = width()): string {
  return [
    heading(days, available),
    ...answer(trends, available),
    trendTables(trends, days, available),
    paragraph("change in points; an interval that contains 0 may be chance", "dim", available),
    ...signals(trends, available),
  ].join("\n");
}

/** The same where there is more on the screen than trends: each agent has one line, and the days are left out. */
export function trendsSummary(trends: readonly AgentTrend[], days: number, available = width()): string {
  const [trend, change, bounds] = COMPARED;
  return [
    heading(days, available),
    ...answer(trends, available),
    fittingTable(trends, [AGENT, trend!, change!, bounds!, ...EVIDENCE], available),
    ...signals(trends, available),
    paragraph("change in points; more: oak trends", "dim", available),
  ].join("\n");
}

function heading(days: number, available: number): string {
  return title(`Trends: last ${RECENT_DAYS} days against the ${days - RECENT_DAYS} before`, available);
}

/** One table where there is room for all; else what the specification does not compare goes below. */
function trendTables(trends: readonly AgentTrend[], days: number, available: number): string {
  const drawn = (length: number): FittingColumn<AgentTrend> => ({
    header: `LAST ${length} DAYS`,
    value: ({ daily }) => sparkline(daily, length),
  });
  const longest = Math.min(Math.floor(days), MOST_DAYS);
  const whole = fittingTable(trends, [AGENT, ...COMPARED.map(staying), ...EVIDENCE, drawn(longest)], available);
  const unbroken = whole.split("\n").length === trends.length + 1;
  if (unbroken && fits(whole, available)) return whole;
  // Of the days, the oldest give way.
  const lengths = [longest, 21, 14, RECENT_DAYS].filter((length) => length <= longest);
  const below = lengths
    .map((length) => fittingTable(trends, [AGENT, ...EVIDENCE, drawn(length)], available))
    .find((text) => fits(text, available));
  return [
    fittingTable(trends, [AGENT, ...COMPARED], available),
    "",
    below ?? fittingTable(trends, [AGENT, ...EVIDENCE], available),
  ].join("\n");
}

function staying<T>(column: FittingColumn<T>): FittingColumn<T> {
  return { ...column, gives: undefined };
}

/** `not enough evidence` is too long for a column. */
function verdictText({ verdict }: Evidence): string {
  return verdict === "not_enough_evidence" ? "not enough" : verdict;
}

/** Why there is no alert although the last days are worse. */
export const NO_MOMENT = "run by run, no moment stands out yet from which on failures are more frequent";

/** A line for each alert, for declines without one, and for each agent whose runs take longer or less long. */
function signals(trends: readonly AgentTrend[], available: number): string[] {
  const alerts = trends.flatMap(({ agent_name, alert }) =>
    alert ? [paragraph(`${agent_name}: ${alertText(alert)}`, "red", available)] : [],
  );
  const durations = trends.flatMap(({ agent_name, duration_trend: { trend } }, i) =>
    trend === "increasing" || trend === "decreasing"
      ? [paragraph(`${agent_name}: ${durationText(trends[i]!)}`, undefined, available)]
      : [],
  );
  const quiet = trends.filter(declinesQuietly).map(({ agent_name }) => agent_name);
  const unalerted =
    quiet.length === 0
      ? []
      : [paragraph(`No alert for ${quiet.join(", ")}: ${NO_MOMENT}, and only that alerts.`, "dim", available)];
  return [...alerts, ...unalerted, ...durations];
}

/** `declining since 2026-10-21: 94% over 120 runs before, 71% over 35 since; noticed 2026-10-25` */
export function alertText(alert: TrendAlert): string {
  const before = `${percent(alert.rate_before, 0)} over ${count(alert.runs_before, "run")} before`;
  const since = `${percent(alert.rate_since, 0)} over ${alert.runs_since} since`;
  return `declining since ${day(alert.changed_at)}: ${before}, ${since}; noticed ${day(alert.detected_at)}`;
}

/** `runs take longer, +12 s a day (95%: +2 s to +25 s; p = 0.012)` */
export function durationText({ duration_trend: { trend, slope, slope_interval, p_value, n } }: AgentTrend): string {
  if (trend === "insufficient_data") return "runs on too few days to tell whether they take longer";
  const says = { increasing: "runs take longer", decreasing: "runs take less long", no_trend: "no trend" }[trend];
  const bounds = slope_interval?.map(signedDuration).join(" to ");
  return `${says}: ${signedDuration(slope)} a day (95%: ${bounds}; ${pValue(p_value)}; ${count(n, "day")})`;
}

/** Why nothing can be said of an agent: it has not run lately, or nobody is called so. */
export function reasonText({ agent_name, days }: AgentTrend, known: readonly string[], available = width()): string {
  const sentences = known.includes(agent_name)
    ? [`Insufficient data: no run of ${agent_name} with a known outcome in the last ${days} days.`, EARLIER]
    : [`No agent is called ${agent_name}.`, `Agents with telemetry: ${known.join(", ") || "none yet"}.`];
  return sentences.map((sentence) => paragraph(sentence, undefined, available)).join("\n");
}

const EARLIER = "To look from an earlier day: --as-of DAY.";

/** The answer in a sentence or two: who gets better, who worse, and of how many that is not known. */
function answer(trends: readonly AgentTrend[], available: number): string[] {
  if (trends.every(({ recent_runs }) => recent_runs === 0)) {
    const days = trends.flatMap(({ daily }) => daily.map(({ days_ago }) => days_ago));
    const last = days.reduce((least, ago) => Math.min(least, ago), Infinity);
    const ended = Number.isFinite(last) ? `; the last was ${count(last, "day")} ago` : "";
    return [
      paragraph(`No run with a known outcome in the last ${RECENT_DAYS} days${ended}. ${EARLIER}`, "yellow", available),
    ];
  }
  const named = (verdict: Evidence["verdict"]) => trends.filter((trend) => verdictOf(trend) === verdict);
  const unknown = named("not_enough_evidence").length;
  const sentence = (what: string, verdict: Evidence["verdict"]) => {
    const agents = named(verdict).map(({ agent_name }) => agent_name);
    return agents.length === 0 ? [] : [paragraph(`${what}: ${agents.join(", ")}.`, COLOURS[verdict], available)];
  };
  return [
    ...sentence("Getting worse", "declining"),
    ...sentence("Getting better", "improving"),
    ...sentence("Staying as they are", "stable"),
    ...(unknown === 0
      ? []
      : [
          paragraph(
            unknown === trends.length
              ? "Not enough evidence about any agent to tell whether it gets better or worse."
              : `Not enough evidence about ${unknown === 1 ? "1 other" : `${unknown} others`}.`,
            undefined,
            available,
          ),
        ]),
  ];
}
