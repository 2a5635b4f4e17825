import { randomBytes } from "node:crypto";
import { rmSync, symlinkSync, existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { context, trace, type Attributes } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "./support/directory.js";
import { request, requestJson } from "./support/request.js";
import { serveDirectory } from "./support/server.js";

const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("test");

/** Spans of one agent of one workflow, as the SDK of OpenTelemetry makes them. */
function spansOf(workflow: string, agent: string) {
  exporter.reset();
  const begin = (name: string, attributes: Attributes, parent = context.active()) => {
    const span = tracer.startSpan(name, { attributes }, parent);
    return { span, inside: trace.setSpan(parent, span) };
  };
  const outer = begin(workflow, { "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": workflow });
  const attributes = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent };
  begin(`invoke_agent ${agent}`, attributes, outer.inside).span.end();
  outer.span.end();
  return exporter.getFinishedSpans();
}

const PROTOBUF = { "content-type": "application/x-protobuf" };
const JSON_TYPE = { "content-type": "application/json" };

const post = (url: string, body: string | Uint8Array, headers: Record<string, string>, path = "/v1/traces") =>
  request(url, path, { method: "POST", headers, body: typeof body === "string" ? body : Buffer.from(body) });

const span = (attributes: readonly object[] = []) => ({
  traceId: randomBytes(16).toString("hex"),
  spanId: randomBytes(8).toString("hex"),
  name: "chat",
  startTimeUnixNano: "1793534400000000000",
  endTimeUnixNano: "1793534401000000000",
  attributes,
});
const requestOf = (...spans: readonly object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const attribute = (key: string, value: object) => ({ key, value });

/** Agents that the server knows of. */
async function agentsOf(url: string): Promise<string[]> {
  const { json } = await requestJson<{ agents: { agent_name: string }[] }>(url, "/api/v1/agents");
  return json.agents.map(({ agent_name }) => agent_name).toSorted();
}

describe("the receiver of OTLP", () => {
  it("takes traces as JSON and as protobuf, packed or not, and answers in kind", async () => {
    const { url } = await serveDirectory(temporaryDirectory());
    const json = JsonTraceSerializer.serializeRequest(spansOf("one", "json"))!;
    expect(await post(url, json, JSON_TYPE)).toMatchObject({ status: 200, body: "{}" });
    const packed = gzipSync(JsonTraceSerializer.serializeRequest(spansOf("two", "json-gzip"))!);
    expect(await post(url, packed, { ...JSON_TYPE, "content-encoding": "gzip" })).toMatchObject({ status: 200 });
    const protobuf = ProtobufTraceSerializer.serializeRequest(spansOf("three", "protobuf"))!;
    const answered = await post(url, protobuf, PROTOBUF);
    expect(answered).toMatchObject({ status: 200, body: "", headers: PROTOBUF });
    const packedProtobuf = gzipSync(ProtobufTraceSerializer.serializeRequest(spansOf("four", "protobuf-gzip"))!);
    expect(await post(url, packedProtobuf, { ...PROTOBUF, "content-encoding": "gzip" })).toMatchObject({ status: 200 });
    expect(await agentsOf(url)).toEqual(["json", "json-gzip", "protobuf", "protobuf-gzip"]);
    // The same again changes nothing.
    await post(url, json, JSON_TYPE);
    const { json: list } = await requestJson<{ total: number }>(url, "/api/v1/workflows");
    expect(list.total).toBe(4);
  });

  it("says what it rejects of a request, and takes the rest", async () => {
    const { url } = await serveDirectory(temporaryDirectory());
    const good = span([attribute("gen_ai.operation.name", { stringValue: "invoke_agent" })]);
    const body = JSON.stringify(requestOf(good, { ...span(), traceId: "none" }, { ...span(), spanId: "" }));
    const { status, body: text } = await post(url, body, JSON_TYPE);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      partialSuccess: { rejectedSpans: 2, errorMessage: "a span has no valid traceId" },
    });
    const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "timeless" } }] }] }] };
    expect(JSON.parse((await post(url, JSON.stringify(logs), JSON_TYPE, "/v1/logs")).body)).toEqual({
      partialSuccess: { rejectedLogRecords: 1, errorMessage: "a log record has no time" },
    });
    expect((await post(url, "{}", JSON_TYPE)).body).toBe("{}");
    expect((await post(url, "", PROTOBUF)).status).toBe(200);
  });

  it("refuses what is no request, with the status that says so, and lives", async () => {
    const { url } = await serveDirectory(temporaryDirectory());
    const bomb = gzipSync(Buffer.alloc(2 ** 30 / 4, 32));
    const deep = `{"resourceSpans":${"[".repeat(1e6)}${"]".repeat(1e6)}}`;
    const million = requestOf(span(Array.from({ length: 260_000 }, () => attribute("k", { boolValue: true }))));
    const refused: [number, string | Uint8Array, Record<string, string>][] = [
      [400, "no JSON", JSON_TYPE],
      [400, "[]", JSON_TYPE],
      [400, '{"hello":1}', JSON_TYPE],
      [400, '{"resourceLogs":[]}', JSON_TYPE],
      [400, Buffer.from([0x7b, 0xff, 0x7d]), JSON_TYPE],
      [400, Buffer.from([0x0a, 0xff, 0xff, 0xff]), PROTOBUF],
      [400, randomBytes(100_000), PROTOBUF],
      // A message in a message in a message, and so on.
      [400, nested(100_000), PROTOBUF],
      [413, nested(200_000), PROTOBUF],
      [400, "not packed", { ...JSON_TYPE, "content-encoding": "gzip" }],
      [400, gzipSync("{}").subarray(0, 12), { ...JSON_TYPE, "content-encoding": "gzip" }],
      [413, bomb, { ...JSON_TYPE, "content-encoding": "gzip" }],
      [413, bomb, { ...PROTOBUF, "content-encoding": "gzip" }],
      [413, `{"resourceSpans":[]${" ".repeat(11 * 1024 * 1024)}}`, JSON_TYPE],
      [413, gzipSync(JSON.stringify(million)), { ...JSON_TYPE, "content-encoding": "gzip" }],
      [413, manyAttributes(1_000_000), PROTOBUF],
      [413, gzipSync(emptySpans(9_000_000)), { ...PROTOBUF, "content-encoding": "gzip" }],
      [413, `{"resourceSpans":[${"{},".repeat(260_000)}{}]}`, JSON_TYPE],
      [413, `{"resourceSpans":[{"scopeSpans":[{"spans":[${"{},".repeat(260_000)}{}]}]}]}`, JSON_TYPE],
      [415, "{}", { "content-type": "text/plain" }],
      [415, "{}", {}],
      [415, "{}", { ...JSON_TYPE, "content-encoding": "zstd" }],
    ];
    for (const [index, [status, body, headers]] of refused.entries())
      expect([index, (await post(url, body, headers)).status]).toEqual([index, status]);
    expect((await post(url, deep, JSON_TYPE)).status).toBeLessThan(500);
    expect((await request(url, "/v1/traces")).status).toBe(405);
    const json = JsonTraceSerializer.serializeRequest(spansOf("after", "all"))!;
    expect(await post(url, json, JSON_TYPE)).toMatchObject({ status: 200, body: "{}" });
    expect(await agentsOf(url)).toEqual(["all"]);
    const { body } = await post(url, "no JSON", JSON_TYPE);
    expect(JSON.parse(body)).toEqual({ message: "the body is not JSON in UTF-8" });
  });

  it("tells what it knows of a trace that is not whole when it is stopped", async () => {
    const directory = temporaryDirectory();
    const first = await serveDirectory(directory);
    const [agent] = spansOf("open", "early");
    await post(first.url, JsonTraceSerializer.serializeRequest([agent!])!, JSON_TYPE);
    expect(await agentsOf(first.url)).toEqual([]);
    expect(await first.command.end("SIGTERM")).toBe(0);
    const second = await serveDirectory(directory);
    expect(await agentsOf(second.url)).toEqual(["early"]);
  });

  it.runIf(existsSync("/dev/full"))("asks to be sent again what cannot be written, and loses none of it", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "agent_invocations.jsonl");
    const { url } = await serveDirectory(directory);
    symlinkSync("/dev/full", path);
    const body = JsonTraceSerializer.serializeRequest(spansOf("w", "kept"))!;
    const refused = await post(url, body, JSON_TYPE);
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    expect(refused.body).toMatch(/the log cannot be written: .*ENOSPC/);
    rmSync(path);
    // The recorder looks once a second whether the file is still the one that it has open.
    await expect.poll(async () => (await post(url, body, JSON_TYPE)).status, { timeout: 60_000 }).toBe(200);
    expect(await agentsOf(url)).toEqual(["kept"]);
  });
});

/** A field of so many nested lists, each with the length that it has. */
function nested(depth: number): Buffer {
  let bytes = Buffer.alloc(0);
  const parts: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < depth; i++) {
    // arrayValue (5) of an AnyValue, then values (1) of it.
    for (const key of [0x0a, 0x2a]) {
      const head = Buffer.from([key, ...varint(length)]);
      parts.push(head);
      length += head.length;
    }
  }
  bytes = Buffer.concat(parts.toReversed());
  return wrapped(bytes, [0x12, 0x4a, 0x12, 0x12, 0x0a]);
}

/** A span with so many empty attributes. */
function manyAttributes(count: number): Buffer {
  const bytes = Buffer.alloc(count * 2);
  for (let i = 0; i < count; i++) bytes[2 * i] = 0x4a;
  return wrapped(bytes, [0x12, 0x12, 0x0a]);
}

/** So many empty spans: some KB when they are packed. */
function emptySpans(count: number): Buffer {
  const bytes = Buffer.alloc(count * 2);
  for (let i = 0; i < count; i++) bytes[2 * i] = 0x12;
  return wrapped(bytes, [0x12, 0x0a]);
}

/** Bytes as the field of a field of a field. */
function wrapped(bytes: Buffer, keys: readonly number[]): Buffer {
  return keys.reduce((inner, key) => Buffer.concat([Buffer.from([key, ...varint(inner.length)]), inner]), bytes);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
