import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rework } from "./rework.js";
import type { Run, RunStatus } from "./run.js";

/** A run of an agent at an activity; a text such as "dev:code" or "dev:code!" for one that failed. */
function runs(...texts: string[]): readonly Run[] {
  return texts.map((text, i) => {
    const [agent, task_type] = text.replace("!", "").split(":");
    const status: RunStatus = text.endsWith("!") ? "failure" : "success";
    return {
      id: String(i),
      agent: agent!,
      task_type: task_type ?? null,
      parent_id: null,
      detached: false,
      start: 10 * i,
      end: 10 * i + 5,
      status,
    };
  });
}

const none = { self_loops: 0, repeats: 0, redos: 0, retries: 0 };

describe("rework", () => {
  it.each([
    [["dev:code", "qa:test"], none],
    [["dev:code", "dev:code"], { ...none, self_loops: 1 }],
    [["dev:code", "ops:code"], { ...none, self_loops: 1 }],
    [["dev:code", "qa:test", "dev:code"], { ...none, repeats: 1 }],
    [["dev:code", "qa:test", "ops:code"], { ...none, redos: 1 }],
    [["dev:code", "qa:test", "ops:code", "qa:test", "dev:code"], { ...none, repeats: 1, redos: 2 }],
    [["dev:code!", "dev:code"], { ...none, retries: 1 }],
    [["dev:code!", "qa:test", "ops:code"], { ...none, retries: 1 }],
    [["dev:code!", "dev:code", "dev:code"], { ...none, self_loops: 1, retries: 1 }],
    [["dev", "qa", "dev"], { ...none, repeats: 1 }],
    [["dev", "ops:dev"], { ...none, self_loops: 1 }],
  ])("of %j is %j", (texts, expected) => {
    expect(rework(runs(...texts))).toEqual(expected);
  });

  it("goes by start, then end, whatever the order given; what is under way ends last", () => {
    const [first, second, third] = runs("dev:code", "qa:test", "dev:code");
    expect(rework([third!, first!, second!])).toEqual({ ...none, repeats: 1 });
    const same = [
      { ...first!, start: 0, end: null },
      { ...second!, start: 0, end: 9 },
      { ...third!, start: 0, end: 3 },
    ];
    expect(rework(same)).toEqual({ ...none, repeats: 1 });
    expect(rework([same[0]!, same[2]!, same[1]!])).toEqual({ ...none, repeats: 1 });
  });

  it("counts what looking back from every run counts", () => {
    const word = fc
      .tuple(fc.constantFrom("a", "b"), fc.constantFrom("x", "y", "z"), fc.constantFrom("", "", "!"))
      .map(([agent, activity, mark]) => `${agent}:${activity}${mark}`);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const naive = { ...none };
        words.forEach((text, i) => {
          const activity = text[2];
          let back = i - 1;
          while (back >= 0 && words[back]![2] !== activity) back--;
          if (back < 0) return;
          if (words[back]!.endsWith("!")) naive.retries++;
          else if (back === i - 1) naive.self_loops++;
          else if (words[back]![0] === text[0]) naive.repeats++;
          else naive.redos++;
        });
        expect(rework(runs(...words))).toEqual(naive);
        const total = Object.values(naive).reduce((sum, count) => sum + count, 0);
        expect(total).toBe(words.length - new Set(words.map((text) => text[2])).size);
      }),
    );
  });
});
