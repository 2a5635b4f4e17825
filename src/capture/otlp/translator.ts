import type { TelemetryEvent } from "../../event/events.js";
import { Traces, type TracesOptions } from "../trace/traces.js";
import { observe, observeLog } from "./conventions.js";
import { decodeRequest, type Decoded, type LogRecord, type Span } from "./decode.js";
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
    const decoded = decodeRequest(request);
    const { events: told, trace_ids } = this.#take(decoded, now);
    const events = [...told, ...this.#traces.takeWhole(trace_ids)];
    return { events, rejected: decoded.rejected, reason: decoded.reason };
  }

  /** Takes spans and log records in. Gives only what must be said now, because there is no room to hold more. */
  add(decoded: Pick<Decoded, "spans" | "logs">, now = Date.now()): TelemetryEvent[] {
    return this.#take(decoded, now).events;
  }

  #take(
    { spans, logs }: Pick<Decoded, "spans" | "logs">,
    now: number,
  ): { events: TelemetryEvent[]; trace_ids: string[] } {
    const own = spans.filter(isOwn).flatMap(ownEvents);
    const observations = [
      ...spans.filter((span) => !isOwn(span)).map((span: Span) => observe(span)),
      ...logs.flatMap((log: LogRecord) => observeLog(log) ?? []),
    ];
    const events = [...own, ...this.#traces.add(observations, now)];
    return { events, trace_ids: observations.map(({ trace_id }) => trace_id) };
  }

  /** What can be said of the traces of which nothing was heard since `before` (default: of all). They are forgotten. */
  flush(before?: number): TelemetryEvent[] {
    return this.#traces.takeSilent(before);
  }
}
