import type { PruneSummary } from "../../access/pruner.js";
import { count, day, grouped } from "../format.js";
import { heading } from "../terminal.js";

/** What would go. */
export function plannedText(plan: PruneSummary): string {
  if (plan.lines === 0)
    return [`Nothing in ${plan.directory} was last heard of before ${when(plan)}.`, ...staying(plan)].join("\n");
  return [heading(`Last heard of before ${when(plan)}, in ${plan.directory}`), ...contents(plan)].join("\n");
}

/** What went. */
export function prunedText(done: PruneSummary): string {
  if (done.lines === 0) return `Nothing in ${done.directory} was last heard of before ${when(done)}.`;
  return [heading(`Removed from ${done.directory}`), ...contents(done)].join("\n");
}

function contents(summary: PruneSummary): string[] {
  const { workflows, invocations, handoffs, feedback, lines, bytes, log_bytes, from, to } = summary;
  return [
    [
      count(workflows, "workflow"),
      count(invocations, "invocation"),
      count(handoffs, "handoff"),
      `${grouped(feedback)} feedback`,
    ].join(", "),
    `${count(lines, "line")}, ${grouped(bytes)} of ${grouped(log_bytes)} bytes, ${day(from!)} to ${day(to!)}`,
    ...staying(summary),
  ];
}

function staying({ kept_unknown_lines: lines }: PruneSummary): string[] {
  if (lines === 0) return [];
  const which = count(lines, "damaged or unknown line stays", "damaged or unknown lines stay");
  return [`${which}: oak doctor tells where`];
}

function when({ before }: PruneSummary): string {
  return before.endsWith("T00:00:00.000Z") ? day(before) : before;
}
