import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Counters, invocationSamples, metric } from "./metrics.js";

const counts = (success_count: number) => ({
  invocation_count: success_count + 2,
  success_count,
  failure_count: 1,
  partial_count: 0,
  unknown_count: 0,
  running_count: 1,
});

describe("metric", () => {
  it("is written as Prometheus reads it", () => {
    expect(metric("oak_x_total", "counter", "What it is", [[{ a: "1", b: "2" }, 3]])).toBe(
      '# HELP oak_x_total What it is\n# TYPE oak_x_total counter\noak_x_total{a="1",b="2"} 3\n',
    );
    expect(metric("oak_y", "gauge", "What it is", [[{}, 0.5]])).toMatch(/\noak_y 0\.5\n$/);
    expect(metric("oak_y", "gauge", "What it is", [])).toBe("");
  });

  it("keeps any text in its quotes, and on its line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const [, , line, rest, ...more] = metric("m", "gauge", "h", [[{ label: text }, 1]]).split("\n");
        expect([rest, ...more]).toEqual([""]);
        const [, quoted = ""] = /^m\{label="((?:[^"\\]|\\[\\"n])*)"\} 1$/su.exec(line!) ?? [];
        expect(quoted.replaceAll(/\\(.)/gs, (_, escaped: string) => (escaped === "n" ? "\n" : escaped))).toBe(text);
      }),
    );
  });
});

describe("the samples of invocations", () => {
  it("are of a bounded number of agents; the others are counted together", () => {
    const agents = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`agent ${i}`, counts(i)]));
    const samples = invocationSamples(agents);
    expect(samples).toHaveLength(101 * 5);
    expect(samples.find(([{ agent_name, status }]) => agent_name === "agent 149" && status === "success")![1]).toBe(
      149,
    );
    const total = samples.reduce((sum, [, value]) => sum + value, 0);
    expect(total).toBe(Object.values(agents).reduce((sum, { invocation_count }) => sum + invocation_count, 0));
    expect(samples.filter(([{ agent_name }]) => agent_name === "(other)").map(([, value]) => value)).toEqual([
      (49 * 50) / 2,
      50,
      0,
      0,
      50,
    ]);
  });
});

describe("the counters of events", () => {
  it("know few names, whatever stands in the log", () => {
    const counters = new Counters();
    const entry = (event: unknown) => ({
      kind: "invocation" as const,
      object: { event } as never,
      to: 0,
      line: Buffer.alloc(0),
    });
    counters.countEvents([entry("invocation_update"), entry("x"), entry(7), entry("toString"), entry(undefined)]);
    expect(Object.fromEntries(counters.events.map(([{ event }, value]) => [event, value]))).toEqual({
      invocation_update: 1,
      invocation_start: 1,
      unknown: 3,
    });
  });
});
