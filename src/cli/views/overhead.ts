import type { CoordinationOverhead, CriticalPathShares } from "../../analyze/overhead.js";
import { count, duration, grouped, percent, UNKNOWN } from "../format.js";
import { width } from "../terminal.js";
import { fittingTable, sections, title } from "./fit.js";
import { pValue, signedNumber } from "./numbers.js";
import { causeText, DISAGREEMENT, LESS_WORK, lessWork, remark, verdict } from "./overhead-summary.js";

/** Agents named on the critical path; `--json` names all. */
const MOST_AGENTS = 20;

/** All there is to say about the overhead, the most useful first. */
export function overheadText(overhead: CoordinationOverhead, available = width()): string {
  const workflows = count(overhead.workflows_analyzed, "workflow");
  const first = title(`Coordination overhead of ${workflows}`, available);
  if (overhead.status === "insufficient_data")
    return [first, remark(`Insufficient data: ${overhead.reason}.`, available), ...notes(overhead, available)].join(
      "\n",
    );
  return sections(
    [first, verdict(overhead, available), causeText(overhead.dominant_cause, available)].join("\n"),
    shares(overhead, available),
    criticalPath(overhead.critical_path, available),
    waits(overhead, available),
    team(overhead, available),
    [idleTrend(overhead, available), ...notes(overhead, available)].join("\n"),
  );
}

function shares(overhead: CoordinationOverhead, available: number): string {
  const { idle_split: split, avg_coordination_minutes: minutes, band } = overhead;
  const median = overhead.median_coordination_overhead_pct;
  const rows: readonly (readonly [name: string, pooled: string, median: string, meaning: string])[] = [
    ["waiting", percent(overhead.idle_share), percent(overhead.median_idle_share), "no agent at work"],
    ["  lead-in", percent(split?.lead_in_share ?? null), "", "before the first agent"],
    ["  gaps", percent(split?.handoff_gaps_share ?? null), "", "between agents"],
    ["  tail", percent(split?.tail_share ?? null), "", "after the last agent"],
    ["overlap", percent(overhead.overlap_share), "", "several agents at work at once"],
    ["nested", percent(overhead.nested_share), "", "parents around their children: counted twice"],
    ["outside", percent(overhead.outside_share), "", "runs that outlive their workflow"],
    [LESS_WORK, lessWork(overhead), median === null ? UNKNOWN : `${median.toFixed(1)}%`, overhead.recommendation],
  ];
  const each = duration(minutes === null ? null : minutes * 60).replace(/^-0 s$/, "0 s");
  const limits = band
    ? `; bands: below ${band.thresholds.stay}% stay, above ${band.thresholds.consider}% consider Phase 3`
    : "";
  return [
    title("Where the time goes", available),
    fittingTable(
      rows,
      [
        { header: "SHARE", value: ([name]) => name },
        { header: "OF TIME", align: "right", value: ([, pooled]) => pooled },
        { header: "MEDIAN", align: "right", value: ([, , middle]) => middle, gives: 1 },
        { header: "", value: ([, , , meaning]) => meaning, wraps: true },
      ],
      available,
    ),
    remark(
      `${LESS_WORK} = waiting − overlap − nested − outside = ${each} a workflow; of time: all workflows pooled${limits}`,
      available,
    ),
    ...(overhead.recommendation === overhead.idle_recommendation ? [] : [remark(DISAGREEMENT, available)]),
  ].join("\n");
}

function criticalPath(path: CriticalPathShares | null, available: number): string | undefined {
  if (!path) return undefined;
  const rest = path.agents.length - MOST_AGENTS;
  const rows = [
    ...path.agents.slice(0, MOST_AGENTS).map(({ agent_name: name, runs, share, drag_share }) => ({
      cells: [name, grouped(runs), percent(share), percent(drag_share)] as const,
      waiting: false,
    })),
    { cells: ["waiting", "", percent(path.waiting_share), ""] as const, waiting: true },
  ];
  return [
    title("Critical path: what decides how long workflows take", available),
    fittingTable(
      rows,
      [
        { header: "AGENT", value: ({ cells }) => cells[0], wraps: true, style: ({ waiting }) => dim(waiting) },
        { header: "RUNS", align: "right", value: ({ cells }) => cells[1], gives: 1 },
        { header: "OF TIME", align: "right", value: ({ cells }) => cells[2] },
        { header: "DRAG", align: "right", value: ({ cells }) => cells[3] },
      ],
      available,
    ),
    ...(rest > 0 ? [remark(`and ${count(rest, "more agent")}: --json names all`, available)] : []),
    remark("drag: by how much workflows would be shorter if the agent took no time", available),
  ].join("\n");
}

function dim(wanted: boolean): "dim" | undefined {
  return wanted ? "dim" : undefined;
}

function waits(
  { handoff_waits: handoffs, cycle_time_efficiency: efficiency }: CoordinationOverhead,
  available: number,
): string | undefined {
  if (!handoffs || handoffs.count === 0) return undefined;
  const rows = [
    ["other", handoffs.other_share, efficiency?.without_other, "not busy: nobody started it"],
    ["contention", handoffs.contention_share, efficiency?.without_contention, "busy with runs ready earlier"],
    ["prioritization", handoffs.prioritization_share, efficiency?.without_prioritization, "busy with runs ready later"],
  ] as const;
  const times = `p50 ${duration(handoffs.p50_seconds)}, p95 ${duration(handoffs.p95_seconds)}`;
  return [
    title(`Waits of an agent for its turn: ${grouped(handoffs.count)}, ${times}`, available),
    fittingTable(
      rows,
      [
        { header: "CAUSE", value: ([name]) => name },
        { header: "OF WAITS", align: "right", value: ([, share]) => percent(share) },
        { header: "EFFICIENCY WITHOUT", align: "right", value: ([, , without]) => percent(without ?? null), gives: 2 },
        { header: "MEANWHILE", value: ([, , , meaning]) => meaning, wraps: true, gives: 1 },
      ],
      available,
    ),
    remark(
      `cycle time efficiency ${percent(efficiency?.value ?? null)}: work in work and waits; ` +
        "oak handoffs shows who waits for whom",
      available,
    ),
  ].join("\n");
}

function team(overhead: CoordinationOverhead, available: number): string {
  const { rework, plan_adherence: adherence, median_estimate_error: error } = overhead;
  const ratio = (value: number | null) => (value === null ? UNKNOWN : value.toFixed(2));
  const rows: readonly (readonly [name: string, value: string, meaning: string])[] = [
    ["parallelism", ratio(overhead.avg_parallelism), "agents at work while any is"],
    ["speedup", ratio(overhead.speedup), "1 is one agent after the other, without a pause"],
    ["efficiency", percent(overhead.efficiency), "share of the agents' time in workflows that is work"],
    ["rework", percent(rework?.share_of_runs ?? null), rework ? reworkText(rework) : "not known"],
    [
      "plan adherence",
      percent(adherence),
      adherence === null ? "no workflow has a plan" : "mean of workflows with a plan",
    ],
    [
      "estimate error",
      error === null ? UNKNOWN : `${signedNumber(100 * error, 1)}%`,
      error === null ? "no workflow has an estimate" : "median of workflows with an estimate; above 0 they took longer",
    ],
  ];
  return [
    title("How the team works", available),
    fittingTable(
      rows,
      [
        { header: "MEASURE", value: ([name]) => name },
        { header: "VALUE", align: "right", value: ([, value]) => value },
        { header: "", value: ([, , meaning]) => meaning, wraps: true },
      ],
      available,
    ),
  ].join("\n");
}

function reworkText({ self_loops, repeats, redos, retries }: NonNullable<CoordinationOverhead["rework"]>): string {
  const kinds = [
    [self_loops, "at once by the same agent"],
    [repeats, "later by the same agent"],
    [redos, "by another agent"],
    [retries, "after a failure"],
  ] as const;
  const named = kinds.filter(([number]) => number > 0).map(([number, what]) => `${grouped(number)} ${what}`);
  return named.length > 0 ? `of the runs do work again: ${named.join(", ")}` : "of the runs do work again";
}

function idleTrend({ idle_trend: trend }: CoordinationOverhead, available: number): string {
  if (!trend || trend.trend === "insufficient_data" || trend.slope === null)
    return remark("Trend of waiting: not known, too few days with workflows in the last 30.", available);
  const p = pValue(trend.p_value);
  const days = count(trend.n, "day");
  if (trend.trend === "no_trend") return remark(`Trend of waiting: none in ${days} with workflows (${p}).`, available);
  const slope = signedNumber(100 * trend.slope, 2);
  const bounds = trend.slope_interval?.map((bound) => signedNumber(100 * bound, 2)).join(" to ");
  const way = trend.trend === "increasing" ? "rises" : "falls";
  return remark(
    `Trend of waiting: ${way}, ${slope} points a day in ${days} with workflows (95%: ${bounds}; ${p}).`,
    available,
  );
}

/** How far to trust the numbers. */
function notes(overhead: CoordinationOverhead, available: number): string[] {
  const workflows = [
    [overhead.workflows_left_out, "without a duration or an ended invocation, left out"],
    [overhead.joined_by_session, "joined to their invocations by session, for want of a workflow_id"],
    [overhead.duration_mismatches, "with a reported duration more than 5% off the timestamps"],
  ] as const;
  const invocations = [
    [overhead.open_invocations, "without an end: in no duration"],
    [overhead.outside_parent, "outside of the time of the parent: clocks disagree"],
  ] as const;
  return [
    ...workflows.filter(([number]) => number > 0).map(([number, what]) => `${count(number, "workflow")} ${what}`),
    ...invocations.filter(([number]) => number > 0).map(([number, what]) => `${count(number, "invocation")} ${what}`),
  ].map((note) => remark(note, available));
}
