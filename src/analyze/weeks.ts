/** Times of the workflows that started in a week, in microseconds, as `metrics.md` of the documentation names them. */
export interface WeekTotals {
  /** Monday, UTC: `2026-11-16`. */
  readonly week: string;
  readonly workflows: number;
  /** T: from start to end. */
  readonly wall: number;
  /** B: in which at least one agent was at work. */
  readonly busy: number;
  /** X: work, without the time in which parents wait for their children. */
  readonly exclusive: number;
}

/** Where the time of a week's workflows went, as shares of it. */
export interface CoordinationWeek {
  readonly week: string;
  /** Workflows that ran to their end and were measured. */
  readonly workflows: number;
  readonly wall_seconds: number;
  /** B/T; `idle_share` is the rest. */
  readonly work_share: number;
  readonly idle_share: number;
  /** (X − B)/T: what would have taken longer, had agents not worked at the same time. */
  readonly overlap_share: number;
}

/** Turns the times of a week into shares. */
export function coordinationWeek({ week, workflows, wall, busy, exclusive }: WeekTotals): CoordinationWeek {
  return {
    week,
    workflows,
    wall_seconds: wall / 1e6,
    work_share: busy / wall,
    idle_share: (wall - busy) / wall,
    overlap_share: (exclusive - busy) / wall,
  };
}
