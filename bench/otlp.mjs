// @ts-check
// OTLP ingest of `oak serve` as a ratio to a bare hono handler that only parses the same body: spans a second, both as
// processes of their own, in alternating rounds, the median of the rounds with the least and the most. The body is JSON or
// protobuf, packed with gzip or not, and the bare handler unpacks and parses what it is sent; the ratio of protobuf is
// given to the same spans as JSON too, as a sender may choose. Run it:
//   npm run bench:otlp [-- --form json|json.gz|protobuf|protobuf.gz --batch SPANS_PER_REQUEST --spans SPANS --rounds N]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";

const { values } = parseArgs({
  options: {
    form: { type: "string" },
    batch: { type: "string" },
    spans: { type: "string", default: "30000" },
    rounds: { type: "string", default: "7" },
  },
});
const SPANS = Number(values.spans);
const ROUNDS = Number(values.rounds);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
// The generated code comes without types.
const { opentelemetry } = /** @type {any} */ (root);
const Request = opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

/** @typedef {"json" | "json.gz" | "protobuf" | "protobuf.gz"} Form */
/** @type {readonly Form[]} */
const FORMS = ["json", "json.gz", "protobuf", "protobuf.gz"];

/** The bare handler. */
const BARE = `
  import { gunzipSync } from "node:zlib";
  import { serve } from "@hono/node-server";
  import { Hono } from "hono";
  import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";
  const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
  async function read(c) {
    const packed = c.req.header("content-encoding") === "gzip";
    const json = c.req.header("content-type") === "application/json";
    if (json && !packed) return c.req.json();
    const body = Buffer.from(await c.req.arrayBuffer());
    const bytes = packed ? gunzipSync(body) : body;
    return json ? JSON.parse(bytes.toString()) : Request.decode(bytes);
  }
  const app = new Hono();
  app.post("/v1/traces", async (c) => c.json({ partialSuccess: {}, none: (await read(c)).resourceSpans.length === 0 }));
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(JSON.stringify({ url: "http://127.0.0.1:" + port })));
`;

/** @typedef {{ url: string, pid: number, stop: () => Promise<unknown> }} Server */

/** @param {readonly string[]} args @returns {Promise<Server>} */
async function start(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes("}")) break;
  }
  const stop = () => (child.kill("SIGTERM"), once(child, "close"));
  return { url: JSON.parse(text).url, pid: child.pid ?? 0, stop };
}

let made = 0;
/** @param {number} bytes */
const id = (bytes) => (++made).toString(16).padStart(2 * bytes, "0");
/** @param {string} key @param {string | number} value */
const attribute = (key, value) => ({
  key,
  value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) },
});

/**
 * Traces as agent frameworks emit them: a workflow, agents in it, models and tools in those; each span when it has ended,
 * so that what is inside comes first.
 *
 * @returns {Generator<any, never>}
 */
function* spans() {
  let now = 1_793_534_400_000;
  for (;;) {
    const traceId = id(16);
    /** @param {string} name @param {string} spanId @param {string | undefined} parentSpanId @param {number} began @param {Record<string, string | number>} attributes */
    const span = (name, spanId, parentSpanId, began, attributes) => ({
      traceId,
      spanId,
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      name,
      kind: 1,
      startTimeUnixNano: `${began}000000`,
      endTimeUnixNano: `${(now += 5)}000000`,
      attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      status: {},
    });
    const workflow = id(8);
    const workflowBegan = (now += 5);
    for (const name of ["architect", "developer", "tester"]) {
      const agent = id(8);
      const agentBegan = (now += 5);
      for (let step = 0; step < 5; step++) {
        yield span("chat large", id(8), agent, (now += 5), {
          "gen_ai.operation.name": "chat",
          "gen_ai.request.model": "large",
          "gen_ai.response.model": "large-2026",
          "gen_ai.usage.input_tokens": 4711,
          "gen_ai.usage.output_tokens": 815,
          "gen_ai.response.finish_reasons": "tool_calls",
          "server.address": "api.example.com",
        });
        yield span("execute_tool edit", id(8), agent, (now += 5), {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": "edit",
          "gen_ai.tool.call.id": "call-1",
        });
      }
      yield span(`invoke_agent ${name}`, agent, workflow, agentBegan, {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": name,
        "gen_ai.agent.description": "Does what the plan says, and says what it did",
        "gen_ai.provider.name": "anthropic",
      });
    }
    yield span("invoke_workflow Shop", workflow, undefined, workflowBegan, {
      "gen_ai.operation.name": "invoke_workflow",
      "gen_ai.workflow.name": "Shop",
    });
  }
}

const endless = spans();

/** So many spans, cut into requests as an exporter cuts them: wherever one is full. @param {Form} form @param {number} batch */
function bodies(form, batch) {
  const all = [];
  for (let left = SPANS; left > 0; left -= batch) {
    const told = Array.from({ length: Math.min(batch, left) }, () => {
      const span = endless.next().value;
      if (form.startsWith("json")) return span;
      const { traceId, spanId, parentSpanId = "" } = span;
      const [trace, own, parent] = [traceId, spanId, parentSpanId].map((hex) => Buffer.from(hex, "hex"));
      return { ...span, traceId: trace, spanId: own, parentSpanId: parent };
    });
    const resource = { attributes: [attribute("service.name", "shop-agents"), attribute("service.version", "1.0.0")] };
    const value = { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "bench" }, spans: told }] }] };
    const bytes = form.startsWith("json")
      ? Buffer.from(JSON.stringify(value))
      : Buffer.from(Request.encode(Request.fromObject(value)).finish());
    all.push(form.endsWith(".gz") ? gzipSync(bytes) : bytes);
  }
  return all;
}

/** @param {string} url @param {Buffer} body @param {Form} form @param {Agent} agent @returns {Promise<void>} */
function post(url, body, form, agent) {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": form.startsWith("json") ? "application/json" : "application/x-protobuf",
      "content-length": body.length,
      ...(form.endsWith(".gz") ? { "content-encoding": "gzip" } : {}),
    };
    const sent = request(`${url}/v1/traces`, { method: "POST", agent, headers });
    sent.on("response", (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** @param {Server} server @param {Form} form @param {number} batch @returns {Promise<number>} spans a second */
async function round(server, form, batch) {
  // In the order in which they ended, as an exporter sends them.
  const waiting = bodies(form, batch).toReversed();
  const agent = new Agent({ keepAlive: true });
  const began = process.hrtime.bigint();
  // Four at once, as several exporters.
  await Promise.all(
    [0, 1, 2, 3].map(async () => {
      for (let body = waiting.pop(); body !== undefined; body = waiting.pop())
        await post(server.url, body, form, agent);
    }),
  );
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  agent.destroy();
  await quiet(server);
  return SPANS / seconds;
}

/** What a server does when it has answered must not slow the other: it is waited for, where the system tells. @param {Server} server */
async function quiet({ pid }) {
  for (let last = "", looks = 0; looks < 40; looks++) {
    let ticks = "";
    try {
      ticks = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).join(" ");
    } catch {
      return sleep(1000);
    }
    if (ticks === last) return;
    last = ticks;
    await sleep(100);
  }
}

/** @param {readonly number[]} numbers */
function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [median, least, most] = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)];
  return { median: median ?? NaN, text: [median, least, most].map((each) => (each ?? NaN).toFixed(2)) };
}

/** @param {Server} oak @param {Server} bare @param {Form} form @param {number} batch */
async function compare(oak, bare, form, batch) {
  const isProtobuf = form.startsWith("protobuf");
  const asJson = form.endsWith(".gz") ? "json.gz" : "json";
  const rounds = [];
  // The first warms up.
  for (let i = 0; i <= ROUNDS; i++)
    rounds.push({
      bare: await round(bare, form, batch),
      oak: await round(oak, form, batch),
      json: isProtobuf ? await round(bare, asJson, batch) : NaN,
    });
  rounds.shift();
  const { median, text } = spread(rounds.map((each) => each.oak / each.bare));
  const { text: toJson } = spread(rounds.map((each) => each.oak / each.json));
  const speeds = [spread(rounds.map((each) => each.oak)).median, spread(rounds.map((each) => each.bare)).median];
  const besides = isProtobuf ? `; to bare JSON ${toJson[0]} (${toJson[1]} to ${toJson[2]})` : "";
  console.log(
    `${form.padEnd(11)} ${String(batch).padStart(6)} ${speeds.map((each) => String(Math.round(each)).padStart(9)).join(" ")}  ` +
      `${text[0]} (${text[1]} to ${text[2]})${besides}`,
  );
  return median;
}

const forms = values.form === undefined ? FORMS : FORMS.filter((form) => form === values.form);
if (forms.length === 0) throw new Error(`--form must be one of ${FORMS.join(", ")}`);
const directory = mkdtempSync(join(tmpdir(), "oak-bench-"));
const oak = await start(["dist/cli/main.cjs", "serve", "--dir", directory, "--port", "0", "--json"]);
const bare = await start(["--input-type=module", "-e", BARE]);
try {
  console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown cpu"}`);
  console.log(`${SPANS} spans a round, ${ROUNDS} rounds, 4 connections; spans a second, median (least to most)`);
  console.log("form         batch       oak      bare  ratio");
  for (const form of forms) {
    const batches = values.batch !== undefined ? [Number(values.batch)] : form === "json" ? [100, 512, 10_000] : [512];
    for (const batch of batches) await compare(oak, bare, form, batch);
  }
} finally {
  await Promise.all([oak.stop(), bare.stop()]);
  rmSync(directory, { recursive: true });
}
