import type { PeriodBounds, PeriodComparison, RunComparison } from "../../analyze/periods.js";
import type { Interval } from "../../analyze/proportion.js";
import { count, grouped, percent, points, signedInterval, UNKNOWN } from "../format.js";
import { BEGINNING } from "../periods.js";
import { width } from "../terminal.js";
import { fittingTable, paragraph, sections, title } from "./fit.js";
import { contains0, signedDuration, signedNumber } from "./numbers.js";

type Side = "before" | "after";

const COLOURS = { better: "green", worse: "red", chance: "dim", [UNKNOWN]: undefined } as const;

/** So many that changed are named in a sentence. */
const MOST_NAMED = 6;

/** Two periods side by side: what has changed, what they are, the agents, and the workflows. */
export function comparisonText(comparison: PeriodComparison, available = width()): string {
  const empty = (["before", "after"] as const).filter((side) => isEmpty(comparison, side));
  return sections(
    empty.length === 0 ? answer(comparison, available) : undefined,
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
      "change in points; chance: its 95% interval contains 0 (of 20 that are chance, one looks real); Δ: change of the mean per run; times are UTC",
      "dim",
      available,
    ),
  );
}

/** The answer in a sentence or two: whose success has changed, and of how many that may be chance. */
function answer({ invocations, agents, workflows }: PeriodComparison, available: number): string {
  const one = (name: string, { before, after, change }: RunComparison | PeriodComparison["workflows"]) => ({
    text: `${name} (${percent(before.success_rate, 0)} → ${percent(after.success_rate, 0)})`,
    says: says(change.success_rate_interval),
  });
  const each = Object.entries(agents).map(([name, runs]) => one(name, runs));
  const all = [...each, one("all runs together", invocations), one("workflows", workflows)];
  const changed = (what: string, way: "better" | "worse") => {
    const texts = all.filter((change) => change.says === way).map(({ text }) => text);
    const rest = texts.length - MOST_NAMED;
    const named = texts.slice(0, MOST_NAMED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
    return texts.length === 0 ? [] : [paragraph(`${what}: ${named}.`, ["bold", COLOURS[way]], available)];
  };
  const sure = [...changed("Less success than before", "worse"), ...changed("More success than before", "better")];
  const chance = each.filter((change) => change.says === "chance").length;
  const others = sure.length > 0 ? "other " : "";
  const rest =
    chance > 0
      ? `Chance alone may explain the ${chance === 1 ? "change" : "changes"} of ${count(chance, `${others}agent`)}.`
      : all.some((change) => change.says === "chance")
        ? "Chance alone may explain the other changes."
        : "";
  if (sure.length > 0) return [...sure, ...(rest === "" ? [] : [paragraph(rest, undefined, available)])].join("\n");
  const nothing =
    rest === ""
      ? "Nothing to compare: no agent has known outcomes in both periods."
      : `No change of success is certain. ${rest}`;
  return paragraph(nothing, "bold", available);
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
