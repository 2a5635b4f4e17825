import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { writeFileSync } from "node:fs";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { captured } from "./support/captured.js";
import { OtlpTranslator } from "../src/capture/otlp/translator.js";
import { ArgumentError, TelemetryLogger } from "../src/record/index.js";
import { temporaryDirectory } from "./support/directory.js";
import { node, PATIENT, ROOT } from "./support/oak.js";

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A receiver that answers one status after the other, the last one for ever; -1 is no answer at all. */
async function receiver(...statuses: number[]): Promise<{ url: string; requests: Received[]; server: Server }> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({
        path: request.url,
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString()),
      });
      const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!;
      if (status !== -1) response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, server };
}

/** A program that records a workflow and ends. */
const PROGRAM = `
import { TelemetryLogger } from "${ROOT}dist/record.js";
const logger = new TelemetryLogger({ directory: process.argv[2] });
const workflow = logger.startWorkflow({ project_name: "Shop", agent_plan: ["planner", "coder"] });
await workflow.run("planner", "Plan it", (run) => run.declareArtifacts("plan.md"));
await workflow.run("coder", "Build it", (run) => {
  run.report({ tools_used: ["Edit"] });
  logger.logSuccessMetric({ invocation_id: run.invocation_id, success: true, quality_rating: 4 });
});
workflow.complete();
console.log("done");
`;

async function runProgram(env: Record<string, string>) {
  const directory = temporaryDirectory();
  const program = join(directory, "program.mjs");
  writeFileSync(program, PROGRAM);
  return { ...(await node([program, directory], { env })), directory };
}

describe("a recorder that mirrors", () => {
  it("sends workflows, invocations, handoffs and feedback, the last before the program ends", async () => {
    const { url, requests } = await receiver(200);
    const env = { ...PATIENT, OAK_OTLP_ENDPOINT: url, OAK_OTLP_HEADERS: "authorization=Basic%20abc, x-project = 7" };
    expect(await runProgram(env)).toMatchObject({ code: 0, stdout: "done\n", stderr: "" });
    expect(requests.map(({ path }) => path)).toEqual(["/v1/traces"]);
    expect(requests[0]!.headers).toMatchObject({ authorization: "Basic abc", "x-project": "7" });

    const translator = new OtlpTranslator();
    const { events, rejected } = translator.receive(requests[0]!.body);
    expect(rejected).toBe(0);
    const { runs, workflows, handoffs } = captured(events);
    expect(workflows).toEqual([["Shop", ["planner", "coder"], "success"]]);
    expect(handoffs).toEqual(["planner→coder"]);
    expect(runs).toMatchObject([
      { agent: "planner", workflow: "Shop", status: "success", task: "Plan it" },
      { agent: "coder", workflow: "Shop", status: "success" },
    ]);
    expect(events.filter(({ event }) => event === "success_metric")).toMatchObject([{ quality_rating: 4 }]);
  });

  it("sends nothing when nobody asked for it, whatever OpenTelemetry is told", async () => {
    const { url, requests } = await receiver(200);
    await runProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    expect(requests).toEqual([]);
  });

  it.each([
    ["refuses", 401, "answers 401"],
    ["fails", 500, "answers 500"],
    ["does not answer", -1, "cannot be reached"],
  ])("says once that an endpoint %s, and the program goes on and ends", async (_, status, reason) => {
    const { url } = await receiver(status);
    const patience = status === -1 ? {} : PATIENT;
    const { code, stdout, stderr } = await runProgram({ ...patience, OAK_OTLP_ENDPOINT: url });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
    expect(stderr.match(/telemetry is not being sent/g)).toHaveLength(1);
    expect(stderr).toContain(reason);
  });

  it("goes on where nobody listens, and where the environment names no address", async () => {
    for (const endpoint of ["http://127.0.0.1:1", "localhost:4318", "file:///etc/passwd"]) {
      const { code, stdout, stderr } = await runProgram({ OAK_OTLP_ENDPOINT: endpoint });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
      expect(stderr).toContain("telemetry is not being sent");
    }
  });

  it("tries again what an endpoint had no time for", async () => {
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(new AbortController().signal);
    onTestFinished(() => void vi.restoreAllMocks());
    const { url, requests } = await receiver(503, 200);
    const errors: string[] = [];
    const logger = new TelemetryLogger({
      directory: temporaryDirectory(),
      otlp: { endpoint: `${url}/v1/traces` },
      onError: (error) => errors.push(error.message),
    });
    const workflow_id = logger.logWorkflowStart({ project_name: "Shop", agent_plan: [] });
    logger.logWorkflowComplete({ workflow_id, duration_seconds: 1, success: true, agents_executed: [] });
    await expect.poll(() => requests.length, { timeout: 60_000 }).toBe(2);
    expect(requests[1]!.body).toEqual(requests[0]!.body);
    expect(errors).toEqual([`${url}/v1/traces answers 503 Service Unavailable`]);
    logger.close();
  });

  it("takes redacted events only", async () => {
    const { url, requests } = await receiver(200);
    const logger = new TelemetryLogger({
      directory: temporaryDirectory(),
      otlp: { endpoint: url },
      redact: (event) => (event.event === "workflow_start" ? { ...event, project_name: "hidden" } : event),
    });
    const workflow_id = logger.logWorkflowStart({ project_name: "secret", agent_plan: [] });
    logger.logWorkflowComplete({ workflow_id, duration_seconds: 1, success: true, agents_executed: [] });
    await expect.poll(() => requests.length, { timeout: 60_000 }).toBe(1);
    expect(JSON.stringify(requests)).not.toContain("secret");
    logger.close();
  });

  it("refuses a wrong argument at once", () => {
    const open = (otlp: never) => new TelemetryLogger({ directory: temporaryDirectory(), otlp });
    expect(() => open({ endpoint: "localhost:4318" } as never)).toThrow(ArgumentError);
    expect(() => open({} as never)).toThrow("otlp.endpoint");
    expect(() => open("http://localhost" as never)).toThrow("otlp");
  });
});
