import { hash } from "node:crypto";

import type { TelemetryEvent } from "../../event/events.js";
import { chosenRedaction } from "../redact.js";
import type { Observation } from "./observation.js";
import { translateTrace } from "./translate.js";

/** How {@link Traces} keeps and translates. Every field may be left out. */
export interface TracesOptions {
  /** Applied to texts that may hold secrets; `false` leaves them as they are. Default: {@link chosenRedaction}. */
  readonly redact?: ((text: string) => string) | false;
  /** Spans that are held at once; the traces that were silent longest are translated and forgotten first. */
  readonly max_spans?: number;
}

interface HeldTrace {
  readonly spans: Map<string, Observation>;
  /** What was given out, by what it is about: the identity tells what was said. */
  readonly told: Map<string, { readonly event_id: string; readonly knowledge: number }>;
  /** Something became known since it was last translated. */
  changed: boolean;
  heard_at: number;
}

const MAX_SPANS = 50_000;

/**
 * Holds traces whose spans arrive in any order and in several batches, and translates them into events. Lines that were
 * given before are not given again; a span that arrives late amends what was said.
 */
export class Traces {
  readonly #held = new Map<string, HeldTrace>();
  readonly #redact: (text: string) => string;
  readonly #maxSpans: number;
  #spans = 0;

  constructor({ redact = chosenRedaction(), max_spans = MAX_SPANS }: TracesOptions = {}) {
    this.#redact = redact === false ? (text) => text : remembering(redact);
    this.#maxSpans = max_spans;
  }

  /**
   * Takes spans in. Giving the same span twice changes nothing; one that has ended replaces the one under way.
   *
   * @returns the events of traces that had to be forgotten to make room
   */
  add(spans: Iterable<Observation>, now = Date.now()): TelemetryEvent[] {
    let last: { readonly id: string; readonly trace: HeldTrace } | undefined;
    for (const span of spans) {
      // Spans of a trace come together.
      if (last?.id !== span.trace_id) last = { id: span.trace_id, trace: this.#hear(span.trace_id, now) };
      const { trace } = last;
      const known = trace.spans.get(span.span_id);
      // Told again; or it went on after what had seemed to be its end.
      if (known?.end_us !== undefined && !(span.end_us !== undefined && span.end_us > known.end_us)) continue;
      if (!known) this.#spans++;
      trace.spans.set(span.span_id, span);
      trace.changed = true;
    }
    const events: TelemetryEvent[] = [];
    for (const id of this.#held.keys()) {
      if (this.#spans <= this.#maxSpans) break;
      for (const event of this.take(id)) events.push(event);
      this.#forget(id);
    }
    return events;
  }

  /** What can be said of a trace now that was not said before. */
  take(trace_id: string): TelemetryEvent[] {
    const trace = this.#held.get(trace_id);
    if (!trace?.changed) return [];
    trace.changed = false;
    const spans = [...trace.spans.values()];
    const knowledge = spans.reduce((sum, { end_us }) => sum + (end_us === undefined ? 1 : 2), 0);
    return translateTrace(spans, this.#redact).flatMap((event) => {
      const said = JSON.stringify(event);
      const about = subject(event) ?? said;
      const before = trace.told.get(about);
      if (before && identity(event, said, before.knowledge) === before.event_id) return [];
      const event_id = identity(event, said, knowledge);
      trace.told.set(about, { event_id, knowledge });
      return event.event === "agent_handoff" ? { ...event, event_id } : { ...event, sequence: knowledge, event_id };
    });
  }

  /** What can be said of all traces now. */
  takeAll(): TelemetryEvent[] {
    return [...this.#held.keys()].flatMap((id) => this.take(id));
  }

  /** What can be said of those of these traces in which every span's parent is known, up to a root that has ended. */
  takeWhole(trace_ids: Iterable<string>): TelemetryEvent[] {
    return [...new Set(trace_ids)].flatMap((id) => {
      const trace = this.#held.get(id);
      return trace && isWhole(trace) ? this.take(id) : [];
    });
  }

  /** What can be said of all traces of which nothing was heard since `before`; they are forgotten. */
  takeSilent(before = Number.POSITIVE_INFINITY): TelemetryEvent[] {
    const events: TelemetryEvent[] = [];
    for (const [id, { heard_at }] of this.#held) {
      if (heard_at >= before) break;
      for (const event of this.take(id)) events.push(event);
      this.#forget(id);
    }
    return events;
  }

  /** What was heard of last stands last. */
  #hear(id: string, now: number): HeldTrace {
    const trace = this.#held.get(id) ?? { spans: new Map(), told: new Map(), changed: false, heard_at: now };
    trace.heard_at = now;
    this.#held.delete(id);
    this.#held.set(id, trace);
    return trace;
  }

  #forget(id: string): void {
    this.#spans -= this.#held.get(id)?.spans.size ?? 0;
    this.#held.delete(id);
  }
}

function isWhole({ spans }: HeldTrace): boolean {
  let rooted = false;
  for (const { parent_id, end_us } of spans.values()) {
    if (parent_id === undefined) rooted ||= end_us !== undefined;
    else if (!spans.has(parent_id)) return false;
  }
  return rooted;
}

/** Texts that are remembered, and how long one may be: names of projects come with every trace. */
const MOST_REMEMBERED = 1000;
const LONGEST_REMEMBERED = 100;

/** Looks once for secrets in a short text that comes again and again. */
function remembering(redact: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > LONGEST_REMEMBERED) return redact(text);
    let redacted = known.get(text);
    if (redacted !== undefined) return redacted;
    if (known.size >= MOST_REMEMBERED) known.clear();
    redacted = redact(text);
    known.set(text, redacted);
    return redacted;
  };
}

/** Which line overrules which: two of the same subject. A handoff overrules none. */
function subject(event: TelemetryEvent): string | undefined {
  const { event: name } = event;
  if (name === "agent_handoff") return undefined;
  return `${name} ${"invocation_id" in event ? event.invocation_id : event.workflow_id}`;
}

/**
 * The identity of a line: the same line has the same, whoever translates it and however often. Lines that are about the
 * same overrule each other by their `sequence`, which grows with every span that becomes known, and with every end.
 * Handoffs are told by their identity alone when read, so that what else was known must not change it.
 *
 * @param said the event as JSON, whose last field will be `sequence`
 */
function identity({ event }: TelemetryEvent, said: string, knowledge: number): string {
  const line = event === "agent_handoff" ? said : `${said.slice(0, -1)},"sequence":${knowledge}}`;
  return `ot-${hash("sha256", line).slice(0, 20)}`;
}
