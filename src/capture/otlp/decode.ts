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
  const resourceSpans = read.member(request, "resourceSpans");
  const resourceLogs = read.member(request, "resourceLogs");
  const names = Object.keys(request);
  if (names.length > 0 && !names.some((name) => /^resource_?(?:spans|logs)$/i.test(name)))
    throw new TypeError("neither resourceSpans nor resourceLogs is in it");
  const rejects: string[] = [];
  const spans = inScopes(resourceSpans, ["scopeSpans", "instrumentationLibrarySpans"], "spans", (object, resource) =>
    spanOf(object, resource, rejects),
  );
  const logs = inScopes(resourceLogs, ["scopeLogs", "instrumentationLibraryLogs"], "logRecords", (object, resource) =>
    logOf(object, resource, rejects),
  );
  return { spans, logs, rejected: rejects.length, reason: rejects[0] };
}

function inScopes<T>(
  groups: unknown,
  scopes: readonly string[],
  items: string,
  make: (object: JsonObject, resource: Attributes) => T | undefined,
): T[] {
  return read.objects(groups).flatMap((group) => {
    const described = group["resource"];
    const resource = read.isObject(described) ? read.attributes(described["attributes"]) : {};
    return scopes
      .flatMap((name) => read.objects(read.member(group, name)))
      .flatMap((scope) => read.objects(read.member(scope, items)))
      .flatMap((object) => make(object, resource) ?? []);
  });
}

function spanOf(object: JsonObject, resource: Attributes, rejects: string[]): Span | undefined {
  const trace_id = read.id(read.member(object, "traceId"), 16);
  const span_id = read.id(read.member(object, "spanId"), 8);
  const start_us = read.microseconds(read.member(object, "startTimeUnixNano"));
  if (trace_id === undefined || span_id === undefined || start_us === undefined) {
    const wrong = trace_id === undefined ? "traceId" : span_id === undefined ? "spanId" : "startTimeUnixNano";
    rejects.push(`a span has no valid ${wrong}`);
    return undefined;
  }
  const status = object["status"];
  return {
    trace_id,
    span_id,
    parent_id: read.id(read.member(object, "parentSpanId"), 8),
    name: read.text(object["name"]) ?? "",
    start_us,
    end_us: read.microseconds(read.member(object, "endTimeUnixNano")),
    attributes: read.attributes(object["attributes"]),
    events: read.objects(object["events"]).map((event) => ({
      name: read.text(event["name"]) ?? "",
      time_us: read.microseconds(read.member(event, "timeUnixNano")) ?? start_us,
      attributes: read.attributes(event["attributes"]),
    })),
    status: read.isObject(status) ? statusOf(status) : { code: "unset" },
    resource,
  };
}

function statusOf({ code, message }: JsonObject): SpanStatus {
  const codes: Readonly<Record<string, SpanStatus["code"]>> = {
    1: "ok",
    2: "error",
    STATUS_CODE_OK: "ok",
    STATUS_CODE_ERROR: "error",
  };
  return { code: codes[String(code)] ?? "unset", message: read.text(message) || undefined };
}

function logOf(object: JsonObject, resource: Attributes, rejects: string[]): LogRecord | undefined {
  const time_us =
    read.microseconds(read.member(object, "timeUnixNano")) ??
    read.microseconds(read.member(object, "observedTimeUnixNano"));
  if (time_us === undefined) {
    rejects.push("a log record has no time");
    return undefined;
  }
  const attributes = read.attributes(object["attributes"]);
  const body = object["body"];
  // The name of an event has a field of its own since OTLP 1.5; before, it was an attribute or the body.
  const name =
    read.text(read.member(object, "eventName")) ||
    read.text(attributes["event.name"]) ||
    (read.isObject(body) ? read.text(read.member(body, "stringValue")) : undefined);
  return {
    name: name ?? "",
    time_us,
    trace_id: read.id(read.member(object, "traceId"), 16),
    span_id: read.id(read.member(object, "spanId"), 8),
    attributes,
    resource,
  };
}
