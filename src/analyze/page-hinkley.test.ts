import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { mulberry32 } from "./band.js";
import { declineAlert, pageHinkley, type Alert } from "./page-hinkley.js";

/** Runs of one stretch after the other, each with its success rate. */
type Plan = readonly (readonly [rate: number, runs: number])[];

const STREAMS = 2000;

/** Simulated streams of failures. */
function simulate(plan: Plan, seed: number): boolean[][] {
  const random = mulberry32(seed);
  return Array.from({ length: STREAMS }, () =>
    plan.flatMap(([rate, runs]) => Array.from({ length: runs }, () => random() >= rate)),
  );
}

const share = <T>(items: readonly T[], is: (item: T) => boolean) =>
  items.filter((item) => is(item)).length / items.length;

/** Three standard errors of a share of {@link STREAMS} streams whose true value is `p`. */
const error = (p: number) => 3 * Math.sqrt((p * (1 - p)) / STREAMS);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** "x" is a failure, "." a success. */
const runs = (text: string) => Array.from(text, (run) => run === "x");

describe("pageHinkley", () => {
  it("names the run that raised the alarm and the run where the change began", () => {
    // By hand: at the k-th failure after 20 successes the mean is k / (20 + k), and the statistic has risen by the sum
    // of 1 − mean − 0.05, which is 5.52 at the 7th and 4.83 at the 6th.
    expect(pageHinkley(runs(".".repeat(20) + "x".repeat(7)))).toEqual({ change_index: 20, detected_index: 26 });
    expect(pageHinkley(runs(".".repeat(20) + "x".repeat(6)))).toBeNull();
  });

  it.each(["", "x", ".", "x".repeat(500), ".".repeat(500), "x".repeat(300) + ".".repeat(300)])(
    "is silent when nothing gets worse",
    (text) => {
      expect(pageHinkley(runs(text))).toBeNull();
    },
  );

  it("is what the definition says, computed anew for each run", () => {
    /** m after each run, straight from the definition. */
    const statistics = (failures: readonly boolean[]) => {
      const mean = (i: number) => failures.slice(0, i + 1).filter(Boolean).length / (i + 1);
      let m = 0;
      return failures.map((failed, i) => (m += (failed ? 1 : 0) - mean(i) - 0.05));
    };
    const stream = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer()).map(([rate, seed]) => {
      const random = mulberry32(seed);
      return Array.from({ length: 120 }, (_, i) => random() > (i < 60 ? rate : rate / 2));
    });
    fc.assert(
      fc.property(stream, (failures) => {
        const m = statistics(failures);
        const risen = (i: number) => m[i]! - Math.min(...m.slice(0, i + 1));
        const detected_index = failures.findIndex((_, i) => risen(i) > 5);
        const least = Math.min(...m.slice(0, detected_index + 1));
        const change_index = m.lastIndexOf(least, detected_index) + 1;
        expect(pageHinkley(failures)).toEqual(detected_index < 0 ? null : { change_index, detected_index });
      }),
      // Always the same streams: where two minima are equal, rounding decides which is the last.
      { seed: 1, numRuns: 300 },
    );
  });

  // Expected: 40,000 streams by an independent program.
  it.each([
    [0.95, 0.002],
    [0.9, 0.033],
    [0.8, 0.212],
    [0.7, 0.375],
  ])("at a constant rate of %d raises a false alarm within 200 runs in a share of %d", (rate, expected) => {
    const found = share(simulate([[rate, 200]], 1), (failures) => pageHinkley(failures) !== null);
    expect(Math.abs(found - expected)).toBeLessThan(error(expected));
    // The rate at which the published 2.8 % hold, within sampling error.
    expect(Math.abs(found - 0.028) < error(0.028)).toBe(rate === 0.9);
  });

  it("finds a drop from 0.9 to 0.7 after 200 runs within 200 more in 99.9 %, after a median of 28", () => {
    const alarms = simulate(
      [
        [0.9, 200],
        [0.7, 200],
      ],
      2,
    ).map((failures) => pageHinkley(failures));
    expect(Math.abs(share(alarms, (alarm) => alarm !== null) - 0.999)).toBeLessThan(error(0.999));
    const delays = alarms.flatMap((alarm) => (alarm && alarm.detected_index >= 200 ? alarm.detected_index - 199 : []));
    // The median's standard error is 0.55 runs.
    expect(Math.abs(median(delays) - 28)).toBeLessThan(3 * 0.55);
  });

  it("is quiet where the ±5-point rule calls a trend in 97 %: 30 against 120 runs, checked after each from run 150", () => {
    const called = (failures: readonly boolean[]) => {
      const rate = (from: number, to: number) =>
        failures.slice(from, to).filter((failed) => !failed).length / (to - from);
      for (let now = 150; now <= failures.length; now++)
        if (Math.abs(rate(now - 30, now) - rate(now - 150, now - 30)) > 0.05) return true;
      return false;
    };
    expect(Math.abs(share(simulate([[0.9, 200]], 3), called) - 0.97)).toBeLessThan(error(0.97));
  });
});

describe("declineAlert", () => {
  const GOOD = ".........x".repeat(10);

  it("names the change, and the rates before and since", () => {
    const alert = declineAlert(runs(`${GOOD}${".x".repeat(20)}`));
    expect(alert).toEqual<Alert>({
      change_index: 99,
      detected_index: 113,
      rate_before: 90 / 99,
      rate_since: 20 / 41,
      runs_before: 99,
      runs_since: 41,
    });
  });

  it("is silent without runs, and while nothing declines", () => {
    expect(declineAlert([])).toBeNull();
    expect(declineAlert(runs(GOOD))).toBeNull();
    expect(declineAlert(runs("x".repeat(100) + GOOD))).toBeNull();
  });

  it("is over when an outage is, and comes again with the next", () => {
    const outage = "x".repeat(12);
    expect(declineAlert(runs(GOOD + outage))).toMatchObject({ change_index: 99 });
    expect(declineAlert(runs(GOOD + outage + GOOD))).toBeNull();
    expect(declineAlert(runs(GOOD + outage + GOOD + outage))).toMatchObject({ rate_before: expect.closeTo(0.9, 1) });
    expect(declineAlert(runs(GOOD + outage + GOOD + outage))!.change_index).toBeGreaterThan(200);
  });

  it("outlasts an improvement by half, and keeps to the change that began it", () => {
    const half = ".x".repeat(50);
    const alert = declineAlert(runs(GOOD + "x".repeat(20) + half))!;
    expect(alert).toMatchObject({ change_index: 99, rate_before: 90 / 99, runs_since: 121 });
    expect(alert.rate_since).toBeCloseTo(50 / 121, 12);
  });

  it("never comes before the first alarm of the test, and is always about a lower rate", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = mulberry32(seed);
        const failures = Array.from({ length: 300 }, (_, i) => random() > (i < 150 ? 0.9 : 0.6));
        const alert = declineAlert(failures);
        fc.pre(alert !== null);
        expect(alert.change_index).toBeGreaterThanOrEqual(pageHinkley(failures)!.change_index);
        expect(alert.detected_index).toBeGreaterThanOrEqual(alert.change_index);
        expect(alert.rate_since).toBeLessThanOrEqual(alert.rate_before - 0.05);
        expect(alert.runs_since).toBe(300 - alert.change_index);
        expect(alert.runs_before).toBeLessThanOrEqual(alert.change_index);
      }),
    );
  });

  // Expected: 3,000 streams by an independent seed; what a user sees who looks at the end of the stream.
  const good = [0.9, 200] as const;
  it.each<[string, Plan, number]>([
    ["a constant rate of 0.9", [good], 0.024],
    ["a constant rate of 0.8", [[0.8, 200]], 0.116],
    ["a drop to 0.7, 50 runs ago", [good, [0.7, 50]], 0.837],
    ["a drop to 0.7, 100 runs ago", [good, [0.7, 100]], 0.962],
    ["a drop to 0.7, 400 runs ago", [good, [0.7, 400]], 0.976],
    ["100 runs at 0.7, over 50 runs ago", [good, [0.7, 100], [0.9, 50]], 0.306],
    ["100 runs at 0.7, over 200 runs ago", [good, [0.7, 100], good], 0.144],
    ["12 failures, over 50 runs ago", [good, [0, 12], [0.9, 50]], 0.109],
    ["an improvement by half", [good, [0.4, 60], [0.7, 100]], 0.977],
  ])("after %s", (_, plan, expected) => {
    const alerted = share(simulate(plan, 4), (failures) => declineAlert(failures) !== null);
    // Both figures are simulated: the standard error of their difference.
    expect(Math.abs(alerted - expected)).toBeLessThan(error(expected) * Math.sqrt(1 + STREAMS / 3000));
  });
});
