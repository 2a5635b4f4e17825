import { agentPathShares, estimateError } from "../../analyze/workflow-figures.js";
import type {
  RunDetail,
  WorkflowDetail,
  WorkflowDetailMetrics,
  WorkflowSummary,
} from "../../analyze/workflow-detail.js";
import type { WorkflowStatus } from "../../analyze/workflows.js";
import { count, duration, percent, UNKNOWN } from "../format.js";
import { fitted, flow, wrapped, type Format } from "../layout.js";
import { table } from "../table.js";
import { heading, width } from "../terminal.js";
import { LESS_WORK } from "./overhead-summary.js";
import { timeline } from "./workflow-timeline.js";

/** Of handoffs and failures; `--json` has all. */
const MOST_ROWS = 15;

export const STATUS_COLOURS: Readonly<Record<WorkflowStatus, Format | undefined>> = {
  running: "cyan",
  completed: "green",
  failed: "red",
  cancelled: "yellow",
  abandoned: "dim",
};

/** All that is known of one workflow, the drawing first. */
export function workflowText(detail: WorkflowDetail, columns = width()): string {
  const sections = [
    title(detail, columns),
    detail.runs.length === 0 ? ["No runs were recorded in it."] : timeline(detail, columns),
    handoffs(detail, columns),
    failures(detail.runs, columns),
    ...(detail.metrics
      ? [timeSection(detail, detail.metrics, columns), path(detail, columns)]
      : [wrapped(`No numbers on its time: ${detail.reason ?? "it has no end"}.`, columns)]),
    remarks(detail, columns),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function title(detail: WorkflowDetail, columns: number): string[] {
  const { project_name, status, workflow_id, started_at, agents, runs } = detail;
  const started = started_at === null ? "its start was not recorded" : `started ${moment(started_at)} UTC`;
  const distinct = new Set(agents).size;
  return [
    // The status first: a long name must not push it out.
    fitted(columns, STATUS_COLOURS[status] ? [STATUS_COLOURS[status], status] : status, "  ", [
      "bold",
      project_name ?? "(no project)",
    ]),
    ...wrapped(workflow_id, columns),
    ...flow(
      [
        [lasted(detail)],
        [started],
        [`${count(runs.length, "run")}${distinct > 0 ? ` by ${count(distinct, "agent")}` : ""}`],
      ],
      columns,
    ),
    ...(detail.cancel_reason === null ? [] : wrapped(`cancelled because: ${detail.cancel_reason}`, columns)),
  ];
}

function lasted(detail: WorkflowDetail): string {
  const { duration_seconds, elapsed_seconds, estimated_duration, estimate_error } = detail;
  const time =
    elapsed_seconds !== null
      ? `running for ${duration(elapsed_seconds)}`
      : duration_seconds === null
        ? "took nobody knows how long"
        : `took ${duration(duration_seconds)}`;
  if (estimated_duration === null) return time;
  const error = estimate_error === null ? "" : ` (${signedPercent(estimate_error)})`;
  return `${time}, estimated ${duration(estimated_duration)}${error}`;
}

/** `2026-11-01 12:00:00` */
export function moment(timestamp: string): string {
  return timestamp.slice(0, 19).replace("T", " ");
}

/** `+25%` for a share that something is off. */
export function signedPercent(share: number | null): string {
  if (share === null) return UNKNOWN;
  const text = percent(share, 0);
  return share > 0 ? `+${text}` : text;
}

/** How far its duration is off its estimate. */
export function againstEstimate(summary: WorkflowSummary): string {
  return signedPercent(estimateError(summary));
}

function handoffs({ handoffs: list, runs }: WorkflowDetail, columns: number): string[] {
  if (list.length === 0) return [];
  const waits = waitsAfter(list, runs);
  const rows = list.slice(0, MOST_ROWS).map((handoff, i) => ({ ...handoff, wait: waits[i] ?? null }));
  return [
    heading("Handoffs"),
    table(
      rows,
      [
        { header: "AT", align: "right", value: ({ offset }) => duration(offset) },
        { header: "WAIT", align: "right", value: ({ wait }) => duration(wait) },
        { header: "FROM → TO, ARTIFACTS", value: handedOver, wraps: true },
      ],
      columns,
    ),
    ...more(list.length - rows.length, "handoff", columns),
  ];
}

/** Who handed what to whom. */
export function handedOver({
  from_agent,
  to_agent,
  artifacts,
}: Omit<WorkflowDetail["handoffs"][number], "offset">): string {
  return `${from_agent} → ${to_agent}${artifacts.length > 0 ? `: ${artifacts.join(", ")}` : ""}`;
}

/** For each handoff how long the run that it declares waited: in order, each run once. */
function waitsAfter(list: WorkflowDetail["handoffs"], runs: readonly RunDetail[]): (number | null)[] {
  const declared = runs.filter((run) => run.handoff_declared);
  return list.map(({ from_agent, to_agent }) => {
    const at = declared.findIndex((run) => run.agent_name === to_agent && run.after_agent === from_agent);
    return at === -1 ? null : declared.splice(at, 1)[0]!.wait_seconds;
  });
}

function failures(runs: readonly RunDetail[], columns: number): string[] {
  const failed = runs.filter(({ status }) => status === "failure");
  if (failed.length === 0) return [];
  const rows = failed.slice(0, MOST_ROWS);
  return [
    heading("Failures"),
    ...rows.flatMap((run) =>
      wrapped(
        `✗ ${run.agent_name} at ${duration(run.end_offset)}: ${run.error_message ?? "no reason was recorded"}`,
        columns,
      ),
    ),
    ...more(failed.length - rows.length, "failure", columns),
  ];
}

function more(number: number, noun: string, columns: number): string[] {
  return number > 0 ? [fitted(columns, ["dim", `and ${count(number, `more ${noun}`)}; --json has all`])] : [];
}

function timeSection({ runs }: WorkflowDetail, metrics: WorkflowDetailMetrics, columns: number): string[] {
  const waiting = [
    [metrics.lead_in_seconds, "before the first run"],
    [metrics.handoff_gaps_seconds, "between runs"],
    [metrics.tail_seconds, "after the last"],
  ] as const;
  const where = waiting.filter(([seconds]) => seconds > 0).map(([seconds, when]) => `${duration(seconds)} ${when}`);
  const rows = [
    ["work", duration(metrics.work_seconds), "all runs added up"],
    ["at work", duration(metrics.busy_seconds), "time in which any agent was at work"],
    ["waiting", percent(metrics.idle_share), runs.length === 0 ? "no agent ran" : where.join(", ")],
    ["overlap", percent(metrics.overlap_share), parallel(metrics)],
    [LESS_WORK, percent(metrics.coordination_overhead_pct / 100), "of the duration; parallel work hides waiting in it"],
  ] as const;
  return [
    heading("Where the time went"),
    table(
      rows,
      [
        { header: "", value: ([name]) => name },
        { header: "", align: "right", value: ([, value]) => value },
        { header: "", value: ([, , meaning]) => meaning, wraps: true },
      ],
      columns,
    )
      // Nothing stands in the header.
      .replace(/^[^\n]*\n/, ""),
  ];
}

function parallel({ avg_parallelism }: WorkflowDetailMetrics): string {
  return avg_parallelism === null ? "" : `${avg_parallelism.toFixed(2)} agents at once while any was at work`;
}

function path(detail: WorkflowDetail, columns: number): string[] {
  const agents = agentPathShares(detail);
  if (agents.length === 0) return [];
  const rows = agents.slice(0, MOST_ROWS);
  return [
    heading("Critical path"),
    table(
      rows,
      [
        { header: "AGENT", value: ({ agent_name }) => agent_name, wraps: true },
        { header: "RUNS", align: "right", value: ({ runs }) => String(runs) },
        { header: "TIME", align: "right", value: ({ seconds }) => duration(seconds) },
        { header: "SHARE", align: "right", value: ({ share }) => percent(share) },
        { header: "DRAG", align: "right", value: ({ drag_seconds }) => duration(drag_seconds) },
      ],
      columns,
    ),
    ...more(agents.length - rows.length, "agent", columns),
  ];
}

/** Plan, rework, and how far to trust it all. */
function remarks(detail: WorkflowDetail, columns: number): string[] {
  const { metrics, observed_seconds } = detail;
  return [
    ...plan(detail),
    ...rework(metrics),
    ...(detail.duration_mismatch
      ? [`Its timestamps say that it took ${duration(observed_seconds)}, more than 5% off the reported duration.`]
      : []),
    ...(detail.joined_by_session ? ["Its runs do not name it: they were joined to it by session."] : []),
    ...(metrics && metrics.open_invocations > 0
      ? [`${count(metrics.open_invocations, "run")} never ended: that time is not known.`]
      : []),
    ...(metrics && metrics.outside_parent > 0
      ? [`${count(metrics.outside_parent, "run")} outside of the run that started it: clocks disagree.`]
      : []),
  ].flatMap((text) => wrapped(text, columns));
}

function plan({
  plan: { adherence, missing, extra, reordered, remaining },
  status,
  agent_plan,
}: WorkflowDetail): string[] {
  if (agent_plan.length === 0) return [];
  const parts = [
    ["missing", missing],
    ["not planned", extra],
    ["in another place", reordered],
    ["still to come", remaining],
  ] as const;
  const deviations = parts
    .filter(([, agents]) => agents.length > 0)
    .map(([what, agents]) => `${what}: ${several(agents)}`);
  const kept = status === "running" ? "" : `kept to ${percent(adherence, 0)}`;
  const text = [kept, ...deviations].filter((part) => part !== "").join("; ");
  return [`Plan: ${text === "" ? "every agent of it has begun" : text}.`];
}

function several(agents: readonly string[]): string {
  const shown = agents.slice(0, 8).join(", ");
  return agents.length > 8 ? `${shown} and ${agents.length - 8} more` : shown;
}

function rework(metrics: WorkflowDetailMetrics | null): string[] {
  if (!metrics) return [];
  const kinds = [
    [metrics.retries, "after a failure"],
    [metrics.self_loops, "directly again"],
    [metrics.repeats, "again by the same agent"],
    [metrics.redos, "again by another agent"],
  ] as const;
  const parts = kinds.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return parts.length > 0 ? [`Rework: ${parts.join(", ")}.`] : [];
}
