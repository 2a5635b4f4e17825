// @ts-check
// OTLP ingest of `oak serve` as a ratio to a bare hono handler that parses the same JSON body: spans a second, both as
// processes of their own, in alternating rounds. Run it: npm run bench:otlp [-- SPANS]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SPANS_PER_REQUEST = 512;
const REQUESTS = Math.ceil(Number(process.argv[2] ?? 50_000) / SPANS_PER_REQUEST);
const ROUNDS = 5;
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The bare handler. */
const BARE = `
  import { serve } from "@hono/node-server";
  import { Hono } from "hono";
  const app = new Hono();
  app.post("/v1/traces", async (c) => c.json({ partialSuccess: {}, groups: (await c.req.json()).resourceSpans.length === 0 }));
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(JSON.stringify({ url: "http://127.0.0.1:" + port })));
`;

/** @param {readonly string[]} args @returns {Promise<{ url: string, stop: () => Promise<unknown> }>} */
async function start(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes("}")) break;
  }
  return { url: JSON.parse(text).url, stop: () => (child.kill("SIGTERM"), once(child, "close")) };
}

let made = 0;
/** @param {number} bytes */
const id = (bytes) => (++made).toString(16).padStart(2 * bytes, "0");
/** @param {string} key @param {string | number} value */
const attribute = (key, value) => ({
  key,
  value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) },
});

/** Whole traces as agent frameworks emit them: a workflow, agents in it, models and tools in those. @returns {string} */
function body() {
  /** @type {object[]} */
  const spans = [];
  let traceId = "";
  let now = 1_793_534_400_000;
  /** @param {string} name @param {string | undefined} parentSpanId @param {Record<string, string | number>} attributes */
  const add = (name, parentSpanId, attributes) => {
    const spanId = id(8);
    const startTimeUnixNano = `${(now += 10)}000000`;
    const endTimeUnixNano = `${now + 5000}000000`;
    const listed = Object.entries(attributes).map(([key, value]) => attribute(key, value));
    const span = { traceId, spanId, parentSpanId, name, kind: 1, startTimeUnixNano, endTimeUnixNano };
    spans.push({ ...span, attributes: listed, status: {} });
    return spanId;
  };
  while (spans.length < SPANS_PER_REQUEST) {
    traceId = id(16);
    const workflow = add("invoke_workflow Shop", undefined, {
      "gen_ai.operation.name": "invoke_workflow",
      "gen_ai.workflow.name": "Shop",
    });
    for (const name of ["architect", "developer", "tester"]) {
      const agent = add(`invoke_agent ${name}`, workflow, {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": name,
        "gen_ai.agent.description": "Does what the plan says, and says what it did",
        "gen_ai.provider.name": "anthropic",
      });
      for (let step = 0; step < 5; step++) {
        add("chat large", agent, {
          "gen_ai.operation.name": "chat",
          "gen_ai.request.model": "large",
          "gen_ai.response.model": "large-2026",
          "gen_ai.usage.input_tokens": 4711,
          "gen_ai.usage.output_tokens": 815,
          "gen_ai.response.finish_reasons": "tool_calls",
          "server.address": "api.example.com",
        });
        add("execute_tool edit", agent, {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": "edit",
          "gen_ai.tool.call.id": "call-1",
        });
      }
    }
  }
  const resource = { attributes: [attribute("service.name", "shop-agents"), attribute("service.version", "1.0.0")] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "bench" }, spans }] }] });
}

/** @param {string} url @param {string} text @param {Agent} agent @returns {Promise<void>} */
function post(url, text, agent) {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/traces`, {
      method: "POST",
      agent,
      headers: { "content-type": "application/json" },
    });
    sent.on("response", (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))));
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

/** @param {string} url @returns {Promise<number>} spans a second */
async function round(url) {
  const bodies = Array.from({ length: REQUESTS }, body);
  const agent = new Agent({ keepAlive: true });
  const began = process.hrtime.bigint();
  // Four at once, as several exporters.
  await Promise.all(
    [0, 1, 2, 3].map(async () => {
      for (let text = bodies.pop(); text !== undefined; text = bodies.pop()) await post(url, text, agent);
    }),
  );
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  agent.destroy();
  return (REQUESTS * SPANS_PER_REQUEST) / seconds;
}

/** @param {number[]} numbers @returns {number} */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

const directory = mkdtempSync(join(tmpdir(), "oak-bench-"));
const oak = await start(["dist/cli/main.cjs", "serve", "--dir", directory, "--port", "0", "--json"]);
const bare = await start(["--input-type=module", "-e", BARE]);
try {
  await round(bare.url); // warms up
  await round(oak.url);
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push({ bare: await round(bare.url), oak: await round(oak.url) });
  console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown cpu"}`);
  console.log(
    `median of ${ROUNDS} rounds of ${REQUESTS} requests of about ${SPANS_PER_REQUEST} spans, JSON, 4 connections`,
  );
  const [a, b] = [median(rounds.map((each) => each.oak)), median(rounds.map((each) => each.bare))];
  console.log(`oak serve ${Math.round(a)} spans/s, bare hono handler ${Math.round(b)} spans/s`);
  console.log(`ratio ${median(rounds.map((each) => each.oak / each.bare)).toFixed(2)}`);
} finally {
  await Promise.all([oak.stop(), bare.stop()]);
  rmSync(directory, { recursive: true });
}
