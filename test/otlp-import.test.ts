import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { gzipSync } from "node:zlib";

import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { context, ROOT_CONTEXT, trace, type Attributes } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { describe, expect, it } from "vitest";

import { LOG_FILES } from "../src/event/directory.js";
import { temporaryDirectory } from "./support/directory.js";
import { oak, oakJson, ROOT } from "./support/oak.js";

/** A workflow `Shop` in which `planner` runs, and then `coder`, which uses a tool. */
function sample(): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer("test");
  const begin = (operation: string, attributes: Attributes, parent = ROOT_CONTEXT, seconds = 0) => {
    const options = {
      attributes: { "gen_ai.operation.name": operation, ...attributes },
      startTime: START + seconds * 1000,
    };
    return tracer.startSpan(operation, options, parent);
  };
  const shop = begin("invoke_workflow", { "gen_ai.workflow.name": "Shop" });
  const inside = trace.setSpan(context.active(), shop);
  begin("invoke_agent", { "gen_ai.agent.name": "planner" }, inside).end(START + 10_000);
  const coder = begin("invoke_agent", { "gen_ai.agent.name": "coder" }, inside, 20);
  begin("execute_tool", { "gen_ai.tool.name": "Edit" }, trace.setSpan(ROOT_CONTEXT, coder), 21).end(START + 22_000);
  coder.end(START + 30_000);
  shop.end(START + 30_000);
  return exporter.getFinishedSpans();
}

const START = Date.UTC(2026, 10, 1, 12);
const spans = sample();
const json = (some: readonly ReadableSpan[] = spans) => Buffer.from(JsonTraceSerializer.serializeRequest([...some])!);
const protobuf = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans)!);

/** Spans of a resource with an attribute of a long name, none of them: 123 bytes, whose length is a brace behind a line end. */
const startsWithBrace = Buffer.from(`\n{\ny\nw\nu${"k".repeat(117)}`);

/** As the collector's file exporter writes protobuf: each request behind its length. */
function framed(...requests: Buffer[]): Buffer {
  return Buffer.concat(
    requests.flatMap((request) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(request.length);
      return [length, request];
    }),
  );
}

const lines = spans.map((span) => json([span]));
const jsonl = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));

/** A file with these bytes. */
function fileWith(bytes: Buffer | string): string {
  const file = join(temporaryDirectory(), "traces");
  writeFileSync(file, bytes);
  return file;
}

interface Result {
  readonly spans: number;
  readonly workflows: number;
  readonly invocations: number;
  readonly lines_added: number;
  readonly lines_known: number;
  readonly damaged: number;
  readonly rejected: number;
  readonly damage: readonly { readonly where: string; readonly reason: string }[];
}

const FOUND = { spans: 4, workflows: 1, invocations: 2, lines_added: 6, lines_known: 0, damaged: 0, rejected: 0 };

const WORKFLOWS = "SELECT project_name, status, duration_seconds FROM workflows";

describe("oak import otlp", () => {
  it.each([
    ["JSON in one document", json()],
    ["JSON over many lines", Buffer.from(JSON.stringify(JSON.parse(json().toString()), null, 2))],
    ["JSON over many lines behind an empty one", `\n${JSON.stringify(JSON.parse(json().toString()), null, 2)}`],
    ["a list with a request on each line", `[\n${lines.map(String).join(",\n")}\n]`],
    ["JSON with a byte order mark", Buffer.concat([Buffer.from("\ufeff"), json()])],
    ["one request a line", jsonl],
    [
      "JSON over many lines, behind a blank one",
      Buffer.from(`\n${JSON.stringify(JSON.parse(json().toString()), null, 2)}`),
    ],
    ["blank lines between requests", Buffer.from(`\n${jsonl.toString().replaceAll("\n", "\n\n \r\n")}`)],
    ["lines that end as on Windows", Buffer.from(jsonl.toString().replaceAll("\n", "\r\n"))],
    ["a list of requests", Buffer.from(`[${lines.map(String).join(",")}]`)],
    ["protobuf", protobuf],
    ["protobuf that begins like JSON", Buffer.concat([startsWithBrace, protobuf])],
    ["protobuf behind its length", framed(protobuf, protobuf)],
  ])("reads %s, and the same compressed", async (_, bytes) => {
    for (const content of [bytes, gzipSync(bytes)]) {
      const result = await oakJson<Result>(["import", "otlp", fileWith(content), "--dir", temporaryDirectory()]);
      expect({ ...result, spans: Math.min(result.spans, 4) }).toMatchObject(FOUND);
    }
  });

  it("puts what it found where every command finds it, once, however often it is imported", async () => {
    const directory = temporaryDirectory();
    const file = fileWith(jsonl);
    const first = await oak(["import", "otlp", file, "--dir", directory]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toBe(`2 agent runs, 1 workflow, 0 handoffs in 4 spans\n6 lines added to ${directory}\n`);
    const log = readFileSync(join(directory, LOG_FILES.invocation), "utf8");
    const again = await oak(["import", "otlp", file, "--dir", directory]);
    expect(again.stdout).toContain(`0 lines added to ${directory}; 6 there already`);
    expect(readFileSync(join(directory, LOG_FILES.invocation), "utf8")).toBe(log);
    expect(await oakJson(["sql", WORKFLOWS, "--dir", directory])).toEqual([
      { project_name: "Shop", status: "completed", duration_seconds: 30 },
    ]);
  });

  it("adds nothing on --dry-run", async () => {
    const directory = join(temporaryDirectory(), "new");
    const { stdout } = await oak(["import", "otlp", "--dry-run", fileWith(json()), "--dir", directory]);
    expect(stdout).toContain(`6 lines would be added to ${directory}`);
    expect(() => readFileSync(join(directory, LOG_FILES.invocation))).toThrow("ENOENT");
  });

  it("reads standard input", async () => {
    const directory = temporaryDirectory();
    const child = spawn(process.execPath, [`${ROOT}dist/cli/main.cjs`, "import", "otlp", "-", "--dir", directory], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin.end(jsonl);
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(await oakJson(["sql", WORKFLOWS, "--dir", directory])).toHaveLength(1);
  });

  it("joins a trace of which each file holds a part", async () => {
    const files = lines.map((line) => fileWith(line));
    const result = await oakJson<Result>(["import", "otlp", ...files, "--dir", temporaryDirectory()]);
    expect(result).toMatchObject(FOUND);
  });

  it("says which lines are damaged, and reads the others", async () => {
    const file = fileWith(jsonl);
    appendFileSync(file, '{"resourceSpans": [{"sco\nnot JSON\n{"resourceMetrics": []}\n');
    const directory = temporaryDirectory();
    const { code, stdout, stderr } = await oak(["import", "otlp", file, "--dir", directory]);
    expect(code).toBe(1);
    expect(stdout).toContain("2 agent runs, 1 workflow");
    expect(stderr).toContain(`${file}:5: `);
    expect(stderr).toContain(`${file}:6: `);
    expect(stderr).toContain(`${file}:7: neither resourceSpans nor resourceLogs is in it`);
  });

  it.each([
    ["at its end", '{"resourceSpans": [{"sco', jsonl],
    ["at its front", 'ame":"invoke_agent"}]}]}', jsonl],
    [
      "and names are in snake_case",
      'rce_spans": [{"sco',
      jsonl.toString().replaceAll("resourceSpans", "resource_spans"),
    ],
  ])("reads the others also when the first line is torn %s", async (_, torn, whole) => {
    const file = fileWith(`${torn}\n${whole.toString()}`);
    const { code, stdout, stderr } = await oak(["import", "otlp", file, "--dir", temporaryDirectory()]);
    expect(code).toBe(1);
    expect(stdout).toContain("2 agent runs, 1 workflow");
    expect(stderr).toContain(`${file}: its first line is not whole`);
  });

  it.each([
    ["an archive that is cut off", gzipSync(jsonl).subarray(0, -20), "cannot be unpacked"],
    ["protobuf that is cut off", framed(protobuf).subarray(0, -5), "its last request is cut off"],
    ["an archive of another kind", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), "unpack it first (zstd -d)"],
    ["anything else", Buffer.from("PK\u0003\u0004 and so on, which is no protobuf"), "neither traces nor logs"],
  ])("says what is wrong with %s", async (_, bytes, reason) => {
    const { code, stderr } = await oak(["import", "otlp", fileWith(bytes), "--dir", temporaryDirectory()]);
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
  });

  it("says so of a file without agents, without any content, and of none", async () => {
    const other = json().toString().replaceAll("invoke_", "other_").replaceAll("execute_", "other_");
    const directory = temporaryDirectory();
    const plain = await oak(["import", "otlp", fileWith(other), "--dir", directory]);
    expect(plain.stdout).toContain("0 agent runs, 0 workflows, 0 handoffs in 4 spans\nNone of them is an agent's");
    const empty = await oak(["import", "otlp", fileWith(""), "--dir", directory]);
    expect(empty).toMatchObject({ code: 0, stdout: "0 agent runs, 0 workflows, 0 handoffs in 0 spans\n" });
    const missing = await oak(["import", "otlp", "/nowhere", "--dir", directory]);
    expect(missing).toMatchObject({ code: 1, stderr: "oak: /nowhere: no such file or directory\n" });
  });
});
