import { addUsage, TOKEN_FIELDS, type Observation, type ObservationKind, type TokenUsage } from "./observation.js";

/** What a span is inside of: the same for all that are directly inside the same one. */
interface Surroundings {
  /** How many spans are around it. */
  readonly depth: number;
  readonly root: Observation;
  readonly agent: Observation | undefined;
  readonly workflow: Observation | undefined;
  /**
   * The agent that a call of a model counts for: not the one around the call around it, but one that says nothing of
   * tokens only wraps others, and so does one that adds up what is inside it.
   */
  readonly caller: Observation | undefined;
}

/** The spans of a trace as a tree. */
export class Trace {
  /** By start. */
  readonly all: readonly Observation[];
  readonly #outer: ReadonlyMap<Observation, Observation>;
  /** Of what is directly inside each; the outermost first. */
  readonly #surroundings: ReadonlyMap<Observation, Surroundings>;
  readonly #tools = new Map<Observation, Observation[]>();
  readonly #models = new Map<Observation, Observation[]>();
  readonly #agents = new Map<Observation, Observation[]>();
  /** When the last span inside ended, where any ends with what is inside it. */
  readonly #innerEnd: ReadonlyMap<Observation, number>;

  constructor(spans: readonly Observation[]) {
    const byId = new Map<string, Observation>();
    for (const span of spans) {
      const known = byId.get(span.span_id);
      if (known?.end_us === undefined || span.end_us !== undefined) byId.set(span.span_id, span);
    }
    this.#outer = outerSpans(byId);
    this.#surroundings = surroundingsIn(this.#outer);
    this.all = [...byId.values()].toSorted((a, b) => this.#order(a, b));
    for (const span of this.all) {
      const around = this.#around(span);
      if (span.kind === "tool") addTo(this.#tools, around?.agent, span);
      else if (span.kind === "model") addTo(this.#models, around?.caller, span);
      else if (span.kind === "agent") addTo(this.#agents, around?.agent, span);
    }
    this.#innerEnd = this.all.some(({ ends_with_inner }) => ends_with_inner) ? this.#innerEnds() : new Map();
  }

  #around(span: Observation): Surroundings | undefined {
    const outer = this.#outer.get(span);
    return outer && this.#surroundings.get(outer);
  }

  /** By start. Clocks tick slowly: of what starts at once, the outer comes first, then what ended first. */
  #order(a: Observation, b: Observation): number {
    const depth = (span: Observation) => this.#around(span)?.depth ?? 0;
    const end = ({ end_us = Number.MAX_SAFE_INTEGER }: Observation) => end_us;
    return a.start_us - b.start_us || depth(a) - depth(b) || end(a) - end(b) || (a.span_id < b.span_id ? -1 : 1);
  }

  /** What is inside an agent is inside no agent around it, but may end it. */
  #innerEnds(): Map<Observation, number> {
    const ends = new Map<Observation, number>();
    const tell = (outer: Observation | undefined, end: number) => {
      if (outer) ends.set(outer, Math.max(ends.get(outer) ?? 0, end));
    };
    for (const span of this.all) tell(this.#outer.get(span), span.end_us ?? 0);
    for (const span of [...this.#surroundings.keys()].toReversed())
      if (span.kind !== "agent" || span.ends_with_inner) tell(this.#outer.get(span), ends.get(span) ?? 0);
    return ends;
  }

  /** All spans of a kind, by start. */
  of(kind: ObservationKind): Observation[] {
    return this.all.filter((span) => span.kind === kind);
  }

  /** The nearest span of a kind around it. */
  enclosing(span: Observation, kind: "agent" | "workflow"): Observation | undefined {
    return this.#around(span)?.[kind];
  }

  /** The outermost span around it that is known, or itself. */
  root(span: Observation): Observation {
    return this.#around(span)?.root ?? span;
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
    if (!calls.some(({ adds_up }) => adds_up)) return addUsage(calls.map(({ usage }) => usage));
    // What is told only as a sum is not told when its parts are.
    const told = new Set<Observation>();
    for (const part of calls)
      if (part.usage)
        for (let outer = this.#outer.get(part)!; outer !== agent && !told.has(outer); outer = this.#outer.get(outer)!)
          told.add(outer);
    const sums = new Set(calls.filter((call) => call.adds_up && !told.has(call)));
    const parts = calls.filter((call) => !call.adds_up);
    const sum = addUsage([...sums, ...parts].map(({ usage }) => usage));
    if (sums.size === 0) return sum;
    const others = (this.#agents.get(agent) ?? []).filter((other) => {
      let outer = this.#outer.get(other)!;
      while (outer !== agent && !sums.has(outer)) outer = this.#outer.get(outer)!;
      return outer !== agent;
    });
    const ofOthers = addUsage(others.flatMap((other) => this.modelsOf(other).map(({ usage }) => usage)));
    const own = TOKEN_FIELDS.flatMap((field) =>
      sum[field] === undefined ? [] : [[field, Math.max(0, sum[field] - (ofOthers[field] ?? 0))]],
    );
    return Object.fromEntries(own) as TokenUsage;
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

function surroundingsIn(outerOf: ReadonlyMap<Observation, Observation>): Map<Observation, Surroundings> {
  const known = new Map<Observation, Surroundings>();
  const path: Observation[] = [];
  for (const span of outerOf.values()) {
    for (let at: Observation | undefined = span; at && !known.has(at); at = outerOf.get(at)) path.push(at);
    for (let each = path.pop(); each; each = path.pop()) {
      const outer = outerOf.get(each);
      const around = outer && known.get(outer);
      const tells = each.kind === "model" && each.usage && !each.adds_up;
      known.set(each, {
        depth: (around?.depth ?? 0) + 1,
        root: around?.root ?? each,
        agent: each.kind === "agent" ? each : around?.agent,
        workflow: each.kind === "workflow" ? each : around?.workflow,
        caller: each.kind === "agent" ? each : tells ? undefined : around?.caller,
      });
    }
  }
  return known;
}

/** Adds a span to the list of one, if there is one. */
export function addTo(lists: Map<Observation, Observation[]>, key: Observation | undefined, span: Observation): void {
  if (!key) return;
  const list = lists.get(key);
  if (list) list.push(span);
  else lists.set(key, [span]);
}
