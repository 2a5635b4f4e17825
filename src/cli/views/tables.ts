import type { CacheState } from "../../access/table-cache.js";
import { grouped, percent } from "../format.js";
import { heading } from "../terminal.js";

export function tablesText(state: CacheState): string {
  const { path, bytes, written_at, covered_bytes, log_bytes, reason } = state;
  if (bytes === null) return `No cached tables in ${path}\nThey are made when a log is long enough for it.`;
  const covered = log_bytes === 0 ? "" : ` (${percent(covered_bytes / log_bytes)})`;
  const holds = state.usable
    ? `holds ${grouped(covered_bytes)} of the ${grouped(log_bytes)} bytes of the log${covered}`
    : `not used: ${reason}. The next analysis of a long log makes it again, or oak tables --rebuild.`;
  return [heading(path), `${grouped(bytes)} bytes, written ${written_at}`, holds].join("\n");
}
