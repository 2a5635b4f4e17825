import type { Replayed } from "../../capture/claude-code/hook/replay.js";
import { count, grouped } from "../format.js";
import { faint, printable } from "../terminal.js";

const REASONS: Readonly<Record<string, string>> = {
  not_json: "no JSON with a payload in it",
  not_a_payload: "without what its event needs",
};

/** What a replay did, in words. */
export function replayedText(result: Replayed): string {
  const { payloads, refused, sessions, runs, open, abandoned, phantom_stops, duplicate_stops, events } = result;
  if (payloads === 0) return `No payloads of hooks in it: ${count(refused, "line")} of something else`;
  const byEvent = Object.entries(result.payloads_by_event)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, number]) => `${printable(name)} ${grouped(number)}`);
  const lines = [
    `${count(payloads, "payload")} of ${count(sessions, "session")} with something to say of subagents`,
    faint(`  ${byEvent.join(", ")}`),
    "",
    `  runs             ${grouped(runs)}   ${grouped(abandoned)} abandoned, ${grouped(open)} without an end`,
    `  phantom stops    ${grouped(phantom_stops)}   of what nobody had asked for`,
    `  duplicate stops  ${grouped(duplicate_stops)}`,
    `  of other things  ${grouped(result.irrelevant)}`,
    `  refused          ${grouped(refused)}${reasonsText(result)}`,
  ];
  if (result.known > 0) lines.push(`  known already    ${grouped(result.known)}`);
  lines.push("", `${count(events, "line")} added to ${result.directory}`);
  return lines.join("\n");
}

function reasonsText({ refused_by_reason }: Replayed): string {
  const reasons = Object.entries(refused_by_reason).map(
    ([reason, number]) => `${grouped(number)} ${REASONS[reason] ?? reason}`,
  );
  return reasons.length === 0 ? "" : `   ${reasons.join(", ")}`;
}
