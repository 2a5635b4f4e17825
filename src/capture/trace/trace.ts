import { addUsage, TOKEN_FIELDS, type Observation, type ObservationKind, type TokenUsage } from "./observation.js";

/** The spans of a trace as a tree. */
export class Trace {
  readonly all: readonly Observation[];
  /** Grows with every span that becomes known, and with every end. */
  readonly knowledge: number;
  readonly #byId = new Map<string, Observation>();
  readonly #inner = new Map<string, Observation[]>();

  constructor(spans: readonly Observation[]) {
    for (const span of spans) {
      const known = this.#byId.get(span.span_id);
      if (known?.end_us === undefined || span.end_us !== undefined) this.#byId.set(span.span_id, span);
    }
    this.all = [...this.#byId.values()].toSorted((a, b) => this.#order(a, b));
    this.knowledge = this.all.reduce((sum, { end_us }) => sum + (end_us === undefined ? 1 : 2), 0);
    for (const span of this.all)
      for (const outer of this.#ancestors(span))
        if (outer.ends_with_inner || outer.kind === "agent" || outer.kind === "model") {
          const inner = this.#inner.get(outer.span_id);
          if (inner) inner.push(span);
          else this.#inner.set(outer.span_id, [span]);
          // What is inside an agent is inside no agent around it, but may end it.
          if (outer.kind === "agent" && !outer.ends_with_inner) break;
        }
  }

  /** By start. Clocks tick slowly: of what starts at once, the outer comes first, then what ended first. */
  #order(a: Observation, b: Observation): number {
    const depth = (span: Observation) => [...this.#ancestors(span)].length;
    const end = ({ end_us = Number.MAX_SAFE_INTEGER }: Observation) => end_us;
    return a.start_us - b.start_us || depth(a) - depth(b) || end(a) - end(b) || (a.span_id < b.span_id ? -1 : 1);
  }

  /** All spans of a kind, by start. */
  of(kind: ObservationKind): Observation[] {
    return this.all.filter((span) => span.kind === kind);
  }

  /** The nearest span around it that is of one of these kinds. */
  enclosing(span: Observation, kinds: readonly ObservationKind[]): Observation | undefined {
    for (const outer of this.#ancestors(span)) if (kinds.includes(outer.kind)) return outer;
    return undefined;
  }

  /** The outermost span around it that is known, or itself. */
  root(span: Observation): Observation {
    return [...this.#ancestors(span)].at(-1) ?? span;
  }

  /** Spans of a kind inside an agent, without those inside an agent, or one of their kind, within. */
  inside(agent: Observation, kind: "tool" | "model"): Observation[] {
    const barriers: ObservationKind[] = kind === "model" ? ["agent", "model"] : ["agent"];
    return (this.#inner.get(agent.span_id) ?? []).filter(
      (span) => span.kind === kind && this.#countsFor(span, barriers) === agent,
    );
  }

  /** The tokens of an agent: what its own span says includes what its calls of models say. */
  usageOf(agent: Observation): TokenUsage {
    if (TOKEN_FIELDS.some((field) => agent.usage?.[field] !== undefined)) return agent.usage!;
    const calls = this.inside(agent, "model");
    // What is told only as a sum is not told when its parts are.
    const sums = calls.filter(
      (call) => call.adds_up && !calls.some((part) => part.usage && this.#isInside(part, call)),
    );
    const parts = calls.filter((call) => !call.adds_up);
    const others = this.of("agent").filter((other) => {
      return this.enclosing(other, ["agent"]) === agent && sums.some((sum) => this.#isInside(other, sum));
    });
    const sum = addUsage([...sums, ...parts].map(({ usage }) => usage));
    const ofOthers = addUsage(others.flatMap((other) => this.inside(other, "model").map(({ usage }) => usage)));
    const own = TOKEN_FIELDS.flatMap((field) =>
      sum[field] === undefined ? [] : [[field, Math.max(0, sum[field] - (ofOthers[field] ?? 0))]],
    );
    return Object.fromEntries(own) as TokenUsage;
  }

  #isInside(span: Observation, outer: Observation): boolean {
    return span !== outer && [...this.#ancestors(span)].includes(outer);
  }

  /** When a span ended. */
  endOf(span: Observation): number | undefined {
    if (span.end_us === undefined || !span.ends_with_inner) return span.end_us;
    return Math.max(span.end_us, ...(this.#inner.get(span.span_id) ?? []).map(({ end_us }) => end_us ?? 0));
  }

  /** A call of a model that says nothing of tokens only wraps others; so does one that adds up what is inside it. */
  #countsFor(span: Observation, barriers: readonly ObservationKind[]): Observation | undefined {
    for (const outer of this.#ancestors(span))
      if (barriers.includes(outer.kind) && !(outer.kind === "model" && (outer.adds_up || !outer.usage))) return outer;
    return undefined;
  }

  /** From the parent outwards; a circle ends it. */
  *#ancestors(span: Observation): Generator<Observation> {
    const seen = new Set([span.span_id]);
    for (let id = span.parent_id; id !== undefined && !seen.has(id);) {
      seen.add(id);
      const outer = this.#byId.get(id);
      if (!outer) return;
      yield outer;
      id = outer.parent_id;
    }
  }
}
