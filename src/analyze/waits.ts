import { sortedPlaces } from "./sorted-places.js";

/** A run of one agent, and since when it could have started. Whole microseconds, or any other whole unit. */
export interface QueuedRun {
  /** When its predecessor ended; its own start where it has none. */
  readonly enabled: number;
  readonly start: number;
  /** For a run under way: until when it is known to be. */
  readonly end: number;
}

/** Where the wait of one run went; the three add up to `start − enabled`. In the unit of the runs. */
export interface WaitSplit {
  /** The agent was busy with runs that were enabled no later. */
  readonly contention: number;
  /** The agent was busy with nothing but runs that were enabled later. */
  readonly prioritization: number;
  /** The agent was not busy: nobody called it, or it was not there. */
  readonly other: number;
}

/**
 * Splits the wait [enabled, start) of every run of one agent by what the agent did meanwhile.
 *
 * Source: Lashkevich et al. 2022, "Why am I waiting?". Their unavailability and extraneous waiting need a calendar and
 * are one here, `other`; batches are not told apart. Where the agent ran several at once, contention takes precedence.
 * A run that starts before it was enabled overlaps its predecessor: it counts as enabled when it started, and did not
 * wait. A run is never in its own way, as it runs only after its wait.
 *
 * O(n log n): every stretch of time between two neighbouring times is marked as busy once, however many runs cover it.
 *
 * @param runs all runs of one agent, of all workflows, in any order
 * @returns one for each run, in the same order
 */
export function splitWaits(runs: readonly QueuedRun[]): readonly WaitSplit[] {
  const count = runs.length;
  // Everything below goes by the places of these times among all distinct times.
  const all = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const { enabled, start, end } = runs[i]!;
    all[i] = Math.min(enabled, start);
    all[count + i] = start;
    all[2 * count + i] = end;
  }
  const sorted = sortedPlaces(all);
  const { times, placeOf } = distinct(all, sorted);
  const since = placeOf.subarray(0, count);
  const start = placeOf.subarray(count, 2 * count);
  const end = placeOf.subarray(2 * count);
  const byEnabled = sorted.filter((i) => i < count);

  const busy = new BusyTime(times);
  const contention = new Float64Array(count);
  // In order of `enabled`, so that the time marked busy is that of the runs enabled no later; equal ones together.
  for (let from = 0, to = 0; from < count; from = to) {
    for (; to < count && since[byEnabled[to]!] === since[byEnabled[from]!]; to++)
      busy.mark(start[byEnabled[to]!]!, end[byEnabled[to]!]!);
    for (let at = from; at < to; at++) {
      const i = byEnabled[at]!;
      contention[i] = busy.within(since[i]!, start[i]!);
    }
  }
  return runs.map((_, i) => {
    const total = busy.within(since[i]!, start[i]!);
    const wait = all[count + i]! - all[i]!;
    return { contention: contention[i]!, prioritization: total - contention[i]!, other: wait - total };
  });
}

/** Distinct times, ascending, and for each of all times its place among these. */
function distinct(all: Float64Array, sorted: Uint32Array): { times: Float64Array; placeOf: Int32Array } {
  const times = new Float64Array(all.length);
  const placeOf = new Int32Array(all.length);
  let last = -1;
  for (const i of sorted) {
    if (last < 0 || all[i] !== times[last]) times[++last] = all[i]!;
    placeOf[i] = last;
  }
  return { times: times.subarray(0, last + 1), placeOf };
}

/** The union of spans that are added one after the other, and its length within any window. Times are given by place. */
class BusyTime {
  /** All times that matter, ascending. Stretch i is from `#times[i]` to `#times[i + 1]`. */
  readonly #times: Float64Array;
  /** From stretch i on, where to look for one that is not marked yet (union–find). */
  readonly #unmarked: Int32Array;
  /** Marked lengths as a Fenwick tree: prefix sums that change in O(log n). */
  readonly #lengths: Float64Array;

  constructor(times: Float64Array) {
    this.#times = times;
    this.#unmarked = new Int32Array(times.length);
    for (let i = 0; i < times.length; i++) this.#unmarked[i] = i;
    this.#lengths = new Float64Array(times.length + 1);
  }

  mark(start: number, end: number): void {
    for (let i = this.#nextUnmarked(start); i < end; i = this.#nextUnmarked(i)) {
      this.#unmarked[i] = i + 1;
      const length = this.#times[i + 1]! - this.#times[i]!;
      for (let node = i + 1; node < this.#lengths.length; node += node & -node) this.#lengths[node]! += length;
    }
  }

  /** What lies before the end less what lies before the start, without the nodes that both have in common. */
  within(start: number, end: number): number {
    let length = 0;
    let common = end;
    for (; common > start; common -= common & -common) length += this.#lengths[common]!;
    for (let node = start; node > common; node -= node & -node) length -= this.#lengths[node]!;
    return length;
  }

  #nextUnmarked(from: number): number {
    let at = from;
    while (this.#unmarked[at] !== at) {
      // Halve the way for those who come after.
      this.#unmarked[at] = this.#unmarked[this.#unmarked[at]!]!;
      at = this.#unmarked[at]!;
    }
    return at;
  }
}
