import { createTwoFilesPatch } from "diff";

import type { Change } from "../../capture/claude-code/setup/install.js";
import { printable, style } from "../terminal.js";

/** What would change, as a unified diff. */
export function diffText(changes: readonly Change[]): string {
  return changes
    .map(({ path, before, after }) => {
      const names = [before === undefined ? "/dev/null" : path, after === undefined ? "/dev/null" : path] as const;
      const patch = createTwoFilesPatch(...names, before ?? "", after ?? "", "", "", { context: 3 });
      return patch.split("\n").slice(1, -1).map(coloured).join("\n");
    })
    .join("\n");
}

function coloured(line: string): string {
  const text = printable(line);
  if (line.startsWith("+") && !line.startsWith("+++")) return style("green", text);
  return line.startsWith("-") && !line.startsWith("---") ? style("red", text) : text;
}

/** What was changed, and what to do next. */
export function changesText(changes: readonly Change[], removed: boolean, directory: string): string {
  if (changes.length === 0) return removed ? "Nothing of oak is there." : "Everything is there already.";
  const lines = changes.flatMap(({ path, after, backup }) => [
    `${after === undefined ? "removed" : "changed"}  ${path}`,
    ...(backup === undefined ? [] : [`kept     ${backup}`]),
  ]);
  if (removed) return lines.join("\n");
  return [
    ...lines,
    "",
    `Runs of subagents will be recorded in ${directory}`,
    "",
    "  Now:                      start Claude Code anew",
    "  Do events arrive?         oak doctor",
    "  What already happened:    oak import claude-code",
  ].join("\n");
}
