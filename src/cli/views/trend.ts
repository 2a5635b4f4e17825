import { RECENT_DAYS, TREND_CHANGE, verdictOf, type AgentTrend } from "../../analyze/trends.js";
import { count, percent, points, signedInterval } from "../format.js";
import { style, width } from "../terminal.js";
import { paragraph, title } from "./fit.js";
import { contains0, probability } from "./numbers.js";
import { MOST_DAYS, sparkline } from "./sparkline.js";
import { alertText, durationText, NO_MOMENT } from "./trends.js";

const LABEL = 11;

const ANSWERS = {
  improving: "getting better",
  declining: "getting worse",
  stable: "neither better nor worse",
  not_enough_evidence: "not enough evidence to tell whether it gets better or worse",
} as const;

/** One agent: what is known about its trend, in sentences. */
export function trendText(trend: AgentTrend, available = width()): string {
  const before = trend.days - RECENT_DAYS;
  return [
    title(`${trend.agent_name}: ${ANSWERS[verdictOf(trend)]}`, available),
    paragraph(`last ${RECENT_DAYS} days against the ${before} before`, "dim", available),
    "",
    ...labelled("trend", comparison(trend), available),
    ...labelled("chance", chance(trend), available),
    ...labelled("evidence", evidenceText(trend), available),
    ...labelled("alert", trend.alert ? alertText(trend.alert) : `none: ${NO_MOMENT}`, available),
    ...labelled("duration", durationText(trend), available),
    ...days(trend, available),
  ].join("\n");
}

function comparison(trend: AgentTrend): string {
  if (trend.reason !== undefined) return `insufficient data: ${trend.reason}`;
  const recent = `${percent(trend.recent_success_rate)} of ${count(trend.recent_runs, "run")}`;
  const historical = `${percent(trend.historical_success_rate)} of ${count(trend.historical_runs, "run")}`;
  return `${trend.trend.replace("_", " ")}: ${historical} succeeded before, ${recent} recently (${points(trend.success_rate_change)} points; more than ${100 * TREND_CHANGE} is called a trend)`;
}

function chance({ success_rate_change_interval: bounds }: AgentTrend): string {
  if (bounds === null) return "nothing to compare";
  const says = contains0(bounds) ? "chance alone may explain the change" : "chance alone does not explain the change";
  return `${says}: 95% interval ${signedInterval(bounds)} points`;
}

function evidenceText({ evidence: { verdict, probability_improved: improved, reason } }: AgentTrend): string {
  const sure = improved === null ? "" : `; better than before with a probability of ${probability(improved)}`;
  return `${verdict.replaceAll("_", " ")}${reason === undefined ? "" : `: ${reason}`}${sure}`;
}

/** The days that fit, with what they stand for below. */
function days({ daily, days: looked }: AgentTrend, available: number): string[] {
  const drawn = Math.min(Math.floor(looked), MOST_DAYS, available - LABEL);
  const line = sparkline(daily, drawn).trimEnd();
  return [
    ...(line === "" ? [] : [`${"days".padEnd(LABEL)}${style("cyan", line)}`]),
    ...labelled(
      "",
      `success rate by day, ${drawn} days ago to today: ▁ none to █ all, blank without runs`,
      available,
      "dim",
    ),
  ];
}

/** A label, and beside it a text that is broken into lines. */
function labelled(label: string, text: string, available: number, format?: "dim"): string[] {
  return paragraph(text, format, available - LABEL)
    .split("\n")
    .map((line, i) => (i === 0 ? style("dim", label.padEnd(LABEL)) : " ".repeat(LABEL)) + line);
}
