import type { DominantCause } from "../../analyze/causes.js";
import type { CoordinationOverhead } from "../../analyze/overhead.js";
import { percent } from "../format.js";
import { style, width } from "../terminal.js";
import { paragraph, title } from "./fit.js";

const CAUSES: Readonly<Record<DominantCause["cause"], string>> = {
  lead_in: "the time before the first agent",
  handoff_gaps: "gaps between agents",
  contention: "agents that are busy elsewhere",
  tail: "the time after the last agent",
  rework: "work that is done again",
  drag: "one agent that all wait for",
};

/** From "stay" to "consider". */
const COLOURS = { stay: "green", monitor: "yellow", consider: "red" } as const;

/** The overhead in a few lines, for a screen that shows more than it. */
export function overheadSummary(overhead: CoordinationOverhead, available = width()): string {
  const first = title("Coordination overhead", available);
  if (overhead.status === "insufficient_data")
    return [first, paragraph(`Insufficient data: ${overhead.reason}.`, undefined, available)].join("\n");
  const { idle_split: split } = overhead;
  const parts = split && [
    `${percent(split.lead_in_share)} before the first agent`,
    `${percent(split.handoff_gaps_share)} between agents`,
    `${percent(split.tail_share)} after the last`,
  ];
  const lines = [
    ...(parts ? [`  ${parts.join(", ")}`] : []),
    `  ${LESS_WORK} ${lessWork(overhead)}: ${overhead.recommendation}`,
    ...(overhead.recommendation === overhead.idle_recommendation ? [] : [`  ${DISAGREEMENT}`]),
  ];
  return [
    first,
    verdict(overhead, available),
    ...lines.map((line) => paragraph(line, undefined, available)),
    causeText(overhead.dominant_cause, available),
    paragraph("more: oak overhead", "dim", available),
  ].join("\n");
}

/** What users read for the specified number: the workflows' duration without the work of all agents, added up. */
export const LESS_WORK = "duration − work";

/** What the two numbers have to say where they give different advice. */
export const DISAGREEMENT = `The two disagree: in ${LESS_WORK} parallel work hides waiting. Go by waiting.`;

/** The specified number as a share. It is a percentage under its key. */
export function lessWork({ coordination_overhead_pct: number }: CoordinationOverhead): string {
  return number === null ? percent(null) : `${number.toFixed(1)}%`;
}

/** How much waiting there is, and the band that this is: one, or those that it may be. */
export function verdict({ idle_share, band, idle_recommendation }: CoordinationOverhead, available = width()): string {
  // With a decimal, because the limits of the bands are whole percents.
  const bounds = band?.idle_share_interval?.map((bound) => (100 * bound).toFixed(1)).join("–");
  const waiting = `waiting ${percent(idle_share)}${bounds ? ` (95%: ${bounds})` : ""}`;
  if (band?.status !== "undecided") {
    const colour = band?.bands[0] && COLOURS[band.bands[0]];
    return paragraph(`${waiting}: ${idle_recommendation}`, colour, available);
  }
  const either = band.recommendations.join(" or ");
  return paragraph(`${waiting}: ${either}. Not decided: ${band.reason}.`, "yellow", available);
}

/** What costs most, and what to do about it. */
export function causeText(cause: DominantCause | null, available = width()): string {
  if (cause === null) return paragraph("Main cause: none stands out.", undefined, available);
  const of = cause.cause === "rework" ? "the runs" : "the time";
  const advice = `${cause.advice.charAt(0).toUpperCase()}${cause.advice.slice(1)}`;
  const text = `Main cause: ${CAUSES[cause.cause]}, ${percent(cause.share)} of ${of}. ${advice}.`;
  const label = "Main cause:";
  return paragraph(text, undefined, available).replace(label, style("bold", label));
}

/** A line of explanation. */
export function remark(text: string, available = width()): string {
  return paragraph(text, "dim", available);
}
