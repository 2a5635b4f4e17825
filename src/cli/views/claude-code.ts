import type { ClaudeCodeInspection } from "../../capture/claude-code/setup/inspect.js";
import { count, grouped } from "../format.js";
import { faint, heading, printable, style } from "../terminal.js";

/** Whether Claude Code is used on this machine, or was. */
export function concernsClaudeCode({ hooks, plugin, sessions, transcripts }: ClaudeCodeInspection): boolean {
  return hooks.length > 0 || plugin || sessions > 0 || transcripts.sessions > 0;
}

/** What `oak doctor` says of capture from Claude Code. */
export function claudeCodeText(inspection: ClaudeCodeInspection): string {
  const { hooks, plugin, sessions, last_heard_at, transcripts } = inspection;
  const lines = [heading("Claude Code")];
  for (const { path, missing_events, problem, tried } of hooks) {
    if (problem !== null) lines.push(`hooks       ${path}  ${style("red", `cannot be run: ${printable(problem)}`)}`);
    else if (missing_events.length === 0 && tried) lines.push(`hooks       ${path}  ${style("green", "can be run")}`);
    else if (missing_events.length === 0)
      lines.push(
        `hooks       ${path}  ${style("yellow", "not tried: the project names another program than this oak")}`,
      );
    else
      lines.push(`hooks       ${path}  ${style("yellow", `without ${missing_events.join(", ")}`)}: run oak init again`);
  }
  if (plugin) lines.push("hooks       of the plugin, enabled");
  if (hooks.length === 0 && !plugin) lines.push("hooks       none here: oak init claude-code adds them");
  lines.push(
    last_heard_at === null
      ? "heard       nothing yet in this telemetry directory"
      : `heard       last ${last_heard_at}, ${count(sessions, "session")} in 30 days, ${count(inspection.runs, "run")}` +
          ` (${grouped(inspection.open)} open, ${grouped(inspection.abandoned)} abandoned)`,
  );
  const dropped = [
    [inspection.phantom_stops, "phantom stop"],
    [inspection.duplicate_stops, "stop that came twice", "stops that came twice"],
    [inspection.refused, "payload not understood", "payloads not understood"],
  ] as const;
  const told = dropped.filter(([number]) => number > 0).map(([number, one, many]) => count(number, one, many));
  if (told.length > 0) lines.push(`dropped     ${told.join(", ")}`);
  if (transcripts.sessions > 0) {
    const kept = `${count(transcripts.sessions, "session")} in ${transcripts.folder}, deleted after ${count(transcripts.retention_days, "day")}`;
    lines.push(`transcripts ${kept}`);
    if (transcripts.expiring > 0)
      lines.push(
        faint(`            ${grouped(transcripts.expiring)} within a week: oak import claude-code keeps them`),
      );
  }
  return lines.join("\n");
}
