import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { TelemetryEvent } from "../event/events.js";
import { EVENT_SCHEMAS } from "../event/schema.js";
import { ArgumentError } from "./arguments.js";
import { TelemetryLogger } from "./logger.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oak-test-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

function lines(logger: TelemetryLogger, file: string): Record<string, unknown>[] {
  logger.close();
  const text = readFileSync(join(directory, file), "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("TelemetryLogger", () => {
  it("writes every event as its schema describes it, in the order of its calls", () => {
    const logger = new TelemetryLogger({ directory });
    const workflow_id = logger.logWorkflowStart({ project_name: "Shop", agent_plan: ["a", "b"] });
    const invocation_id = logger.logInvocation({ agent_name: "a", agent_type: "design", workflow_id });
    logger.updateInvocation({ invocation_id, duration_seconds: 1.5, outcome_status: "partial", tools_used: ["Edit"] });
    const metric = logger.logSuccessMetric({ invocation_id, success: true, quality_rating: 5 });
    const handoff = logger.logAgentHandoff({ workflow_id, from_agent: "a", to_agent: "b", artifacts: ["x.md"] });
    logger.logWorkflowComplete({ workflow_id, duration_seconds: 3, success: false, agents_executed: ["a"] });
    logger.logWorkflowCancelled({ workflow_id, reason: "changed plans" });
    logger.close();

    const written = [
      ...lines(logger, "workflow_events.jsonl"),
      ...lines(logger, "agent_invocations.jsonl"),
      ...lines(logger, "success_metrics.jsonl"),
    ] as unknown as TelemetryEvent[];
    expect(written.map(({ event }) => event).toSorted()).toEqual(Object.keys(EVENT_SCHEMAS).toSorted());
    for (const event of written) {
      expect(EVENT_SCHEMAS[event.event].parse(event)).toEqual(event);
      expect(event.session_id).toBe(logger.session_id);
      expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    const sequence = written.map((event) => event.sequence).toSorted((a, b) => Number(a) - Number(b));
    expect(sequence).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(written.map((event) => event.event_id)).size).toBe(7);
    expect(written.map((event) => event.event_id)).toEqual(expect.arrayContaining([metric, handoff]));
  });

  it("writes an invocation with the fields of the Python logger", () => {
    const logger = new TelemetryLogger({ directory });
    logger.logInvocation({ agent_name: "a", agent_type: "t", task_description: "d" });
    const { event, event_id, sequence, timestamp, invocation_id, session_id, ...rest } = lines(
      logger,
      "agent_invocations.jsonl",
    )[0]!;
    expect({ event, sequence }).toEqual({ event: "invocation_start", sequence: 1 });
    expect([event_id, timestamp, invocation_id, session_id].every((value) => typeof value === "string")).toBe(true);
    expect(rest).toEqual({
      agent_name: "a",
      agent_type: "t",
      task_description: "d",
      state_features: {},
      parent_invocation_id: null,
      detached: false,
      workflow_id: null,
      spec_id: null,
      spec_section: [],
      agent_variant: null,
      task_type: null,
      q_value: null,
      exploration: null,
      reward: null,
      learning_enabled: false,
      tools_used: [],
      duration_seconds: null,
      outcome: {
        status: "unknown",
        error_message: null,
        files_modified: [],
        files_created: [],
        tests_passed: null,
        build_succeeded: null,
      },
      metadata: {},
    });
  });

  it("writes a propensity where one is given", async () => {
    const logger = new TelemetryLogger({ directory });
    logger.logInvocation({ agent_name: "a", propensity: 0.25 });
    logger.logInvocation({ agent_name: "a", propensity: null });
    const workflow = logger.startWorkflow({ project_name: "p", agent_plan: ["a"] });
    await workflow.run("a", "do it", () => 1, { propensity: 1 });
    const starts = lines(logger, "agent_invocations.jsonl").filter(({ event }) => event === "invocation_start");
    expect(starts.map(({ propensity }) => propensity)).toEqual([0.25, undefined, 1]);
  });

  it("generates ids of its own unless they are given", () => {
    const logger = new TelemetryLogger({ directory });
    const options = { project_name: "p", agent_plan: [] };
    expect(logger.logWorkflowStart(options)).not.toBe(logger.logWorkflowStart(options));
    expect(logger.logWorkflowStart({ ...options, workflow_id: "mine" })).toBe("mine");
    expect(logger.logInvocation({ agent_name: "a", invocation_id: "inv" })).toBe("inv");
  });

  it("takes the time of what is logged afterwards", () => {
    const logger = new TelemetryLogger({ directory });
    const options = { project_name: "p", agent_plan: [] };
    logger.logWorkflowStart({ ...options, timestamp: "2026-11-01T12:00:00+02:00" });
    logger.logWorkflowStart({ ...options, timestamp: new Date(0) });
    const times = lines(logger, "workflow_events.jsonl").map(({ timestamp }) => timestamp);
    expect(times).toEqual(["2026-11-01T10:00:00.000Z", "1970-01-01T00:00:00.000Z"]);
  });

  it("never writes times that run backwards, even when the clock is set back", () => {
    let now = 2_000;
    const logger = new TelemetryLogger({ directory, clock: () => now });
    logger.logInvocation({ agent_name: "a" });
    now = 1_000;
    logger.logInvocation({ agent_name: "b" });
    const [first, second] = lines(logger, "agent_invocations.jsonl");
    expect(second!["timestamp"]).toBe(first!["timestamp"]);
  });

  describe("wrong arguments throw at once and name the field", () => {
    type Call = (logger: TelemetryLogger) => unknown;
    const invocation_id = "i";
    const cases: [field: string, call: Call][] = [
      ["options", () => new TelemetryLogger(null as never)],
      ["redact", () => new TelemetryLogger({ redact: 5 as never })],
      ["directory", () => new TelemetryLogger({ directory: "" })],
      ["arguments", (l) => l.logWorkflowStart(undefined as never)],
      ["project_name", (l) => l.logWorkflowStart({ agent_plan: [] } as never)],
      ["project_name", (l) => l.logWorkflowStart({ project_name: "", agent_plan: [] })],
      ["agent_plan", (l) => l.logWorkflowStart({ project_name: "p", agent_plan: "a" as never })],
      ["agent_plan[1]", (l) => l.logWorkflowStart({ project_name: "p", agent_plan: ["a", 7 as never] })],
      ["estimated_duration", (l) => l.logWorkflowStart({ project_name: "p", agent_plan: [], estimated_duration: -1 })],
      ["workflow_id", (l) => l.logWorkflowStart({ project_name: "p", agent_plan: [], workflow_id: "" })],
      ["timestamp", (l) => l.logWorkflowStart({ project_name: "p", agent_plan: [], timestamp: "yesterday" })],
      ["timestamp", (l) => l.logWorkflowStart({ project_name: "p", agent_plan: [], timestamp: new Date(8.64e15) })],
      ["workflow_id", (l) => l.logAgentHandoff({ from_agent: "a", to_agent: "b", artifacts: [] } as never)],
      ["to_agent", (l) => l.logAgentHandoff({ workflow_id: "w", from_agent: "a", artifacts: [] } as never)],
      [
        "duration_seconds",
        (l) => l.logWorkflowComplete({ workflow_id: "w", duration_seconds: NaN, success: true, agents_executed: [] }),
      ],
      [
        "success",
        (l) =>
          l.logWorkflowComplete({ workflow_id: "w", duration_seconds: 1, success: 1 as never, agents_executed: [] }),
      ],
      ["reason", (l) => l.logWorkflowCancelled({ workflow_id: "w", reason: 5 as never })],
      ["agent_name", (l) => l.logInvocation({ agent_name: 5 as never })],
      ["metadata", (l) => l.logInvocation({ agent_name: "a", metadata: [] as never })],
      ["metadata", (l) => l.logInvocation({ agent_name: "a", metadata: { big: 1n } })],
      ["propensity", (l) => l.logInvocation({ agent_name: "a", propensity: 0 })],
      ["propensity", (l) => l.logInvocation({ agent_name: "a", propensity: 1.5 })],
      ["propensity", (l) => l.logInvocation({ agent_name: "a", propensity: Number.NaN })],
      ["outcome_status", (l) => l.updateInvocation({ invocation_id, outcome_status: "great" as never })],
      ["duration_seconds", (l) => l.updateInvocation({ invocation_id, duration_seconds: 1e12 })],
      ["invocation_id", (l) => l.updateInvocation({ invocation_id: "" })],
      ["metadata", (l) => l.updateInvocation({ invocation_id, metadata: { big: 1n } })],
      ["quality_rating", (l) => l.logSuccessMetric({ invocation_id, success: true, quality_rating: 6 })],
      ["quality_rating", (l) => l.logSuccessMetric({ invocation_id, success: true, quality_rating: 3.5 })],
      ["success", (l) => l.logSuccessMetric({ invocation_id, success: "yes" as never, quality_rating: 3 })],
    ];
    it.each(cases)("%s", (field, call) => {
      const logger = new TelemetryLogger({ directory });
      let thrown: unknown;
      try {
        call(logger);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(ArgumentError);
      expect((thrown as ArgumentError).field).toBe(field);
      expect((thrown as ArgumentError).message).toContain(field);
      expect(existsSync(join(directory, "workflow_events.jsonl"))).toBe(false);
    });
  });

  it("keeps a failing disk from its host, says so once, counts what is lost, and recovers", () => {
    const blocked = join(directory, "blocked");
    writeFileSync(blocked, "a file where the folder should be");
    const errors: Error[] = [];
    const logger = new TelemetryLogger({ directory: blocked, onError: (error) => errors.push(error) });
    for (let i = 0; i < 3; i++) expect(logger.logInvocation({ agent_name: "a" })).toEqual(expect.any(String));
    logger.close();
    expect(errors).toHaveLength(1);
    expect(logger.dropped).toBe(3);
    rmSync(blocked);
    logger.logInvocation({ agent_name: "b" });
    logger.close();
    expect(readFileSync(join(blocked, "agent_invocations.jsonl"), "utf8")).toContain('"agent_name":"b"');
    expect(logger.dropped).toBe(3);
  });

  it("says on standard error, by default, that it cannot record", () => {
    const write = vi.spyOn(console, "error").mockReturnValue();
    writeFileSync(join(directory, "blocked"), "");
    new TelemetryLogger({ directory: join(directory, "blocked") }).logInvocation({ agent_name: "a" });
    expect(write.mock.calls).toEqual([[expect.stringMatching(/^oak-telemetry: telemetry is not being recorded: .+$/)]]);
    write.mockRestore();
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("handler");
      },
    ],
    ["rejects", () => Promise.reject(new Error("handler")) as unknown as void],
  ])("survives a handler of errors that %s", (_, onError) => {
    writeFileSync(join(directory, "blocked"), "");
    const logger = new TelemetryLogger({ directory: join(directory, "blocked"), onError });
    expect(() => logger.logInvocation({ agent_name: "a" })).not.toThrow();
  });

  it("writes what redaction gives, nothing when it gives nothing, and never the original when it fails", () => {
    const errors: Error[] = [];
    const logger = new TelemetryLogger({
      directory,
      onError: (error) => errors.push(error),
      redact: (event) => {
        if (event.event !== "invocation_start") return undefined;
        if (event.task_description === "fail") throw new Error("redaction failed");
        return { ...event, task_description: event.task_description?.replace(/sk-\w+/, "***") ?? null };
      },
    });
    logger.logInvocation({ agent_name: "a", task_description: "use sk-12345" });
    logger.logInvocation({ agent_name: "a", task_description: "fail" });
    logger.logSuccessMetric({ invocation_id: "i", success: true, quality_rating: 1 });
    expect(lines(logger, "agent_invocations.jsonl").map((line) => line["task_description"])).toEqual(["use ***"]);
    expect(existsSync(join(directory, "success_metrics.jsonl"))).toBe(false);
    expect(errors.map((error) => error.message)).toEqual(["redaction failed"]);
  });

  it.each([
    ["null", null],
    ["a promise", Promise.resolve({})],
    ["a text", "event"],
    ["no event", {}],
  ])("writes nothing when redaction gives %s", (what, value) => {
    const errors: Error[] = [];
    const logger = new TelemetryLogger({
      directory,
      onError: (error) => errors.push(error),
      redact: () => value as never,
    });
    logger.logInvocation({ agent_name: "a" });
    logger.close();
    expect(existsSync(join(directory, "agent_invocations.jsonl"))).toBe(false);
    expect(errors).toHaveLength(what === "null" ? 0 : 1);
  });

  it("writes nothing when turned off, and still checks its arguments", () => {
    vi.stubEnv("OAK_TELEMETRY_ENABLED", "false");
    const logger = new TelemetryLogger({ directory });
    expect(logger.enabled).toBe(false);
    expect(logger.logInvocation({ agent_name: "a" })).toEqual(expect.any(String));
    expect(() => logger.logInvocation({ agent_name: "" })).toThrow(ArgumentError);
    expect(() => logger.logInvocation({ agent_name: "a", metadata: { big: 1n } })).toThrow(ArgumentError);
    expect(existsSync(join(directory, "agent_invocations.jsonl"))).toBe(false);
    expect(new TelemetryLogger({ directory, enabled: true }).enabled).toBe(true);
  });

  it("records which version of an agent's definition ran, unless told another, or not to look", () => {
    const folder = join(directory, "config", "agents");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "tester-of-hashes.md"), "---\nname: tester-of-hashes\n---\n");
    vi.stubEnv("CLAUDE_CONFIG_DIR", join(directory, "config"));
    const agent_name = "tester-of-hashes";
    const logger = new TelemetryLogger({ directory });
    logger.logInvocation({ agent_name });
    logger.logInvocation({ agent_name: "stranger" });
    logger.logInvocation({ agent_name, definition_hash: "mine" });
    logger.logInvocation({ agent_name, definition_hash: null });
    logger.logInvocation({ agent_name, timestamp: "2020-01-01T00:00:00Z" });
    logger.logInvocation({ agent_name, timestamp: new Date(Date.now() + 1000) });
    logger.close();
    const silent = new TelemetryLogger({ directory, definition_hashes: false });
    silent.logInvocation({ agent_name });
    expect(() => logger.logInvocation({ agent_name, definition_hash: "" })).toThrow(ArgumentError);
    const hash = "419616d6348f4ca0";
    const written = lines(silent, "agent_invocations.jsonl").map((event) => event["definition_hash"]);
    expect(written).toEqual([hash, undefined, "mine", undefined, undefined, hash, undefined]);
  });

  it("mends half of an emoji, which most readers of JSON refuse", () => {
    const logger = new TelemetryLogger({ directory });
    logger.logInvocation({
      agent_name: "a",
      task_description: "cut 🚀".slice(0, 5),
      metadata: { deep: ["\ud800"], "k\udc00": 1 },
    });
    const [line] = lines(logger, "agent_invocations.jsonl");
    expect(line).toMatchObject({ task_description: "cut \uFFFD", metadata: { deep: ["\uFFFD"], "k\uFFFD": 1 } });
  });
});
