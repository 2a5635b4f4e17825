import type { TelemetryEvent } from "../../event/events.js";
import { checkEvent } from "../../event/schema.js";
import type { Observation } from "../trace/observation.js";
import { Traces, type TracesOptions } from "../trace/traces.js";
import { observe, observeLog } from "./conventions.js";
import { decodeRequest, type Decoded } from "./decode.js";
import { isOwn, ownEvents } from "./own.js";

/** What came of a request. The answer to it is `{}`, or `partialSuccess` with what was rejected. */
export interface Received {
  /** What can be said now: lines to append to the log. */
  readonly events: readonly TelemetryEvent[];
  readonly rejected: number;
  /** Why the first of them was. */
  readonly reason?: string | undefined;
}

/**
 * Translates OTLP into events. Traces may arrive in any number of requests, in any order: one is translated when it is
 * whole, or on {@link flush}; a span that comes later amends what was said. Giving a request twice changes nothing.
 *
 * @example
 * const translator = new OtlpTranslator();
 * const { events } = translator.receive(JSON.parse(body));
 * setInterval(() => writer.write(translator.flush(Date.now() - 30_000)), 10_000);
 */
export class OtlpTranslator {
  readonly #traces: Traces;

  constructor(options: TracesOptions = {}) {
    this.#traces = new Traces(options);
  }

  /**
   * Takes a decoded `ExportTraceServiceRequest` or `ExportLogsServiceRequest` (OTLP's JSON form, see
   * `decodeProtobufRequest`), and gives what can be said of the traces that are whole now.
   *
   * @throws {TypeError} when it is no such request
   */
  receive(request: unknown, now = Date.now()): Received {
    const { events, trace_ids, ...rejects } = this.#take(decodeRequest(request), now);
    return { events: [...events, ...this.#traces.takeWhole(trace_ids)], ...rejects };
  }

  /** Takes spans and log records in. Gives only what must be said now, because there is no room to hold more. */
  add(decoded: Decoded, now = Date.now()): Received {
    const { trace_ids: _, ...received } = this.#take(decoded, now);
    return received;
  }

  #take({ spans, logs, ...rejects }: Decoded, now: number): Received & { readonly trace_ids: ReadonlySet<string> } {
    let { rejected, reason } = rejects;
    const events: TelemetryEvent[] = [];
    const observations: Observation[] = [];
    for (const span of spans) {
      if (!isOwn(span)) {
        observations.push(observe(span));
        continue;
      }
      let wrong: string | undefined;
      for (const line of ownEvents(span).map(checkEvent))
        if (typeof line === "string") wrong ??= line;
        else events.push(line);
      if (wrong === undefined) continue;
      rejected++;
      reason ??= `a span of oak holds what is no event: ${wrong}`;
    }
    for (const log of logs) {
      const seen = observeLog(log);
      if (seen) observations.push(seen);
    }
    const forgotten = this.#traces.add(observations, now);
    return {
      events: events.concat(forgotten),
      rejected,
      reason,
      trace_ids: new Set(observations.map(({ trace_id }) => trace_id)),
    };
  }

  /** What can be said of the traces of which nothing was heard since `before` (default: of all). They are forgotten. */
  flush(before?: number): TelemetryEvent[] {
    return this.#traces.takeSilent(before);
  }
}
