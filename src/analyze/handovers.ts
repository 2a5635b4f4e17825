/** How often one agent's run came directly after another's, in order of (start, end). */
export interface Handover {
  readonly from_agent: string;
  readonly to_agent: string;
  readonly count: number;
}

/** Waits of one agent's runs after another's, in seconds. */
export interface PairLatency {
  readonly from_agent: string;
  readonly to_agent: string;
  readonly count: number;
  /** How many of them a handoff event declares; the others are told from the times. */
  readonly declared: number;
  readonly mean_seconds: number;
  readonly p50_seconds: number;
  readonly p95_seconds: number;
  readonly total_seconds: number;
  /** Parts of the total: the agent was busy with runs that were ready no later; with runs that were ready later. */
  readonly contention_seconds: number;
  readonly prioritization_seconds: number;
}

/** Work that went from one agent to another and straight back. */
export interface PingPongCount {
  readonly from_agent: string;
  readonly to_agent: string;
  readonly count: number;
}

/** What {@link TelemetryAnalyzer.analyzeHandoffs} gives. */
export interface HandoffAnalysis {
  readonly total_handovers: number;
  /** Share of handovers from an agent to itself. */
  readonly self_share: number | null;
  /** Most frequent first. */
  readonly matrix: readonly (Handover & { readonly share: number })[];
  /** Waits by pair, longest total first. */
  readonly pairs: readonly PairLatency[];
  /** A→B→A, most frequent first. */
  readonly ping_pong: readonly PingPongCount[];
  /** Runs that started before a declared predecessor had ended: no wait. */
  readonly overlapping_handoffs: number;
}

/** Puts counts into the shape of a {@link HandoffAnalysis}. */
export function handoffAnalysis(
  matrix: readonly Handover[],
  pairs: readonly PairLatency[],
  ping_pong: readonly PingPongCount[],
  overlapping_handoffs: number,
): HandoffAnalysis {
  const total = matrix.reduce((sum, { count }) => sum + count, 0);
  const self = matrix.reduce((sum, { from_agent, to_agent, count }) => sum + (from_agent === to_agent ? count : 0), 0);
  return {
    total_handovers: total,
    self_share: total > 0 ? self / total : null,
    matrix: matrix.map((handover) => ({ ...handover, share: handover.count / total })),
    pairs,
    ping_pong,
    overlapping_handoffs,
  };
}
