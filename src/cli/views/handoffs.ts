import type { HandoffAnalysis, Handover, PairLatency } from "../../analyze/handovers.js";
import { count, grouped, percent } from "../format.js";
import { width } from "../terminal.js";
import { fits, fittingTable, paragraph, sections, title, type FittingColumn } from "./fit.js";
import { shortDuration } from "./numbers.js";

/** Pairs named one by one; `--json` names all. */
const MOST_PAIRS = 15;

/** Who works after whom, how long that takes to come about, and what goes back and forth. */
export function handoffsText(analysis: HandoffAnalysis, available = width()): string {
  const { total_handovers: total, self_share, overlapping_handoffs: overlapping } = analysis;
  const first = `Handovers: ${grouped(total)}, ${percent(self_share)} of them from an agent to itself`;
  return sections(
    [
      title(first, available),
      handoverGrid(analysis.matrix, available) ?? handoverList(analysis.matrix, available),
    ].join("\n"),
    latencies(analysis.pairs, available),
    pingPong(analysis, available),
    overlapping > 0
      ? paragraph(
          `${count(overlapping, "run")} started before the declared predecessor had ended: no wait`,
          "dim",
          available,
        )
      : undefined,
  );
}

/** How often the agent of a row is followed by that of a column; `undefined` when there is no room for it. */
export function handoverGrid(matrix: readonly Handover[], available = width()): string | undefined {
  const agents = [...new Set(matrix.flatMap(({ from_agent, to_agent }) => [from_agent, to_agent]))];
  const counts = new Map(matrix.map(({ from_agent, to_agent, count: times }) => [key(from_agent, to_agent), times]));
  const columns = agents.map((to, i): FittingColumn<string> => {
    const times = (from: string) => counts.get(key(from, to));
    return {
      header: String(i + 1),
      align: "right",
      value: (from) => (times(from) === undefined ? "·" : grouped(times(from)!)),
      style: (from) => (times(from) === undefined ? "dim" : undefined),
    };
  });
  const digits = String(agents.length).length;
  const rows = new Map(agents.map((name, i) => [name, String(i + 1).padStart(digits)]));
  const text = fittingTable(
    agents,
    [
      { header: "#", align: "right", value: (name) => rows.get(name)! },
      { header: "FROM \\ TO", value: (name) => name, wraps: true },
      ...columns,
    ],
    available,
  );
  return fits(text, available) ? text : undefined;
}

function key(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

function handoverList(matrix: HandoffAnalysis["matrix"], available: number): string {
  return listText(
    matrix,
    [
      { header: "TIMES", align: "right", value: (handover) => grouped(handover.count) },
      { header: "SHARE", align: "right", value: ({ share }) => percent(share) },
      { header: "FROM→TO", value: ({ from_agent, to_agent }) => `${from_agent}→${to_agent}`, wraps: true },
    ],
    available,
  );
}

function latencies(pairs: readonly PairLatency[], available: number): string | undefined {
  if (pairs.length === 0) return undefined;
  const busy = (part: number, total: number) => percent(total > 0 ? part / total : null, 0);
  const text = listText(
    pairs,
    [
      { header: "FROM→TO", value: ({ from_agent, to_agent }) => `${from_agent}→${to_agent}`, wraps: true, comfort: 32 },
      { header: "RUNS", align: "right", value: (pair) => grouped(pair.count) },
      { header: "DECL.", align: "right", value: (pair) => grouped(pair.declared), gives: 2 },
      { header: "P50", align: "right", value: (pair) => shortDuration(pair.p50_seconds) },
      { header: "P95", align: "right", value: (pair) => shortDuration(pair.p95_seconds), gives: 5 },
      { header: "MEAN", align: "right", value: (pair) => shortDuration(pair.mean_seconds), gives: 1 },
      { header: "TOTAL", align: "right", value: (pair) => shortDuration(pair.total_seconds) },
      { header: "CONT.", align: "right", value: (pair) => busy(pair.contention_seconds, pair.total_seconds), gives: 4 },
      {
        header: "PRIO.",
        align: "right",
        value: (pair) => busy(pair.prioritization_seconds, pair.total_seconds),
        gives: 3,
      },
    ],
    available,
  );
  const [headers = ""] = text.split("\n", 1);
  const legend = Object.entries(LATENCY_LEGEND).flatMap(([header, says]) => (headers.includes(header) ? [says] : []));
  return [
    title("Waits, from the end of a run to the start of the next", available),
    text,
    ...(legend.length > 0 ? [paragraph(legend.join("; "), "dim", available)] : []),
  ].join("\n");
}

const LATENCY_LEGEND = {
  "DECL.": "decl.: declared by a handoff event, the others are told from the times",
  "CONT.": "cont.: of the total, the agent was busy with runs that were ready earlier",
  "PRIO.": "prio.: with runs that were ready later",
};

function pingPong({ ping_pong }: HandoffAnalysis, available: number): string | undefined {
  if (ping_pong.length === 0) return undefined;
  const text = listText(
    ping_pong,
    [
      { header: "TIMES", align: "right", value: (each) => grouped(each.count) },
      {
        header: "THERE AND BACK",
        value: (each) => `${each.from_agent}→${each.to_agent}→${each.from_agent}`,
        wraps: true,
      },
    ],
    available,
  );
  const advice = "work that often goes straight back may lack a clear specification";
  return [title("Ping-pong", available), text, paragraph(advice, "dim", available)].join("\n");
}

/** The first rows, and how many more there are. */
function listText<T>(rows: readonly T[], columns: readonly FittingColumn<T>[], available: number): string {
  const rest = rows.length - MOST_PAIRS;
  const text = fittingTable(rows.slice(0, MOST_PAIRS), columns, available);
  return rest > 0
    ? `${text}\n${paragraph(`and ${count(rest, "more", "more")}: --json names all`, "dim", available)}`
    : text;
}
