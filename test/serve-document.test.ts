import { cpSync } from "node:fs";
import { join } from "node:path";

import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";

import { createApp, type Parts } from "../src/serve/app.js";
import { Counters } from "../src/serve/metrics.js";
import { sharedData } from "./support/data.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak } from "./support/oak.js";
import { request, requestJson } from "./support/request.js";
import { eventsOf, run } from "./support/scenario.js";
import { serveDirectory } from "./support/server.js";

type Json = Record<string, unknown>;

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Json }>> }>>;
}

interface ApiDocument extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const DOCUMENT = "/api/v1/openapi.json";

const document = async (url: string) => (await requestJson<ApiDocument>(url, DOCUMENT)).json;

/** Turns every object that lists its properties into one that has these and no others. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  const all = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  return "properties" in all && !("additionalProperties" in all) ? { ...all, additionalProperties: false } : all;
}

/** Checks answers against the document, strictly. */
function checker(described: ApiDocument): (path: string, status: number, body: unknown) => string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(strict(described) as Json, "api");
  return (path, status, body) => {
    const place = path.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
    const check = ajv.getSchema(`api#/paths/${place}/get/responses/${status}/content/application~1json/schema`);
    if (!check) return [`${path} ${status} is not described`];
    void check(body);
    return (check.errors ?? []).map(
      ({ instancePath, message, params }) => `${path} ${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

/** What a task is recommended for: resources that need one are asked for each. */
const TASKS = [
  "task=Build%20the%20API",
  "task=Test%20the%20whole&domain=integration_testing&explore=true",
  "task=Cook%20a%20soup&domain=cooking&min_confidence=1",
];

/** Every resource that is described, of some of the things that there are. */
async function addresses(url: string, described: ApiDocument): Promise<{ path: string; address: string }[]> {
  const list = await requestJson<{ workflows: { workflow_id: string }[] }>(url, "/api/v1/workflows?limit=15");
  const { agents } = (await requestJson<{ agents: { agent_name: string }[] }>(url, "/api/v1/agents")).json;
  const named: Record<string, readonly string[]> = {
    workflow_id: list.json.workflows.map(({ workflow_id }) => workflow_id),
    agent_name: agents.map(({ agent_name }) => agent_name),
  };
  return Object.entries(described.paths)
    .filter(([path, { get }]) => get?.responses["200"]?.content?.["application/json"] && path !== DOCUMENT)
    .flatMap(([path, { get }]) => {
      const [, parameter] = /\{(\w+)\}/.exec(path) ?? [];
      if (parameter !== undefined)
        return named[parameter]!.map((name) => ({ path, address: path.replace(/\{\w+\}/, encodeURIComponent(name)) }));
      const isOfTask = get!.parameters?.some(({ name }) => name === "task") ?? false;
      return isOfTask ? TASKS.map((task) => ({ path, address: `${path}?${task}` })) : [{ path, address: path }];
    });
}

async function complaints(directory: string): Promise<{ checked: number; wrong: string[] }> {
  const { url } = await serveDirectory(directory);
  const described = await document(url);
  const check = checker(described);
  const all = await addresses(url, described);
  const wrong: string[] = [];
  for (const { path, address } of all) {
    const { status, json } = await requestJson(url, address);
    wrong.push(...check(path, status, json).slice(0, 3), ...(status === 200 ? [] : [`${address} ${status}`]));
  }
  return { checked: all.length, wrong: [...new Set(wrong)].slice(0, 20) };
}

describe("the document of the API", () => {
  it("is valid OpenAPI 3.1", async () => {
    const { url } = await serveDirectory(temporaryDirectory());
    const described = await document(url);
    const validator = new Validator();
    expect(await validator.validate(described)).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    // The validator is one that finds something.
    expect((await new Validator().validate({ ...described, paths: { x: {} } })).valid).toBe(false);
  });

  it("holds every route, but for the files of the page", async () => {
    // Routes are added without anything behind them being used.
    const nothing = { counters: new Counters(), telemetry: {}, access: { token: undefined }, version: "1" };
    const app = createApp({ ...nothing, serveDemo: async () => "" } as unknown as Parts);
    const headers = { host: "localhost" };
    const described = (await (await app.request(DOCUMENT, { headers })).json()) as ApiDocument;
    const routes = app.routes.filter(({ path }) => /^\/(api|v1|mcp|metrics|healthz)\b/.test(path));
    expect(routes.length).toBeGreaterThan(15);
    const missing = routes.filter(({ method, path }) => {
      const methods = Object.keys(described.paths[path.replaceAll(/:(\w+)/g, "{$1}")] ?? {});
      return methods.length === 0 || (method !== "ALL" && !methods.includes(method.toLowerCase()));
    });
    expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it("says exactly what is answered: with the sample data", async () => {
    const directory = temporaryDirectory();
    expect((await oak(["demo", "--dir", directory])).code).toBe(0);
    const { checked, wrong } = await complaints(directory);
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(30);
  });

  it("says exactly what is answered: with nothing, with runs under way, and with what went wrong", async () => {
    expect((await complaints(temporaryDirectory())).wrong).toEqual([]);
    const odd = directoryOf([
      ...eventsOf("wf/ü?#%", { plan: ["a", "b"], estimate: 5, runs: { "a/b": run(0, null), "": run(null, 5) } }),
      ...eventsOf("wf-cancelled", { end: 9, outcome: "cancelled", runs: { c: run(0, 9, { status: "partial" }) } }),
      ...eventsOf("wf-empty", { end: 0 }),
      ...eventsOf("wf-off", {
        end: 60,
        reported: 10,
        runs: { d: run(0, 90, { status: "failure" }), e: run(5, 6, { parent: "d" }) },
      }),
    ]);
    expect((await complaints(odd)).wrong).toEqual([]);
  });

  const python = sharedData("oak-python");
  it.skipIf(python.absent)("says exactly what is answered: with a log of the Python logger", async () => {
    const copy = join(temporaryDirectory(), "log");
    cpSync(python.path, copy, { recursive: true });
    const { checked, wrong } = await complaints(copy);
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(15);
  });

  it("says what an error is", async () => {
    const { url } = await serveDirectory(temporaryDirectory());
    const check = checker(await document(url));
    for (const [path, address] of [
      ["/api/v1/workflows", "/api/v1/workflows?limit=x"],
      ["/api/v1/workflows/{workflow_id}", "/api/v1/workflows/none"],
      ["/api/v1/stats", "/api/v1/stats?x=1"],
    ] as const) {
      const { status, json } = await requestJson(url, address);
      expect(check(path, status, json)).toEqual([]);
    }
    const { status, body } = await request(url, "/api/v1/stats", { headers: { host: "evil.example" } });
    expect(check("/api/v1/stats", status, JSON.parse(body))).toEqual([]);
  });
});
