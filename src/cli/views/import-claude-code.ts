import type { ClaudeCodeImportResult } from "../../capture/claude-code/import.js";
import { count, grouped } from "../format.js";
import { printable } from "../terminal.js";

const LEFT_OUT: Readonly<Record<keyof ClaudeCodeImportResult["left_out"], string>> = {
  internal: "Claude Code's own work, such as compaction",
  warm_up: "warm-up",
  not_requested: "started by no call",
  not_started: "calls that started nothing",
  copy: "copied from another session",
  without_time: "without a time",
};

/** What an import did, in words. */
export function importedText(result: ClaudeCodeImportResult): string {
  const { sessions, bytes, workflows, invocations, handoffs, lines_added, directory, dry_run } = result;
  if (sessions === 0) return nothingText(result);
  const lines = [`${count(sessions, "session")} read (${megabytes(bytes)}) from ${result.path}`, ""];
  for (const [name, { found, added }] of [
    ["agent runs", invocations],
    ["workflows", workflows],
    ["handoffs", handoffs],
  ] as const) {
    lines.push(`  ${name.padEnd(11)}${grouped(found).padStart(8)}   ${grouped(added)} new`);
  }
  const reasons = Object.entries(result.left_out) as [keyof typeof LEFT_OUT, number][];
  if (reasons.length > 0)
    lines.push("", `Not agent runs: ${reasons.map(([reason, n]) => `${grouped(n)} ${LEFT_OUT[reason]}`).join(", ")}`);
  lines.push("", `${count(lines_added, "line")} ${dry_run ? "would be added" : "added"} to ${directory}`);
  if (lines_added > 0 && !dry_run) lines.push("", "  See them:   oak report", "              oak workflows");
  return lines.join("\n");
}

function nothingText({ path, sessions_unchanged }: ClaudeCodeImportResult): string {
  if (sessions_unchanged > 0)
    return `None of ${count(sessions_unchanged, "session")} in ${path} has changed since then`;
  return [
    `No transcripts in ${path}`,
    "",
    "  What Claude Code keeps:   oak import claude-code",
    "  A copy of it:             oak import claude-code FOLDER-OF-PROJECTS",
  ].join("\n");
}

/** What was not understood, in words; undefined where there is nothing. */
export function notUnderstoodText({ not_understood }: ClaudeCodeImportResult): string | undefined {
  const kinds = Object.entries(not_understood);
  if (kinds.length === 0) return undefined;
  return `not understood, and passed over: ${kinds.map(([kind, n]) => `${grouped(n)} × ${printable(kind)}`).join(", ")}`;
}

function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
