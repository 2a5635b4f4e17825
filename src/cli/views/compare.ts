import type { PeriodBounds, PeriodComparison, RunComparison } from "../../analyze/periods.js";
import type { Interval } from "../../analyze/proportion.js";
import { count, grouped, percent, points, signedInterval, UNKNOWN } from "../format.js";
import { BEGINNING } from "../periods.js";
import { width } from "../terminal.js";
import { fittingTable, paragraph, sections, title } from "./fit.js";
import { contains0, signedDuration, signedNumber } from "./numbers.js";

type Side = "before" | "after";

const COLOURS = { better: "green", worse: "red", chance: "dim", [UNKNOWN]: undefined } as const;

/** Two periods side by side: what they are, the agents, and the workflows. */
export function comparisonText(comparison: PeriodComparison, available = width()): string {
  const empty = (["before", "after"] as const).filter((side) => isEmpty(comparison, side));
  return sections(
    [
      sideText("Before", comparison, "before", available),
      sideText("After", comparison, "after", available),
      ...empty.map((side) => paragraph(nothingIn(comparison.periods[side]), "yellow", available)),
      ...(overlapping(comparison)
        ? [paragraph("The periods overlap: some runs are in both.", "yellow", available)]
        : []),
    ].join("\n"),
    agentsTable(comparison, available),
    workflowsTable(comparison, available),
    paragraph(
      "change in points; chance: its 95% interval contains 0; Δ: change of the mean per run; times are UTC",
      "dim",
      available,
    ),
  );
}

/** Whether nothing started in a period. */
export function isEmpty({ invocations, workflows }: PeriodComparison, side: Side): boolean {
  return invocations[side].invocation_count + workflows[side].total_workflows === 0;
}

/** That there is nothing to compare. */
export function emptyText({ periods }: PeriodComparison, available = width()): string {
  const sentences = [nothingIn(periods.before), nothingIn(periods.after), ELSEWHERE];
  return sentences.map((sentence) => paragraph(sentence, undefined, available)).join("\n");
}

const ELSEWHERE =
  "oak stats says from when to when there are some: --as-of, --split, or --before and --after look there.";

function nothingIn(period: PeriodBounds): string {
  return `No invocation in ${periodText(period)}.`;
}

function sideText(name: string, { periods, invocations, workflows }: PeriodComparison, side: Side, available: number) {
  const runs = count(invocations[side].invocation_count, "invocation");
  const completed = count(workflows[side].total_workflows, "completed workflow");
  const text = `${name}: ${periodText(periods[side])}, ${runs}, ${completed}`;
  return title(text, available);
}

/** `2026-10-01 to 2026-10-15`, `everything before 2026-10-15` */
function periodText({ start, end }: PeriodBounds): string {
  return start === BEGINNING ? `everything before ${moment(end)}` : `${moment(start)} to ${moment(end)}`;
}

/** `2026-10-01`, `2026-10-01 12:30` (UTC) */
function moment(timestamp: string): string {
  return timestamp.slice(0, timestamp.slice(11, 16) === "00:00" ? 10 : 16).replace("T", " ");
}

function overlapping({ periods: { before, after } }: PeriodComparison): boolean {
  return before.start < after.end && after.start < before.end;
}

function agentsTable({ invocations, agents }: PeriodComparison, available: number): string {
  const rows: readonly (readonly [name: string, runs: RunComparison])[] = [
    ...Object.entries(agents),
    ["all", invocations],
  ];
  return fittingTable(
    rows,
    [
      { header: "AGENT", value: ([name]) => name, wraps: true },
      {
        header: "RUNS",
        align: "right",
        value: ([, runs]) => sides(runs, (side) => grouped(side.invocation_count)),
        gives: 2,
      },
      { header: "SUCCESS", align: "right", value: ([, runs]) => sides(runs, (side) => percent(side.success_rate, 0)) },
      { header: "CHANGE", align: "right", value: ([, { change }]) => points(change.success_rate) },
      {
        header: "95%",
        align: "right",
        value: ([, { change }]) => signedInterval(change.success_rate_interval),
        gives: 3,
      },
      {
        header: "",
        value: ([, { change }]) => says(change.success_rate_interval),
        style: ([, { change }]) => colour(change.success_rate_interval),
      },
      {
        header: "ΔTIME",
        align: "right",
        value: ([, { change }]) => signedDuration(change.average_duration_seconds),
        gives: 4,
      },
      { header: "ΔQUALITY", align: "right", value: ([, { change }]) => quality(change.average_quality), gives: 1 },
    ],
    available,
  );
}

function sides<T>(both: { readonly before: T; readonly after: T }, text: (side: T) => string): string {
  return `${text(both.before)}→${text(both.after)}`;
}

function quality(difference: number | null): string {
  return difference === null ? UNKNOWN : signedNumber(difference, 2);
}

/** Which way a change goes, or that it may be chance. */
function says(bounds: Interval | null): keyof typeof COLOURS {
  if (bounds === null) return UNKNOWN;
  if (contains0(bounds)) return "chance";
  return bounds[0] > 0 ? "better" : "worse";
}

function colour(bounds: Interval | null): (typeof COLOURS)[keyof typeof COLOURS] {
  return COLOURS[says(bounds)];
}

function workflowsTable(
  { workflows: { before, after, change } }: PeriodComparison,
  available: number,
): string | undefined {
  if (before.total_workflows + after.total_workflows === 0) return undefined;
  const rows = [
    ["success", before.success_rate, after.success_rate, change.success_rate, change.success_rate_interval],
    ["waiting", before.overhead.idle_share, after.overhead.idle_share, change.idle_share, undefined],
  ] as const;
  return fittingTable(
    rows,
    [
      { header: "WORKFLOWS", value: ([name]) => name },
      { header: "BEFORE", align: "right", value: ([, rate]) => percent(rate) },
      { header: "AFTER", align: "right", value: ([, , rate]) => percent(rate) },
      { header: "CHANGE", align: "right", value: ([, , , difference]) => points(difference) },
      {
        header: "95%",
        align: "right",
        value: ([, , , , bounds]) => (bounds === undefined ? "" : signedInterval(bounds)),
        gives: 1,
      },
      {
        header: "",
        value: ([, , , , bounds]) => (bounds === undefined ? "" : says(bounds)),
        style: ([, , , , bounds]) => (bounds === undefined ? undefined : colour(bounds)),
      },
    ],
    available,
  );
}
