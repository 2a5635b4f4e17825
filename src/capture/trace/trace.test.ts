import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { addUsage, type Observation } from "./observation.js";
import { Trace } from "./trace.js";
import { Traces } from "./traces.js";
import { translateTrace } from "./translate.js";

const observation = (given: Partial<Observation> & Pick<Observation, "span_id">): Observation => ({
  trace_id: "trace",
  kind: "agent",
  name: given.span_id,
  start_us: 1,
  end_us: 2,
  source: "otlp",
  ...given,
});

const KINDS = ["workflow", "agent", "tool", "model", "handoff", "other"] as const;

/** Any spans: in circles, twice, without their parents, with clocks that disagree. */
const anySpans = fc.array(
  fc
    .record({
      id: fc.nat(14),
      parent: fc.option(fc.nat(16), { nil: undefined }),
      kind: fc.constantFrom(...KINDS),
      start_us: fc.integer({ min: 1, max: 6 }),
      lasts: fc.option(fc.nat(8), { nil: undefined }),
      usage: fc.option(fc.record({ input_tokens: fc.nat(9) }), { nil: undefined }),
      adds_up: fc.boolean(),
      ends_with_inner: fc.boolean(),
    })
    .map(({ id, parent, start_us, lasts, ...rest }) =>
      observation({
        ...rest,
        span_id: `s${id}`,
        parent_id: parent === undefined ? undefined : `s${parent}`,
        start_us,
        end_us: lasts === undefined ? undefined : start_us + lasts,
      }),
    ),
  { maxLength: 25 },
);

/** Of each span those around it, the nearest first, by walking. */
function lineages(all: readonly Observation[]): Map<Observation, Observation[]> {
  const byId = new Map(all.map((span) => [span.span_id, span]));
  const outerOf = (span: Observation) => (span.parent_id === undefined ? undefined : byId.get(span.parent_id));
  const isInCircle = (span: Observation) => {
    let at = outerOf(span);
    for (let steps = 0; at && at !== span && steps < all.length; steps++) at = outerOf(at);
    return at === span;
  };
  const lineageOf = (span: Observation): Observation[] => {
    const outer = isInCircle(span) ? undefined : outerOf(span);
    return outer ? [outer, ...lineageOf(outer)] : [];
  };
  return new Map(all.map((span) => [span, lineageOf(span)]));
}

describe("a trace", () => {
  it("knows of every span what walking through those around it would find", () => {
    fc.assert(
      fc.property(anySpans, (spans) => {
        const trace = new Trace(spans);
        const around = lineages(trace.all);
        const agentOf = (span: Observation) => around.get(span)!.find(({ kind }) => kind === "agent");
        const callerOf = (span: Observation) => {
          const nearest = around
            .get(span)!
            .find(({ kind, usage, adds_up }) => kind === "agent" || (kind === "model" && usage && !adds_up));
          return nearest?.kind === "agent" ? nearest : undefined;
        };
        const isInside = (span: Observation, outer: Observation) => around.get(span)!.includes(outer);
        for (const span of trace.all) {
          expect(trace.enclosing(span, "agent")).toBe(agentOf(span));
          expect(trace.enclosing(span, "workflow")).toBe(around.get(span)!.find(({ kind }) => kind === "workflow"));
          expect(trace.root(span)).toBe(around.get(span)!.at(-1) ?? span);
          const inner = trace.all.filter((other) => {
            const between = around.get(other)!.slice(0, around.get(other)!.indexOf(span));
            return isInside(other, span) && between.every((each) => each.kind !== "agent" || each.ends_with_inner);
          });
          const ends = span.ends_with_inner ? inner.map(({ end_us }) => end_us ?? 0) : [];
          expect(trace.endOf(span)).toBe(span.end_us === undefined ? undefined : Math.max(span.end_us, ...ends));
          if (span.kind !== "agent") continue;
          expect(trace.toolsOf(span)).toEqual(trace.of("tool").filter((tool) => agentOf(tool) === span));
          const calls = trace.of("model").filter((call) => callerOf(call) === span);
          expect(trace.modelsOf(span)).toEqual(calls);
          if (span.usage) continue;
          const isTold = (sum: Observation) => calls.some((part) => part.usage && isInside(part, sum));
          const sums = calls.filter((call) => call.adds_up && !isTold(call));
          const parts = calls.filter((call) => !call.adds_up);
          const others = trace
            .of("agent")
            .filter((other) => agentOf(other) === span && sums.some((sum) => isInside(other, sum)))
            .flatMap((other) => trace.modelsOf(other));
          const total = addUsage([...sums, ...parts].map(({ usage }) => usage)).input_tokens;
          const ofOthers = addUsage(others.map(({ usage }) => usage)).input_tokens ?? 0;
          expect(trace.usageOf(span).input_tokens).toBe(
            total === undefined || sums.length === 0 ? total : Math.max(0, total - ofOthers),
          );
        }
        trace.all.forEach((span, i) => {
          const next = trace.all[i + 1];
          if (!next) return;
          const order = ({ start_us, end_us = Infinity }: Observation, { length }: Observation[]) =>
            [start_us, length, end_us] as const;
          const [a, b] = [order(span, around.get(span)!), order(next, around.get(next)!)];
          const differs = a.findIndex((value, place) => value !== b[place]);
          expect(differs === -1 ? span.span_id < next.span_id : a[differs]! < b[differs]!).toBe(true);
        });
      }),
    );
  });

  const MANY = 130_000;

  it("may be as deep as it likes", () => {
    const chain = Array.from({ length: MANY }, (_, i) =>
      observation({
        span_id: `s${i}`,
        parent_id: i === 0 ? undefined : `s${i - 1}`,
        kind: i === 0 ? "agent" : i === MANY - 1 ? "model" : "other",
        usage: i === MANY - 1 ? { input_tokens: 7 } : undefined,
        ends_with_inner: i === 0,
        end_us: 2 + i,
      }),
    );
    const trace = new Trace(chain.toReversed());
    expect(trace.usageOf(chain[0]!)).toEqual({ input_tokens: 7 });
    expect(trace.endOf(chain[0]!)).toBe(1 + MANY);
    const agents = chain.map((span) => observation({ ...span, kind: "agent" }));
    expect(translateTrace(agents, (text) => text)).toHaveLength(2 + 2 * MANY);
  });

  it("may hold as many workflows, agents and handoffs as it likes", () => {
    const agents = Array.from({ length: MANY }, (_, i) =>
      observation({ span_id: `a${i}`, parent_id: "w", node: { id: `n${i}`, after: `n${i - 1}` } }),
    );
    const workflow = observation({ span_id: "w", kind: "workflow", bounded_by_agents: true });
    const traces = new Traces({ redact: false });
    expect(traces.add([workflow, ...agents])).toHaveLength(2 + 2 * MANY + MANY - 1);

    const workflows = agents.map((_, i) => observation({ span_id: `w${i}`, kind: "workflow" }));
    const members = agents.map((agent, i) => ({ ...agent, parent_id: `w${i}`, node: undefined }));
    expect(translateTrace([...workflows, ...members], (text) => text)).toHaveLength(4 * MANY);
  });
});
