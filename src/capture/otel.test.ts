import { readFileSync } from "node:fs";
import { join } from "node:path";

import { trace, type Attributes, type Span } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { context } from "@opentelemetry/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { captured, type Captured } from "../../test/support/captured.js";
import { temporaryDirectory } from "../../test/support/directory.js";
import { LOG_FILES } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { OakSpanProcessor, type CaptureOptions } from "./otel.js";

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** What stands in the log now. */
function logged(directory: string): Captured {
  const lines = Object.values(LOG_FILES).flatMap((file) => {
    try {
      return readFileSync(join(directory, file), "utf8").trimEnd().split("\n");
    } catch {
      return [];
    }
  });
  return captured(lines.map((line) => JSON.parse(line) as TelemetryEvent));
}

function capturing(options: CaptureOptions = {}) {
  const directory = temporaryDirectory();
  const provider = new BasicTracerProvider({ spanProcessors: [new OakSpanProcessor({ directory, ...options })] });
  const tracer = provider.getTracer("test");
  const span = <T>(operation: string, attributes: Attributes, work: (span: Span) => T): T =>
    tracer.startActiveSpan(
      operation,
      { attributes: { "gen_ai.operation.name": operation, ...attributes } },
      (active) => {
        const value = work(active);
        active.end();
        return value;
      },
    );
  const agent = <T>(name: string, work: (span: Span) => T) => span("invoke_agent", { "gen_ai.agent.name": name }, work);
  return { directory, provider, span, agent };
}

describe("OakSpanProcessor", () => {
  it("writes a run when it starts, and the rest when it ends", async () => {
    const { directory, span, agent } = capturing();
    span("invoke_workflow", { "gen_ai.workflow.name": "Shop" }, () => {
      agent("planner", () => {
        span("execute_tool", { "gen_ai.tool.name": "grep" }, () => undefined);
      });
      agent("coder", () => undefined);
      // Lines of one burst are written when the job ends.
    });
    await Promise.resolve();
    const { runs, workflows } = logged(directory);
    expect(workflows).toEqual([["Shop", ["planner", "coder"], "success"]]);
    expect(runs).toMatchObject([
      { agent: "planner", workflow: "Shop", tools: ["grep"], status: "success" },
      { agent: "coder", workflow: "Shop" },
    ]);
  });

  it("shows what is under way", async () => {
    const { directory, agent } = capturing();
    let release = () => {};
    const work = new Promise<void>((resolve) => (release = resolve));
    const done = agent("planner", () => work);
    await Promise.resolve();
    const { runs } = logged(directory);
    expect(runs).toMatchObject([{ agent: "planner" }]);
    release();
    await done;
  });

  it("makes two agents of one trace a workflow as soon as the second starts", async () => {
    const { directory, span, agent } = capturing();
    span("POST", {}, () => {
      agent("first", () => undefined);
      agent("second", () => undefined);
    });
    await Promise.resolve();
    const { runs, workflows } = logged(directory);
    expect(workflows).toEqual([["POST", ["first", "second"], "success"]]);
    expect(runs.map(({ workflow }) => workflow)).toEqual(["POST", "POST"]);
  });

  it("writes nothing of a program without agents, nor when it is turned off", async () => {
    const plain = capturing();
    plain.span("GET", {}, () => plain.span("SELECT", {}, () => undefined));
    await plain.provider.forceFlush();
    expect(logged(plain.directory)).toEqual({ runs: [], workflows: [], handoffs: [] });
    const off = capturing({ enabled: false });
    off.agent("planner", () => undefined);
    await off.provider.shutdown();
    expect(logged(off.directory).runs).toEqual([]);
  });

  it("never throws into its host, and says once what is wrong", async () => {
    const errors: string[] = [];
    const { agent, provider } = capturing({
      directory: "/dev/null/nowhere",
      onError: (error) => errors.push(error.message),
    });
    for (let i = 0; i < 3; i++) agent("planner", () => undefined);
    await provider.shutdown();
    expect(errors).toHaveLength(1);
    const broken = capturing({
      redact: () => {
        throw new Error("broken redaction");
      },
      onError: (error) => errors.push(error.message),
    });
    broken.span("invoke_agent", { "gen_ai.agent.name": "a", "gen_ai.input.messages": "secret" }, () => undefined);
    await broken.provider.shutdown();
    expect(errors[1]).toBe("broken redaction");
    expect(logged(broken.directory).runs).toEqual([]);
    expect(trace.getActiveSpan()).toBeUndefined();
  });
});
