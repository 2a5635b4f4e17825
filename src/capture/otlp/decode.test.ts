import { trace } from "@opentelemetry/api";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { microseconds } from "./values.js";
import { decodeProtobufRequest, decodeRequest } from "./decode.js";

/**
 * After examples/trace.json of https://github.com/open-telemetry/opentelemetry-proto (Apache License 2.0), with its
 * numbers as they stand there: JSON.parse rounds them.
 */
const PUBLISHED_TRACE = `{"resourceSpans": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]},
  "scopeSpans": [{
    "scope": {"name": "my.library", "version": "1.0.0",
      "attributes": [{"key": "my.scope.attribute", "value": {"stringValue": "some scope attribute"}}]},
    "spans": [{
      "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "parentSpanId": "EEE19B7EC3C1B173",
      "name": "I'm a server span", "kind": 2,
      "startTimeUnixNano": 1544712660000000000, "endTimeUnixNano": 1544712661000000000,
      "attributes": [{"key": "my.span.attr", "value": {"stringValue": "some value"}}]
    }]
  }]
}]}`;

/** After examples/logs.json there. */
const PUBLISHED_LOGS = `{"resourceLogs": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]},
  "scopeLogs": [{
    "scope": {"name": "my.library", "version": "1.0.0"},
    "logRecords": [{
      "timeUnixNano": 1544712660300000000, "observedTimeUnixNano": 1544712660300000000, "severityText": "Information",
      "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174",
      "body": {"stringValue": "Example log record"},
      "attributes": [
        {"key": "string.attribute", "value": {"stringValue": "some string"}},
        {"key": "boolean.attribute", "value": {"boolValue": true}},
        {"key": "int.attribute", "value": {"intValue": 10}},
        {"key": "double.attribute", "value": {"doubleValue": 637.704}},
        {"key": "array.attribute",
          "value": {"arrayValue": {"values": [{"stringValue": "many"}, {"stringValue": "values"}]}}},
        {"key": "map.attribute",
          "value": {"kvlistValue": {"values": [{"key": "some.map.key", "value": {"stringValue": "some value"}}]}}}
      ]
    }]
  }]
}]}`;

const TRACE_ID = "5b8efff798038103d269b633813fc60c";

/** A request with one span that has these fields besides what every span must have. */
function decodeSpan(fields: object) {
  const span = { traceId: TRACE_ID, spanId: "eee19b7ec3c1b174", startTimeUnixNano: "1544712660000000000", ...fields };
  return decodeRequest({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

describe("decodeRequest", () => {
  it("reads the trace that the OpenTelemetry project publishes as an example", () => {
    expect(decodeRequest(JSON.parse(PUBLISHED_TRACE))).toEqual({
      spans: [
        {
          trace_id: TRACE_ID,
          span_id: "eee19b7ec3c1b174",
          parent_id: "eee19b7ec3c1b173",
          name: "I'm a server span",
          start_us: 1_544_712_660_000_000,
          end_us: 1_544_712_661_000_000,
          attributes: { "my.span.attr": "some value" },
          events: [],
          status: { code: "unset" },
          resource: { "service.name": "my.service" },
        },
      ],
      logs: [],
      rejected: 0,
    });
  });

  it("reads the log record that it publishes as an example", () => {
    expect(decodeRequest(JSON.parse(PUBLISHED_LOGS)).logs).toEqual([
      {
        name: "Example log record",
        time_us: 1_544_712_660_300_000,
        trace_id: TRACE_ID,
        span_id: "eee19b7ec3c1b174",
        attributes: {
          "string.attribute": "some string",
          "boolean.attribute": true,
          "int.attribute": 10,
          "double.attribute": 637.704,
          "array.attribute": ["many", "values"],
          "map.attribute": { "some.map.key": "some value" },
        },
        resource: { "service.name": "my.service" },
      },
    ]);
  });

  it.each([
    [{ code: 1 }, "ok"],
    [{ code: 2, message: "no" }, "error"],
    [{ code: "STATUS_CODE_ERROR" }, "error"],
    [{ code: "STATUS_CODE_OK" }, "ok"],
    [{}, "unset"],
    [undefined, "unset"],
  ])("reads status %j as %s: enums are numbers or names", (status, code) => {
    expect(decodeSpan({ status }).spans[0]!.status.code).toBe(code);
  });

  it("keeps nanoseconds written as text to the microsecond", () => {
    const { spans } = decodeSpan({ endTimeUnixNano: "1544712660123456789" });
    expect(spans[0]!.end_us).toBe(1_544_712_660_123_456);
  });

  it("takes snake_case, and ids in base64, as other writers of JSON have them", () => {
    const span = {
      trace_id: Buffer.from(TRACE_ID, "hex").toString("base64"),
      span_id: Buffer.from("eee19b7ec3c1b174", "hex").toString("base64"),
      start_time_unix_nano: "1544712660000000000",
    };
    const { spans } = decodeRequest({ resource_spans: [{ scope_spans: [{ spans: [span] }] }] });
    expect(spans).toMatchObject([{ trace_id: TRACE_ID, span_id: "eee19b7ec3c1b174" }]);
  });

  it.each([
    [{ traceId: "00000000000000000000000000000000" }, "traceId"],
    [{ traceId: 7 }, "traceId"],
    [{ spanId: "xyz" }, "spanId"],
    [{ startTimeUnixNano: "yesterday" }, "startTimeUnixNano"],
    [{ startTimeUnixNano: 0 }, "startTimeUnixNano"],
  ])("rejects a span with %j, and that span alone", (fields, wrong) => {
    const good = { traceId: TRACE_ID, spanId: "eee19b7ec3c1b174", startTimeUnixNano: "1" + "0".repeat(18) };
    const spans = [{ ...good, ...fields }, good];
    const decoded = decodeRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    expect(decoded).toMatchObject({ rejected: 1, reason: `a span has no valid ${wrong}` });
    expect(decoded.spans).toHaveLength(1);
  });

  it("says so of what is no request, and takes an empty one", () => {
    expect(() => decodeRequest([])).toThrow("must be a JSON object");
    expect(() => decodeRequest({ resourceMetrics: [] })).toThrow("neither resourceSpans nor resourceLogs");
    expect(decodeRequest({})).toEqual({ spans: [], logs: [], rejected: 0 });
  });

  it("never fails otherwise, whatever JSON stands in a request", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(decodeRequest({ resourceSpans: value }).spans).toEqual([]);
        decodeRequest({ resourceSpans: [{ resource: value, scopeSpans: [{ spans: [value] }] }] });
        decodeSpan({ attributes: value, events: value, status: value });
        decodeRequest({
          resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: "1000", body: value, attributes: value }] }] }],
        });
      }),
      { numRuns: 300 },
    );
  });

  it("survives attributes that are nested without end", () => {
    let value: object = { stringValue: "deep" };
    for (let depth = 0; depth < 5000; depth++) value = { arrayValue: { values: [value] } };
    expect(decodeSpan({ attributes: [{ key: "nested", value }] }).spans).toHaveLength(1);
  });
});

describe("decodeProtobufRequest", () => {
  it("reads times to the microsecond, as text and as pairs of 32 bits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (nanoseconds) => {
        const expected = nanoseconds / 1000n;
        const known = expected > 0n && expected <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(expected) : undefined;
        const low = Number(BigInt.asIntN(32, nanoseconds));
        const high = Number(BigInt.asIntN(32, nanoseconds >> 32n));
        expect(microseconds({ low, high, toNumber: () => Number(nanoseconds) })).toBe(known);
        expect(microseconds(String(nanoseconds))).toBe(known);
      }),
    );
  });

  it("gives what the JSON of the same spans gives", async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const tracer = provider.getTracer("test");
    const parent = tracer.startSpan("invoke_agent planner", { attributes: { "gen_ai.usage.input_tokens": 2 ** 40 } });
    const context = trace.setSpan((await import("@opentelemetry/api")).ROOT_CONTEXT, parent);
    const child = tracer.startSpan(
      "execute_tool grep",
      { attributes: { list: ["a", "b"], flag: true, ratio: 0.5 } },
      context,
    );
    child.recordException(new Error("broken"));
    child.setStatus({ code: 2, message: "broken" });
    child.end();
    parent.end();
    const spans = exporter.getFinishedSpans();
    const json: unknown = JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest(spans)!).toString());
    const bytes = ProtobufTraceSerializer.serializeRequest(spans)!;
    const decoded = await decodeProtobufRequest(bytes, "traces");
    expect(decoded.spans).toHaveLength(2);
    expect(decoded).toEqual(decodeRequest(json));
  });

  it("throws for bytes that are none", async () => {
    await expect(decodeProtobufRequest(Buffer.from("not protobuf at all"), "traces")).rejects.toThrow(
      /index out of range|invalid wire type/,
    );
  });
});
