import { createHash } from "node:crypto";

/*
 * Spans as OTLP's JSON writes them: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */

/** A value of an attribute. */
type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

/** An attribute. */
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** Something that happened during a span. */
export interface SpanEventJson {
  readonly timeUnixNano: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
}

/** A span. */
export interface SpanJson {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1: internal. */
  readonly kind: 1;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly SpanEventJson[];
  /** 1: ok. 2: error. */
  readonly status: { readonly code?: 1 | 2; readonly message?: string };
}

/** An `ExportTraceServiceRequest` with these spans. */
export function exportRequest(spans: readonly SpanJson[]): object {
  const resource = { attributes: attributes({ "service.name": "oak-telemetry" }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "oak-telemetry" }, spans }] }] };
}

/** Attributes; what is null or undefined is left out, what is no plain value or list of texts is written as JSON. */
export function attributes(values: Readonly<Record<string, unknown>>): KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : { key, value: anyValue(value) },
  );
}

function anyValue(value: unknown): AnyValue {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return { arrayValue: { values: value.map((item: string) => ({ stringValue: item })) } };
  return { stringValue: JSON.stringify(value) };
}

/** An id of so many bytes that follows from a name. */
export function hashId(name: string, bytes: 8 | 16): string {
  return createHash("sha256")
    .update(name)
    .digest("hex")
    .slice(0, 2 * bytes);
}
