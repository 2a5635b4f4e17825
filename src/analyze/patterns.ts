import { rate, wilsonInterval, type Interval } from "./proportion.js";

export const PATTERN_UNITS = ["agent_name", "task_type"] as const;

/** What stands for a run in a pattern: who ran, or what kind of task it was (the agent where that is not known). */
export type PatternUnit = (typeof PATTERN_UNITS)[number];

/** Workflows with the same sequence of runs, counted. */
export interface VariantTotals {
  readonly sequence: readonly string[];
  readonly count: number;
  readonly successes: number;
  /** Workflows that say whether they succeeded. */
  readonly judged: number;
  readonly median_duration_seconds: number;
}

/** One run directly after another, in order of (start, end), counted. */
export interface ArcTotals {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  /** From the end of the one to the start of the other; negative where they overlap. */
  readonly median_latency_seconds: number | null;
  readonly mean_latency_seconds: number | null;
}

/** A sequence of runs that workflows have in common. */
export interface Variant extends VariantTotals {
  /** Share of all workflows. */
  readonly share: number;
  readonly success_rate: number | null;
  /** 95 % (Wilson). */
  readonly success_rate_interval: Interval | null;
}

/** How often workflows begin or end with it. */
export interface EndCount {
  readonly name: string;
  readonly count: number;
}

/** What {@link TelemetryAnalyzer.analyzePatterns} gives. */
export interface PatternAnalysis {
  readonly by: PatternUnit;
  /** Workflows that ran to their end and have runs. */
  readonly total_workflows: number;
  /** Most frequent first; ties by first occurrence. */
  readonly variants: readonly Variant[];
  /** The directly-follows graph, most frequent first. */
  readonly arcs: readonly ArcTotals[];
  readonly starts: readonly EndCount[];
  readonly ends: readonly EndCount[];
}

/** Puts counts into the shape of a {@link PatternAnalysis}. */
export function patternAnalysis(
  by: PatternUnit,
  variants: readonly VariantTotals[],
  arcs: readonly ArcTotals[],
): PatternAnalysis {
  const total = variants.reduce((sum, { count }) => sum + count, 0);
  return {
    by,
    total_workflows: total,
    variants: variants.map((variant) => ({
      ...variant,
      share: variant.count / total,
      success_rate: rate(variant.successes, variant.judged),
      success_rate_interval: wilsonInterval(variant.successes, variant.judged),
    })),
    arcs,
    starts: countBy(variants, (sequence) => sequence[0]!),
    ends: countBy(variants, (sequence) => sequence.at(-1)!),
  };
}

function countBy(
  variants: readonly VariantTotals[],
  nameOf: (sequence: readonly string[]) => string,
): readonly EndCount[] {
  const counts = new Map<string, number>();
  for (const { sequence, count } of variants) {
    const name = nameOf(sequence);
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts].map(([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count);
}
