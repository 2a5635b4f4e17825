import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { jackknifeError, mean, reliability, scores, scoreSums, standardError } from "./scores.js";

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("scores", () => {
  it("are those of the textbook", () => {
    const result = scores([scoreSums([0.8, 0.6, 0.1], [1, 0, 0])]);
    expect(result.value).toBeCloseTo(1 / 3);
    expect(result.brier).toBeCloseTo((0.04 + 0.36 + 0.01) / 3);
    expect(result.log_loss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.4) + Math.log(0.9)) / 3);
    expect(result.ece).toBeCloseTo((0.2 + 0.6 + 0.1) / 3);
  });

  it("put statements of one bin together before they are compared", () => {
    expect(scores([scoreSums([0.72, 0.78], [1, 0.5])]).ece).toBeCloseTo(0);
  });

  it("do not become infinite where something impossible happened", () => {
    expect(scores([scoreSums([0, 1], [1, 0])]).log_loss).toBeCloseTo(-Math.log(0.001));
  });

  it("are not known of nothing", () => {
    expect(scores([scoreSums([], [])])).toEqual({ value: null, brier: null, ece: null, log_loss: null });
    expect(reliability([scoreSums([], [])])).toEqual([]);
  });

  it("of several samples are those of all statements at once", () => {
    const statements = fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(statements, { minLength: 1, maxLength: 4 }), (samples) => {
        const sums = samples.map((sample) =>
          scoreSums(
            sample.map(([p]) => p),
            sample.map(([, y]) => y),
          ),
        );
        const all = samples.flat();
        const together = scoreSums(
          all.map(([p]) => p),
          all.map(([, y]) => y),
        );
        const [apart, once] = [scores(sums), scores([together])];
        for (const key of ["value", "brier", "ece", "log_loss"] as const) expect(apart[key]).toBeCloseTo(once[key]!, 9);
      }),
    );
  });

  it("of a mean of trials are those of the trials", () => {
    fc.assert(
      fc.property(share, fc.array(share, { minLength: 1, maxLength: 5 }), (p, trials) => {
        const squares = [mean(trials.map((y) => y * y))];
        const one = scores([scoreSums([p], [mean(trials)], squares)]);
        const each = scores([
          scoreSums(
            trials.map(() => p),
            trials,
          ),
        ]);
        expect(one.brier).toBeCloseTo(each.brier!, 9);
        expect(one.log_loss).toBeCloseTo(each.log_loss!, 9);
      }),
    );
  });
});

describe("a reliability diagram", () => {
  it("says of each bin what was stated and observed, and how sure that is", () => {
    const bins = reliability([scoreSums([0.91, 0.97, 1, 0.3], [1, 1, 0, 0])]);
    expect(bins.map(({ from, count }) => [from, count])).toEqual([
      [0.3, 1],
      [0.9, 3],
    ]);
    expect(bins[1]!.stated).toBeCloseTo(0.96);
    expect(bins[1]!.observed).toBeCloseTo(2 / 3);
    expect(bins[1]!.interval[0]).toBeCloseTo(0.208, 3);
  });
});

describe("standard errors", () => {
  it("are those of a mean", () => {
    expect(standardError([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 3 / 4));
    expect(standardError([1])).toBeNull();
  });

  it("by the jackknife are the same where the statistic is a mean", () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 2, maxLength: 20 }), (values) => {
        expect(jackknifeError(values, mean)).toBeCloseTo(standardError(values)!, 9);
      }),
    );
  });
});
