import type { WorkflowAnalysis } from "../../analyze/workflows.js";
import { count, duration, interval, percent } from "../format.js";
import { table } from "../table.js";
import { heading } from "../terminal.js";

export function workflowsText(analysis: WorkflowAnalysis): string {
  const others = [
    [analysis.running_workflows, "running"],
    [analysis.cancelled_workflows, "cancelled"],
    [analysis.abandoned_workflows, "abandoned (no end, long silent)"],
  ] as const;
  const also = others.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const lines = [heading(count(analysis.total_workflows, "completed workflow"))];
  if (analysis.total_workflows > 0) {
    const rate = `${percent(analysis.success_rate)} succeeded (95%: ${interval(analysis.success_rate_interval)})`;
    const minutes = analysis.avg_duration_minutes;
    const length = `${duration(minutes === null ? null : minutes * 60)} on average`;
    const agents = analysis.avg_agents_per_workflow;
    lines.push(`${rate}, ${length}${agents === null ? "" : `, ${count(agents, "agent")} each`}`);
  }
  if (also.length > 0) lines.push(`besides: ${also.join(", ")}`);
  if (analysis.most_common_patterns.length > 0) {
    lines.push(
      "",
      table(analysis.most_common_patterns, [
        { header: "TIMES", align: "right", value: ({ count: times }) => String(times) },
        { header: "PATTERN", value: ({ pattern }) => pattern, wraps: true },
      ]),
    );
  }
  return lines.join("\n");
}
