import { evidence } from "./evidence.js";
import type { Outcomes } from "./trends.js";

/** Rise of the failure rate, in failures per run, that is taken as fluctuation. */
const DELTA = 0.05;

/** Failures above what was to be expected before the alarm is raised. */
const LAMBDA = 5;

/** A change that a detector found. Indices count runs from 0, oldest first. */
export interface Alarm {
  /** First run after the change, as estimated: the run after the last minimum of the statistic. */
  readonly change_index: number;
  /** Run at which the alarm was raised. */
  readonly detected_index: number;
}

/** A decline of the success rate that still lasts. Indices count runs from 0, oldest first. */
export interface Alert extends Alarm {
  /** Success rate before the change, in [0, 1], over `runs_before` runs. */
  readonly rate_before: number;
  /** Success rate from the change to the latest run, in [0, 1], over `runs_since` runs. */
  readonly rate_since: number;
  readonly runs_before: number;
  readonly runs_since: number;
}

/**
 * Page-Hinkley test for a rise of a rate, one observation after the other. With x = 1 where the event happened, else 0:
 * m grows by x − (mean so far, this x included) − δ; the alarm is raised when m is more than λ above its minimum.
 *
 * Source: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954); D. V. Hinkley, Inference about the
 * change-point from cumulative sum tests, Biometrika 58 (1971); in this form J. Gama et al., A survey on concept drift
 * adaptation, ACM Computing Surveys 46 (2014).
 */
class Detector {
  #next: number;
  #observations = 0;
  #mean = 0;
  #statistic = 0;
  #minimum = 0;
  #change: number;

  /** @param from index of the first observation that it will be given */
  constructor(from: number) {
    this.#next = from;
    this.#change = from;
  }

  /** Takes in the next observation; gives the alarm if this one raises it. */
  add(happened: boolean): Alarm | null {
    const detected_index = this.#next++;
    const x = happened ? 1 : 0;
    this.#mean += (x - this.#mean) / ++this.#observations;
    this.#statistic += x - this.#mean - DELTA;
    if (this.#statistic <= this.#minimum) {
      this.#minimum = this.#statistic;
      this.#change = this.#next;
    }
    const raised = this.#statistic - this.#minimum > LAMBDA;
    return raised ? { change_index: this.#change, detected_index } : null;
  }
}

/**
 * The first alarm of the Page-Hinkley test with δ = 0.05 and λ = 5, or `null`.
 *
 * False alarms within 200 runs at a constant success rate: about 0.2 % at 0.95, 3 % at 0.9, 21 % at 0.8, 37 % at 0.7. A
 * drop from 0.9 to 0.7 after 200 runs is found within 200 more in 99.9 %, after a median of 28.
 *
 * @param failures whether each run failed, oldest first
 */
export function pageHinkley(failures: readonly boolean[]): Alarm | null {
  const detector = new Detector(0);
  for (const failed of failures) {
    const alarm = detector.add(failed);
    if (alarm) return alarm;
  }
  return null;
}

/** A decline, and what came of it. */
interface Decline extends Alarm {
  /** First of the runs that it is compared with; the last is the one before the change. */
  readonly reference_index: number;
  /** First run of the latest improvement since, `null` without one. */
  readonly improvement_index: number | null;
}

/**
 * The decline that a user should know of now, or `null`.
 *
 * {@link pageHinkley} finds a decline. From then on two detectors look on: one, begun after the alarm, for the next
 * decline; one, begun at the change, for an improvement, by the same test on successes. Both start again after each
 * alarm. A decline lasts as long as {@link evidence} says "declining" of the runs since the change, and of those since
 * the latest improvement, against the runs before the change. So false alarms and outages that are over clear up by
 * themselves, while an improvement by half or by chance clears nothing. An alarm while a decline lasts does not replace
 * it: what matters is the last time when all was well.
 *
 * With 200 runs at 0.9, then 100 at 0.7, there is an alert in 96 %; after 200 more at 0.9 in about 14 %.
 *
 * @param failures whether each run failed, oldest first
 */
export function declineAlert(failures: readonly boolean[]): Alert | null {
  const outcomes = outcomesOf(failures);
  let decline = null as Decline | null;
  let forDecline = new Detector(0);
  let forImprovement = null as Detector | null;
  for (const [i, failed] of failures.entries()) {
    const worse = forDecline.add(failed);
    const better = forImprovement?.add(!failed);
    if (worse) {
      const before = decline;
      decline = afterAlarm(before, worse, outcomes);
      // Where the decline goes on as it was, so does the search for its end: to begin it anew would cost ever more.
      if (before?.change_index !== decline.change_index || before.improvement_index !== null) {
        forImprovement = new Detector(decline.change_index);
        for (let known = decline.change_index; known <= i; known++) forImprovement.add(!failures[known]!);
      }
    } else if (decline && better) {
      decline = { ...decline, improvement_index: better.change_index };
      forImprovement = new Detector(i + 1);
    }
    if (worse || better) forDecline = new Detector(i + 1);
  }
  return decline && lasts(decline, outcomes, failures.length) ? alertOf(decline, outcomes, failures.length) : null;
}

/** What an alarm makes of the decline so far. */
function afterAlarm(decline: Decline | null, alarm: Alarm, outcomes: OutcomesOf): Decline {
  if (decline === null) return { ...alarm, reference_index: 0, improvement_index: null };
  return lasts(decline, outcomes, alarm.detected_index + 1)
    ? { ...decline, improvement_index: null }
    : { ...alarm, reference_index: latest(decline), improvement_index: null };
}

/** Gives the outcomes of the runs from one index up to, not including, another. */
type OutcomesOf = (from: number, to: number) => Outcomes;

function outcomesOf(failures: readonly boolean[]): OutcomesOf {
  const successes = [0];
  for (const failed of failures) successes.push(successes.at(-1)! + (failed ? 0 : 1));
  return (from, to) => ({ successes: successes[to]! - successes[from]!, total: to - from });
}

/** Where the runs begin that show how things are now. */
function latest(decline: Decline): number {
  return decline.improvement_index ?? decline.change_index;
}

function lasts(decline: Decline, outcomes: OutcomesOf, runs: number): boolean {
  const before = outcomes(decline.reference_index, decline.change_index);
  return [decline.change_index, latest(decline)].every(
    (from) => evidence(outcomes(from, runs), before).verdict === "declining",
  );
}

function alertOf(
  { change_index, detected_index, reference_index }: Decline,
  outcomes: OutcomesOf,
  runs: number,
): Alert {
  const before = outcomes(reference_index, change_index);
  const since = outcomes(change_index, runs);
  return {
    change_index,
    detected_index,
    rate_before: before.successes / before.total,
    rate_since: since.successes / since.total,
    runs_before: before.total,
    runs_since: since.total,
  };
}
