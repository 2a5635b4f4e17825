import type { CoordinationOverhead } from "../../analyze/coordination.js";
import { count, duration, percent } from "../format.js";
import { table } from "../table.js";
import { faint, heading } from "../terminal.js";

export function overheadText(overhead: CoordinationOverhead): string {
  const title = heading("Coordination overhead");
  if (overhead.status === "insufficient_data") return `${title}\nInsufficient data: ${overhead.reason}.`;
  const minutes = overhead.avg_coordination_minutes;
  const shares = [
    ["specified", (overhead.coordination_overhead_pct ?? 0) / 100, overhead.recommendation],
    ["waiting", overhead.idle_share, overhead.idle_recommendation],
    ["overlap", overhead.overlap_share, "agents at work at the same time"],
    ["nested", overhead.nested_share, "parents around their children: counted twice"],
    ["outside", overhead.outside_share, "runs that outlive their workflow"],
  ] as const;
  const notes = [
    `over ${count(overhead.workflows_analyzed, "workflow")}; specified = waiting − the rest = ` +
      `${duration(minutes === null ? null : minutes * 60)} each`,
    ...(overhead.recommendation === overhead.idle_recommendation
      ? []
      : ["The two disagree: in the specified number, what stands below waiting hides it. Go by waiting."]),
    ...[
      [overhead.workflows_left_out, "without a duration or an ended invocation, left out"],
      [overhead.joined_by_session, "joined to their invocations by session, for want of a workflow_id"],
      [overhead.duration_mismatches, "report a duration more than 5% off their own timestamps"],
    ].flatMap(([number, what]) => (number ? [`${count(number as number, "workflow")} ${what}`] : [])),
    ...(overhead.open_invocations > 0
      ? [`${count(overhead.open_invocations, "invocation")} never ended: their time is not known`]
      : []),
  ];
  return [
    title,
    table(shares, [
      { header: "SHARE", value: ([name]) => name },
      { header: "OF TIME", align: "right", value: ([, share]) => percent(share) },
      { header: "", value: ([, , meaning]) => meaning, wraps: true },
    ]),
    ...notes.map(faint),
  ].join("\n");
}
