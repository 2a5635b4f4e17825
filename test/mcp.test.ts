import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { StreamableHTTPClientTransport, type Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "./support/directory.js";
import { connectTo } from "./support/mcp.js";
import { oakJson, ROOT } from "./support/oak.js";
import { serveDirectory } from "./support/server.js";

const { PATH = "", HOME = "" } = process.env;

/** The real command, spoken to as an orchestrator's program does. */
function overStdio(directory: string): Promise<Client> {
  const args = [join(ROOT, "dist/cli/main.cjs"), "mcp", "--dir", directory];
  return connectTo(new StdioClientTransport({ command: process.execPath, args, env: { PATH, HOME } }));
}

interface Answer {
  readonly text: string;
  readonly data: Record<string, unknown>;
  readonly isError: boolean;
}

async function call(client: Client, name: string, given: Record<string, unknown> = {}): Promise<Answer> {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: given });
  const [first] = content as { text: string }[];
  return {
    text: first!.text,
    data: (structuredContent ?? {}) as Record<string, unknown>,
    isError: isError === true,
  };
}

/** Plans, delegates, hands over and completes, as an orchestrator would. */
async function orchestrate(client: Client): Promise<string> {
  const started = await call(client, "start_workflow", {
    project_name: "Shop",
    agent_plan: ["architect", "developer", "tester"],
    estimated_duration_seconds: 600,
  });
  const workflow_id = started.data["workflow_id"] as string;
  expect(started.text).toContain("Nothing is known yet of architect, developer, tester");
  for (const agent_name of ["architect", "developer"])
    await call(client, "record_outcome", {
      workflow_id,
      agent_name,
      task_description: `${agent_name}'s part`,
      outcome: "success",
      duration_seconds: 0.01,
      quality_rating: 5,
    });
  const handed = await call(client, "log_handoff", {
    workflow_id,
    from_agent: "architect",
    to_agent: "developer",
    artifacts: ["design.md"],
  });
  expect(handed).toMatchObject({ isError: false, data: { handoffs: 1 } });
  const status = await call(client, "workflow_status", { workflow_id });
  expect(status.data["workflows"]).toMatchObject([
    { status: "running", agents_run: ["architect", "developer"], remaining_agents: ["tester"] },
  ]);
  await call(client, "record_outcome", {
    workflow_id,
    agent_name: "tester",
    task_description: "Test it",
    outcome: "failure",
    error_message: "2 tests fail",
    duration_seconds: 0.01,
  });
  const done = await call(client, "complete_workflow", { workflow_id, success: false });
  expect(done).toMatchObject({
    isError: false,
    data: { workflow_id, agents_executed: ["architect", "developer", "tester"] },
  });
  return workflow_id;
}

describe("oak mcp", () => {
  it("lets an orchestrator record a workflow, and read what came of it", async () => {
    const directory = temporaryDirectory();
    const client = await overStdio(directory);
    const workflow_id = await orchestrate(client);

    const nobody = await call(client, "recommend_agent", { task_description: "Test the shop" });
    expect(nobody).toMatchObject({ isError: false, data: { status: "not_enough_evidence", agent_name: null } });
    for (let i = 0; i < 4; i++)
      await call(client, "record_outcome", {
        agent_name: "tester",
        task_description: `Test the shop's page ${i}`,
        outcome: "success",
        duration_seconds: 60,
      });
    const advice = await call(client, "recommend_agent", { task_description: "Test the shop" });
    expect(advice.data).toMatchObject({ status: "recommended", agent_name: "tester" });
    expect(advice.text).toMatch(/^tester: \d+% likely to succeed \(.*\), from [45] similar runs/);

    const report = await call(client, "coordination_report");
    expect(report.data).toMatchObject({ status: "ok", workflows: 1 });
    const trend = await call(client, "agent_trend", { agent_name: "tester" });
    expect(trend.data).toMatchObject({ verdict: "not_enough_evidence", recent_runs: 5, recent_success_rate: 0.8 });
    const { workflows } = await oakJson<{ workflows: unknown[] }>(["workflows", "--list", "--dir", directory]);
    expect(workflows).toMatchObject([{ workflow_id, status: "failed", agents: ["architect", "developer", "tester"] }]);
    const stats = await oakJson<{ agents: Record<string, unknown> }>(["stats", "--dir", directory]);
    expect(stats.agents["tester"]).toMatchObject({ failure_count: 1, common_failures: ["2 tests fail"] });
  });

  it("offers every tool with a schema of what goes in and what comes out", async () => {
    const client = await overStdio(temporaryDirectory());
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).toSorted()).toEqual([
      "agent_trend",
      "cancel_workflow",
      "complete_workflow",
      "coordination_report",
      "log_handoff",
      "recommend_agent",
      "record_outcome",
      "start_workflow",
      "workflow_status",
    ]);
    for (const { description, inputSchema, outputSchema } of tools) {
      expect(description!.length).toBeGreaterThan(20);
      expect(inputSchema["type"]).toBe("object");
      expect(outputSchema?.["type"]).toBe("object");
    }
  });

  it("says what is wrong and what to do, and goes on", async () => {
    const client = await overStdio(temporaryDirectory());
    const wrong = async (name: string, given: Record<string, unknown>) => {
      const { isError, text } = await call(client, name, given);
      expect(isError).toBe(true);
      return text;
    };
    expect(await wrong("log_handoff", { workflow_id: "nope", from_agent: "a", to_agent: "b" })).toMatch(
      /no workflow nope.*start_workflow/,
    );
    const { data } = await call(client, "start_workflow", { project_name: "x", agent_plan: ["a"] });
    const id = data["workflow_id"] as string;
    expect(await wrong("complete_workflow", { workflow_id: id.slice(0, 8), success: true })).toContain(
      `did you mean ${id}`,
    );
    expect(await wrong("record_outcome", { workflow_id: id, outcome: "success" })).toMatch(/agent_name/);
    expect(await wrong("agent_trend", { agent_name: "nobody" })).toMatch(/no agent has run yet/);
    await call(client, "cancel_workflow", { workflow_id: id, reason: "not needed" });
    expect(await wrong("complete_workflow", { workflow_id: id, success: true })).toMatch(/has ended \(cancelled\)/);
    expect(await wrong("start_workflow", { project_name: "", agent_plan: [] })).toMatch(/project_name/);
    expect(await wrong("record_outcome", { agent_name: "a", outcome: "success", duration: 5 })).toMatch(/duration/);
    expect(await wrong("record_outcome", { invocation_id: "nope", outcome: "success" })).toMatch(
      /no run nope.*agent_name/,
    );
    expect(await wrong("record_outcome", { agent_name: "a", outcome: "unknown", quality_rating: 3 })).toMatch(
      /cannot be rated/,
    );
    const { data: status } = await call(client, "workflow_status");
    expect(status["workflows"]).toEqual([]);
  });

  it("takes any name for an agent's, also those that every object of JavaScript knows", async () => {
    const client = await overStdio(temporaryDirectory());
    const agent_plan = ["constructor", "__proto__", "toString"];
    const started = await call(client, "start_workflow", { project_name: "x", agent_plan });
    expect(started.isError).toBeFalsy();
    expect(started.data["agents"]).toMatchObject(agent_plan.map((agent_name) => ({ agent_name, runs: 0 })));
    for (const agent_name of agent_plan) {
      const { isError } = await call(client, "record_outcome", { agent_name, outcome: "success", duration_seconds: 5 });
      expect(isError).toBeFalsy();
    }
    const again = await call(client, "start_workflow", { project_name: "x", agent_plan });
    expect(again.data["agents"]).toMatchObject(agent_plan.map((agent_name) => ({ agent_name, runs: 1 })));
  });

  it("judges a run that was recorded before", async () => {
    const directory = temporaryDirectory();
    const client = await overStdio(directory);
    const { data } = await call(client, "record_outcome", { agent_name: "a", outcome: "success", duration_seconds: 1 });
    const judged = await call(client, "record_outcome", {
      invocation_id: data["invocation_id"],
      outcome: "failure",
      quality_rating: 1,
      judged_by: "human",
    });
    expect(judged.data).toMatchObject({ judged: true, invocation_id: data["invocation_id"] });
    const stats = await oakJson<{ agents: Record<string, unknown> }>(["stats", "--dir", directory]);
    expect(stats.agents["a"]).toMatchObject({
      invocation_count: 1,
      average_quality: 1,
      failure_count: 1,
      average_duration_seconds: 1,
    });
    const corrected = await call(client, "record_outcome", {
      invocation_id: data["invocation_id"],
      outcome: "success",
    });
    expect(corrected.data).toMatchObject({ judged: false });
    // Nobody rated it anew.
    const again = await oakJson<{ agents: Record<string, unknown> }>(["stats", "--dir", directory]);
    expect(again.agents["a"]).toMatchObject({ success_count: 1, failure_count: 0, average_quality: 1 });
  });

  it("recommends to learn from, and records the propensity of what was drawn", async () => {
    const directory = temporaryDirectory();
    const client = await overStdio(directory);
    for (let i = 0; i < 8; i++)
      await call(client, "record_outcome", {
        agent_name: i % 2 === 0 ? "tester" : "reviewer",
        task_description: `Test the shop's page ${i}`,
        outcome: "success",
      });
    const asked = { task_description: "Test the shop", explore: true };
    const { data, text } = await call(client, "recommend_agent", asked);
    const { agent_name, propensity } = data;
    expect(propensity).toBeGreaterThan(0);
    expect(propensity).toBeLessThan(1);
    expect(text).toMatch(/Drawn to learn from, with probability \d+%/);
    expect((await call(client, "recommend_agent", { task_description: "Test the shop" })).data["propensity"]).toBe(1);
    const recorded = await call(client, "record_outcome", { agent_name, propensity, outcome: "success" });
    const { invocation_id } = recorded.data;
    expect(
      await oakJson([
        "sql",
        "SELECT invocation_id, propensity FROM invocations WHERE propensity IS NOT NULL",
        "--dir",
        directory,
      ]),
    ).toEqual([{ invocation_id, propensity }]);
    for (const wrong of [
      { agent_name, propensity: 0 },
      { agent_name, propensity: 2 },
      { invocation_id, propensity },
    ]) {
      const refused = await call(client, "record_outcome", { ...wrong, outcome: "success" });
      expect(refused.isError).toBe(true);
      expect(refused.text).toContain("propensity");
    }
  });

  it("never says that something is recorded when it is not", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    const client = await overStdio(join(file, "below"));
    for (const [name, given] of [
      ["start_workflow", { project_name: "x", agent_plan: ["a"] }],
      ["record_outcome", { agent_name: "a", outcome: "success" }],
    ] as const) {
      const { isError, text } = await call(client, name, given);
      expect([name, isError]).toEqual([name, true]);
      expect(text).toMatch(/ENOTDIR/);
    }
  });

  it("ends, and says why, at a message that is too long to be read, instead of answering nothing any more", async () => {
    const oak = join(ROOT, "dist/cli/main.cjs");
    const child = spawn(process.execPath, [oak, "mcp", "--dir", temporaryDirectory()], { env: { PATH, HOME } });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    // It has gone while this is being sent.
    child.stdin.on("error", () => undefined);
    child.stdin.write(Buffer.alloc(20 * 1024 * 1024, "x"));
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    expect(said).toMatch(/^oak mcp: .*maximum size/);
  });

  it("answers all that was asked before its input ended", async () => {
    const oak = join(ROOT, "dist/cli/main.cjs");
    const child = spawn(process.execPath, [oak, "mcp", "--dir", temporaryDirectory()], { env: { PATH, HOME } });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const ended = new Promise((resolve) => child.on("close", resolve));
    const ask = (id: number, method: string, params: object) =>
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    const clientInfo = { name: "test", version: "1" };
    ask(1, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\nno JSON\n');
    ask(2, "tools/call", { name: "workflow_status", arguments: {} });
    ask(3, "resources/read", { uri: "oak://report" });
    ask(4, "resources/read", { uri: "oak://workflows/nope" });
    child.stdin.end();
    expect(await ended).toBe(0);
    const answers = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: number; error?: { message: string } });
    expect(answers.map(({ id }) => id)).toEqual(expect.arrayContaining([1, 2, 3, 4]));
    expect(answers.find(({ id }) => id === 4)!.error!.message).toContain("there is no workflow nope");
  });

  it("gives reports as resources, and a prompt that teaches", async () => {
    const client = await overStdio(temporaryDirectory());
    const workflow_id = await orchestrate(client);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(
      expect.arrayContaining(["oak://report", "oak://coordination", "oak://agents", `oak://workflows/${workflow_id}`]),
    );
    const { contents } = await client.readResource({ uri: `oak://workflows/${workflow_id}` });
    expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({ workflow_id, status: "failed" });
    const { messages } = await client.getPrompt({ name: "delegate", arguments: { task: "Build a shop" } });
    expect(JSON.stringify(messages)).toMatch(/recommend_agent.*Build a shop/);
  });
});

describe("/mcp", () => {
  it("is the same over HTTP, and several clients can use it", async () => {
    const directory = temporaryDirectory();
    const { url } = await serveDirectory(directory);
    const clients = await Promise.all(
      [1, 2, 3].map(() => connectTo(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)))),
    );
    const ids = await Promise.all(clients.map(orchestrate));
    expect(new Set(ids).size).toBe(3);
    const { data } = await call(clients[0]!, "coordination_report");
    expect(data["workflows"]).toBe(3);
  });

  it("refuses other web pages, and those without the token", async () => {
    const { url } = await serveDirectory(temporaryDirectory(), ["--token", "a-token-of-some-length"]);
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const post = (headers: Record<string, string>) =>
      fetch(`${url}/mcp`, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
    expect((await post({ origin: "http://example.com" })).status).toBe(403);
    expect((await post({})).status).toBe(401);
    const client = await connectTo(
      new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
        requestInit: { headers: { authorization: "Bearer a-token-of-some-length" } },
      }),
    );
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
  });
});
