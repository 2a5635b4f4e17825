import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Finding } from "./alert.js";
import { settle, type Known } from "./ledger.js";

const time = (tick: number) => new Date(Date.UTC(2026, 0, 1, 0, tick)).toISOString();

function finding(subject: string, change: Partial<Finding> = {}): Finding {
  return {
    rule: "failure_streak",
    subject,
    text: `${subject} fails`,
    since: time(0),
    until: time(5),
    facts: { failures: 5, last_error: null },
    at_least: 1,
    at_most: 1,
    ...change,
  } as Finding;
}

/** What the rules may find at one time: at most one finding of a subject. */
const findings: fc.Arbitrary<Finding[]> = fc.uniqueArray(
  fc
    .record({
      subject: fc.constantFrom("a", "b", "c"),
      level: fc.nat(2),
      more: fc.nat(1),
      start: fc.nat(20),
      length: fc.option(fc.nat(5), { nil: null }),
    })
    .map(({ subject, level, more, start, length }) =>
      finding(subject, {
        at_least: level,
        at_most: level + more,
        since: length === null ? null : time(start),
        until: length === null ? null : time(start + length),
      }),
    ),
  { selector: ({ subject }) => subject },
);

/** Looks again and again; gives what fired each time. */
function run(looks: readonly (readonly Finding[])[]): { fired: string[][]; known: readonly Known[] } {
  let known: readonly Known[] = [];
  const fired = looks.map((found, i) => {
    const settled = settle(known, found, time(i));
    // As it comes back from the file.
    known = JSON.parse(JSON.stringify(settled.known)) as Known[];
    return settled.fired.map(({ subject }) => subject);
  });
  return { fired, known };
}

describe("settle", () => {
  it("fires once for each cause", () => {
    const steps: [Finding[], string[]][] = [
      [[finding("a")], ["a"]],
      [[finding("a")], []],
      [[finding("a"), finding("b")], ["b"]],
      // The streak goes on.
      [[finding("a", { until: time(9) }), finding("b")], []],
      [[finding("b")], []],
      // It went away and came back.
      [[finding("a"), finding("b")], ["a"]],
      // Another streak, of which nobody saw the gap before.
      [[finding("a", { since: time(7), until: time(12) }), finding("b")], ["a"]],
      [[finding("a", { since: time(7), until: time(12) })], []],
    ];
    expect(run(steps.map(([found]) => found)).fired).toEqual(steps.map(([, expected]) => expected));
  });

  it("fires when it gets worse, and neither fires nor ends while it is in doubt", () => {
    const level = (at_least: number, at_most = at_least) => [finding("a", { at_least, at_most })];
    const steps: [Finding[], string[]][] = [
      [level(0, 1), []],
      [level(1), ["a"]],
      [level(0, 1), []],
      [level(1), []],
      [level(1, 2), []],
      [level(2), ["a"]],
      [level(1, 2), []],
      [level(2), []],
      [level(1), []],
      [level(2), ["a"]],
      [[], []],
      [level(1), ["a"]],
    ];
    expect(run(steps.map(([found]) => found)).fired).toEqual(steps.map(([, expected]) => expected));
  });

  it("never fires twice for the same state, whatever happened before", () => {
    fc.assert(
      fc.property(fc.array(findings, { maxLength: 10 }), findings, (before, now) => {
        const { known } = run(before);
        const first = settle(known, now, time(90));
        const second = settle(first.known, now, time(91));
        expect(second.fired).toEqual([]);
        expect(second.known).toEqual(first.known);
      }),
    );
  });

  it("knows every finding that is certain, and nothing that was not found", () => {
    fc.assert(
      fc.property(fc.array(findings, { minLength: 1, maxLength: 10 }), (looks) => {
        const last = looks.at(-1)!;
        const subjects = run(looks).known.map(({ alert }) => alert.subject);
        const certain = last.filter(({ at_least }) => at_least > 0).map(({ subject }) => subject);
        const possible = last.filter(({ at_most }) => at_most > 0).map(({ subject }) => subject);
        expect(subjects).toEqual(expect.arrayContaining(certain));
        expect(possible).toEqual(expect.arrayContaining(subjects));
      }),
    );
  });

  it("fires what its history says, subject by subject", () => {
    fc.assert(
      fc.property(fc.array(findings, { maxLength: 12 }), (looks) => {
        const { fired } = run(looks);
        for (const subject of ["a", "b", "c"]) {
          // The naive way: a level that is carried on, and the end of the cause that fired last.
          let level = 0;
          let end: string | null = null;
          const expected = looks.map((found) => {
            const one = found.find((other) => other.subject === subject);
            if (!one) {
              level = 0;
              return false;
            }
            const isOther = level > 0 && one.since !== null && end !== null && one.until !== null && one.since > end;
            if (isOther) level = 0;
            const raised = Math.min(one.at_most, Math.max(level, one.at_least));
            const fires = raised > level;
            if (fires) end = one.until;
            level = raised;
            return fires;
          });
          expect(fired.map((subjects) => subjects.includes(subject))).toEqual(expected);
        }
      }),
    );
  });
});
