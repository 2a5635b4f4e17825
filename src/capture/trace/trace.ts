import { addUsage, TOKEN_FIELDS, type Observation, type ObservationKind, type TokenUsage } from "./observation.js";

/** The spans of a trace as a tree. */
export class Trace {
  /** By start. */
  readonly all: readonly Observation[];
  readonly #outer: ReadonlyMap<Observation, Observation>;
  readonly #tools = new Map<Observation, Observation[]>();
  readonly #models = new Map<Observation, Observation[]>();
  /** When the last span inside ended, of those that end with it. */
  readonly #innerEnd = new Map<Observation, number>();

  constructor(spans: readonly Observation[]) {
    const byId = new Map<string, Observation>();
    for (const span of spans) {
      const known = byId.get(span.span_id);
      if (known?.end_us === undefined || span.end_us !== undefined) byId.set(span.span_id, span);
    }
    this.#outer = outerSpans(byId);
    this.all = [...byId.values()].toSorted((a, b) => this.#order(a, b));
    const lengthened = this.all.some(({ ends_with_inner }) => ends_with_inner);
    for (const span of this.all) {
      if (span.kind === "tool" || span.kind === "model") this.#count(span, span.kind);
      if (lengthened) this.#end(span);
    }
  }

  /** By start. Clocks tick slowly: of what starts at once, the outer comes first, then what ended first. */
  #order(a: Observation, b: Observation): number {
    const end = ({ end_us = Number.MAX_SAFE_INTEGER }: Observation) => end_us;
    return (
      a.start_us - b.start_us || this.#depth(a) - this.#depth(b) || end(a) - end(b) || (a.span_id < b.span_id ? -1 : 1)
    );
  }

  #depth(span: Observation): number {
    let depth = 0;
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer)) depth++;
    return depth;
  }

  /**
   * Counts a span for the agent that it is inside of; a call of a model not for the agent around the call around it, but
   * one that says nothing of tokens only wraps others, and so does one that adds up what is inside it.
   */
  #count(span: Observation, kind: "tool" | "model"): void {
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer)) {
      if (kind === "model" && outer.kind === "model" && outer.usage && !outer.adds_up) return;
      if (outer.kind !== "agent") continue;
      const counted = kind === "tool" ? this.#tools : this.#models;
      const ofAgent = counted.get(outer);
      if (ofAgent) ofAgent.push(span);
      else counted.set(outer, [span]);
      return;
    }
  }

  /** What is inside an agent is inside no agent around it, but may end it. */
  #end(span: Observation): void {
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer))
      if (outer.ends_with_inner) this.#innerEnd.set(outer, Math.max(this.#innerEnd.get(outer) ?? 0, span.end_us ?? 0));
      else if (outer.kind === "agent") return;
  }

  /** All spans of a kind, by start. */
  of(kind: ObservationKind): Observation[] {
    return this.all.filter((span) => span.kind === kind);
  }

  /** The nearest span of a kind around it. */
  enclosing(span: Observation, kind: ObservationKind): Observation | undefined {
    let outer = this.#outer.get(span);
    while (outer && outer.kind !== kind) outer = this.#outer.get(outer);
    return outer;
  }

  /** The outermost span around it that is known, or itself. */
  root(span: Observation): Observation {
    let root = span;
    for (let outer = this.#outer.get(span); outer; outer = this.#outer.get(outer)) root = outer;
    return root;
  }

  /** The tools that an agent called itself. */
  toolsOf(agent: Observation): readonly Observation[] {
    return this.#tools.get(agent) ?? [];
  }

  /** The models that an agent called itself, without what happens inside such a call. */
  modelsOf(agent: Observation): readonly Observation[] {
    return this.#models.get(agent) ?? [];
  }

  /** The tokens of an agent: what its own span says includes what its calls of models say. */
  usageOf(agent: Observation): TokenUsage {
    if (TOKEN_FIELDS.some((field) => agent.usage?.[field] !== undefined)) return agent.usage!;
    const calls = this.modelsOf(agent);
    // What is told only as a sum is not told when its parts are.
    const sums = calls.filter(
      (call) => call.adds_up && !calls.some((part) => part.usage && this.#isInside(part, call)),
    );
    const parts = calls.filter((call) => !call.adds_up);
    const sum = addUsage([...sums, ...parts].map(({ usage }) => usage));
    if (sums.length === 0) return sum;
    const others = this.of("agent").filter((other) => {
      return this.enclosing(other, "agent") === agent && sums.some((call) => this.#isInside(other, call));
    });
    const ofOthers = addUsage(others.flatMap((other) => this.modelsOf(other).map(({ usage }) => usage)));
    const own = TOKEN_FIELDS.flatMap((field) =>
      sum[field] === undefined ? [] : [[field, Math.max(0, sum[field] - (ofOthers[field] ?? 0))]],
    );
    return Object.fromEntries(own) as TokenUsage;
  }

  #isInside(span: Observation, around: Observation): boolean {
    let outer = this.#outer.get(span);
    while (outer && outer !== around) outer = this.#outer.get(outer);
    return outer !== undefined;
  }

  /** When a span ended. */
  endOf(span: Observation): number | undefined {
    if (span.end_us === undefined || !span.ends_with_inner) return span.end_us;
    return Math.max(span.end_us, this.#innerEnd.get(span) ?? 0);
  }
}

/** The span around each. Spans that are around themselves, in a circle, are in none. */
function outerSpans(byId: ReadonlyMap<string, Observation>): Map<Observation, Observation> {
  const outerOf = new Map<Observation, Observation>();
  for (const span of byId.values()) {
    const outer = span.parent_id === undefined ? undefined : byId.get(span.parent_id);
    if (outer) outerOf.set(span, outer);
  }
  /** From which span one came to each first. */
  const reached = new Map<Observation, Observation>();
  // Most are around nothing.
  for (const span of new Set(outerOf.values())) {
    let at: Observation | undefined = span;
    while (at && !reached.has(at)) {
      reached.set(at, span);
      at = outerOf.get(at);
    }
    if (!at || reached.get(at) !== span) continue;
    // It went round: from here to here.
    for (let each: Observation | undefined = at; each;) {
      const outer = outerOf.get(each);
      outerOf.delete(each);
      each = outer;
    }
  }
  return outerOf;
}
