import * as read from "./values.js";
import type { Attributes, JsonObject } from "./values.js";

/** What a request carries. */
export type Signal = "traces" | "logs";

/** A span with the attributes of its resource beside its own. Times are microseconds since 1970. */
export interface Span {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_id?: string | undefined;
  readonly name: string;
  readonly start_us: number;
  /** Absent while it is under way. */
  readonly end_us?: number | undefined;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly status: SpanStatus;
  readonly resource: Attributes;
}

/** Something that happened during a span. */
export interface SpanEvent {
  readonly name: string;
  readonly time_us: number;
  readonly attributes: Attributes;
}

/** How a span ended: `unset` where nobody said. */
export interface SpanStatus {
  readonly code: "unset" | "ok" | "error";
  readonly message?: string | undefined;
}

/** A log record, which OpenTelemetry's events are. */
export interface LogRecord {
  readonly name: string;
  readonly time_us: number;
  readonly trace_id?: string | undefined;
  readonly span_id?: string | undefined;
  readonly attributes: Attributes;
  readonly resource: Attributes;
}

/** What a request holds. */
export interface Decoded {
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  /** Spans and log records that could not be read, and why the first of them. */
  readonly rejected: number;
  readonly reason?: string | undefined;
}

/**
 * Decodes an OTLP request that came as protobuf.
 *
 * @throws {Error} when the bytes are no such request
 */
export async function decodeProtobufRequest(bytes: Uint8Array, signal: Signal): Promise<Decoded> {
  const { decodeProtobuf } = await import("./protobuf.js");
  return decodeRequest(decodeProtobuf(bytes, signal));
}

/**
 * Reads a decoded `ExportTraceServiceRequest` or `ExportLogsServiceRequest` in OTLP's JSON form. What is wrong in it
 * costs the span or record that it is in.
 *
 * @throws {TypeError} when it is no such request
 */
export function decodeRequest(request: unknown): Decoded {
  if (!read.isObject(request)) throw new TypeError("a request must be a JSON object");
  const names = Object.keys(request);
  if (names.length > 0 && !names.some((name) => /^resource_?(?:spans|logs)$/i.test(name)))
    throw new TypeError("neither resourceSpans nor resourceLogs is in it");
  const rejects: string[] = [];
  const spans: Span[] = [];
  for (const group of read.objects(request["resourceSpans"] ?? request["resource_spans"])) {
    const resource = resourceOf(group);
    const scopes = [
      ...read.objects(group["scopeSpans"] ?? group["scope_spans"]),
      ...read.objects(group["instrumentationLibrarySpans"] ?? group["instrumentation_library_spans"]),
    ];
    for (const scope of scopes)
      for (const object of read.objects(scope["spans"])) {
        const span = spanOf(object, resource, spans.at(-1));
        if (typeof span === "string") rejects.push(span);
        else spans.push(span);
      }
  }
  const logs: LogRecord[] = [];
  for (const group of read.objects(request["resourceLogs"] ?? request["resource_logs"])) {
    const resource = resourceOf(group);
    const scopes = [
      ...read.objects(group["scopeLogs"] ?? group["scope_logs"]),
      ...read.objects(group["instrumentationLibraryLogs"] ?? group["instrumentation_library_logs"]),
    ];
    for (const scope of scopes)
      for (const object of read.objects(scope["logRecords"] ?? scope["log_records"])) {
        const log = logOf(object, resource);
        if (typeof log === "string") rejects.push(log);
        else logs.push(log);
      }
  }
  return { spans, logs, rejected: rejects.length, reason: rejects[0] };
}

function resourceOf({ resource }: JsonObject): Attributes {
  return read.isObject(resource) ? read.attributes(resource["attributes"]) : {};
}

/** The span, or why it is none. Spans are held for long: those that stand together share the text of their ids. */
function spanOf(object: JsonObject, resource: Attributes, before?: Span): Span | string {
  const trace_id = shared(read.id(object["traceId"] ?? object["trace_id"], 16), before?.trace_id);
  if (trace_id === undefined) return "a span has no valid traceId";
  const span_id = read.id(object["spanId"] ?? object["span_id"], 8);
  if (span_id === undefined) return "a span has no valid spanId";
  const start_us = read.microseconds(object["startTimeUnixNano"] ?? object["start_time_unix_nano"]);
  if (start_us === undefined) return "a span has no valid startTimeUnixNano";
  const status = object["status"];
  return {
    trace_id,
    span_id,
    parent_id: shared(read.id(object["parentSpanId"] ?? object["parent_span_id"], 8), before?.parent_id),
    name: read.text(object["name"]) ?? "",
    start_us,
    end_us: read.microseconds(object["endTimeUnixNano"] ?? object["end_time_unix_nano"]),
    attributes: read.attributes(object["attributes"]),
    events: object["events"] === undefined ? NO_EVENTS : eventsOf(object["events"], start_us),
    status: read.isObject(status) ? statusOf(status) : UNSET,
    resource,
  };
}

function shared(text: string | undefined, known: string | undefined): string | undefined {
  return text === known ? known : text;
}

const NO_EVENTS: readonly SpanEvent[] = [];

function eventsOf(list: unknown, start_us: number): SpanEvent[] {
  return read.objects(list).map((event) => ({
    name: read.text(event["name"]) ?? "",
    time_us: read.microseconds(event["timeUnixNano"] ?? event["time_unix_nano"]) ?? start_us,
    attributes: read.attributes(event["attributes"]),
  }));
}

const STATUS_CODES: Readonly<Record<string, SpanStatus["code"]>> = {
  1: "ok",
  2: "error",
  STATUS_CODE_OK: "ok",
  STATUS_CODE_ERROR: "error",
};

const UNSET: SpanStatus = { code: "unset" };

function statusOf({ code, message }: JsonObject): SpanStatus {
  if (code === undefined && message === undefined) return UNSET;
  return { code: STATUS_CODES[String(code)] ?? "unset", message: read.text(message) || undefined };
}

/** The log record, or why it is none. */
function logOf(object: JsonObject, resource: Attributes): LogRecord | string {
  const time_us =
    read.microseconds(object["timeUnixNano"] ?? object["time_unix_nano"]) ??
    read.microseconds(object["observedTimeUnixNano"] ?? object["observed_time_unix_nano"]);
  if (time_us === undefined) return "a log record has no time";
  const attributes = read.attributes(object["attributes"]);
  const body = object["body"];
  // The name of an event has a field of its own since OTLP 1.5; before, it was an attribute or the body.
  const name =
    read.text(object["eventName"] ?? object["event_name"]) ||
    read.text(attributes["event.name"]) ||
    (read.isObject(body) ? read.text(body["stringValue"] ?? body["string_value"]) : undefined);
  return {
    name: name ?? "",
    time_us,
    trace_id: read.id(object["traceId"] ?? object["trace_id"], 16),
    span_id: read.id(object["spanId"] ?? object["span_id"], 8),
    attributes,
    resource,
  };
}
