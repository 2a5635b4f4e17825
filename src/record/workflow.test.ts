import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { AgentHandoff, InvocationStart, InvocationUpdate, TelemetryEvent } from "../event/events.js";
import { ArgumentError } from "./arguments.js";
import { TelemetryLogger } from "./logger.js";
import type { Workflow } from "./workflow.js";

let directory: string;
let logger: TelemetryLogger;
let workflow: Workflow;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oak-test-"));
  logger = new TelemetryLogger({ directory });
  workflow = logger.startWorkflow({ project_name: "p", agent_plan: ["a", "b"] });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function events<E extends TelemetryEvent["event"]>(name: E): Extract<TelemetryEvent, { event: E }>[] {
  const file = name.startsWith("invocation") ? "agent_invocations.jsonl" : "workflow_events.jsonl";
  logger.close();
  const lines = readFileSync(join(directory, file), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as TelemetryEvent).filter((event) => event.event === name) as Extract<
    TelemetryEvent,
    { event: E }
  >[];
}

const arrows = () =>
  events("agent_handoff").map(({ from_agent, to_agent }: AgentHandoff) => `${from_agent}→${to_agent}`);
const updateOf = (agent: string): InvocationUpdate => {
  const { invocation_id } = events("invocation_start").find(({ agent_name }) => agent_name === agent)!;
  return events("invocation_update").find((update) => update.invocation_id === invocation_id)!;
};

/** Lets a test decide when a run ends. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe("Workflow", () => {
  it("records start, runs with their times and outcomes, handoffs with artifacts, and completion", async () => {
    const value = await workflow.run("a", "design", async (run) => {
      run.declareArtifacts("api.md");
      await sleep(30);
      return 42;
    });
    await workflow.run("b", "build", () => "done", { artifacts: ["b.ts"] });
    expect(value).toBe(42);
    const outcome = workflow.complete();

    expect(outcome).toMatchObject({ status: "completed", agents_executed: ["a", "b"] });
    expect(events("workflow_start")[0]).toMatchObject({ workflow_id: workflow.workflow_id, agent_plan: ["a", "b"] });
    expect(events("workflow_complete")[0]).toMatchObject({ success: true, agents_executed: ["a", "b"] });
    expect(events("agent_handoff")).toMatchObject([{ from_agent: "a", to_agent: "b", artifacts: ["api.md"] }]);
    const update = updateOf("a");
    expect(update.outcome).toEqual({ status: "success" });
    expect(update.duration_seconds).toBeGreaterThanOrEqual(0.025);
    const elapsed = Date.parse(update.timestamp) - Date.parse(events("invocation_start")[0]!.timestamp);
    // Between the lines, the times of which are cut to milliseconds.
    expect(update.duration_seconds).toBeLessThanOrEqual(elapsed / 1000 + 0.01);
    expect(outcome.duration_seconds).toBeGreaterThanOrEqual(update.duration_seconds!);
  });

  it("records an exception and throws it on", async () => {
    const error = new Error("tests failed");
    await expect(workflow.run("a", "t", () => Promise.reject(error))).rejects.toBe(error);
    expect(updateOf("a").outcome).toEqual({ status: "failure", error_message: "tests failed" });
    expect(workflow.complete().status).toBe("failed");
  });

  it("records what a synchronous function throws, whatever it throws", async () => {
    await expect(
      workflow.run("a", "t", () => {
        // oxlint-disable-next-line typescript/only-throw-error
        throw "a string";
      }),
    ).rejects.toBe("a string");
    expect(updateOf("a").outcome).toEqual({ status: "failure", error_message: "a string" });
  });

  it("takes an aborted run for unknown, not for the agent's failure", async () => {
    const controller = new AbortController();
    const run = workflow.run("a", "t", () => sleep(10_000, undefined, { signal: controller.signal }));
    controller.abort();
    await expect(run).rejects.toThrow("abort");
    expect(updateOf("a").outcome?.status).toBe("unknown");
    expect(workflow.complete().status).toBe("completed");
  });

  it("makes a run that starts inside another its child, across awaits and parallel runs", async () => {
    await Promise.all(
      ["a", "b"].map((name) =>
        workflow.run(name, "t", async () => {
          await sleep(5);
          await Promise.all([
            workflow.run(`${name}1`, "t", () => sleep(5)),
            workflow.run(`${name}2`, "t", () => sleep(1)),
          ]);
        }),
      ),
    );
    await workflow.run("c", "t", () => undefined);
    const starts = events("invocation_start");
    const idOf = (agent: string) => starts.find(({ agent_name }: InvocationStart) => agent_name === agent)!;
    expect(idOf("a").parent_invocation_id).toBeNull();
    expect(idOf("c").parent_invocation_id).toBeNull();
    for (const parent of ["a", "b"])
      for (const child of [`${parent}1`, `${parent}2`])
        expect(idOf(child).parent_invocation_id).toBe(idOf(parent).invocation_id);
    expect(arrows().toSorted()).toEqual(["a→c", "b→c"]);
  });

  it("hands off through fan-out and fan-in, once for each neighbour", async () => {
    await workflow.run("planner", "t", () => undefined);
    const [first, second] = [gate(), gate()];
    const w1 = workflow.run("w1", "t", () => first.opened);
    const w2 = workflow.run("w2", "t", () => second.opened);
    second.open();
    await w2;
    first.open();
    await w1;
    await workflow.run("reviewer", "t", () => undefined);
    await workflow.run("last", "t", () => undefined);
    expect(arrows()).toEqual(["planner→w1", "planner→w2", "w2→reviewer", "w1→reviewer", "reviewer→last"]);
  });

  it("hands off from what ended last when runs overlap in a chain", async () => {
    // a ends while b runs; c starts after a and before b ended: it follows a alone.
    const end = gate();
    const a = workflow.run("a", "t", () => undefined);
    const b = workflow.run("b", "t", () => end.opened);
    await a;
    await workflow.run("c", "t", () => undefined);
    end.open();
    await b;
    await workflow.run("d", "t", () => undefined);
    expect(arrows()).toEqual(["a→c", "c→d", "b→d"]);
  });

  it("hands off between the children of one parent", async () => {
    await workflow.run("lead", "t", async () => {
      await workflow.run("x", "t", () => undefined, { artifacts: ["x.md"] });
      await workflow.run("y", "t", () => undefined);
    });
    expect(events("agent_handoff")).toMatchObject([{ from_agent: "x", to_agent: "y", artifacts: ["x.md"] }]);
  });

  it("writes what a run reports of itself", async () => {
    await workflow.run("a", "t", (run) => {
      run.report({ outcome_status: "partial", files_modified: ["x.ts"], tools_used: ["Edit"] });
      run.report({ tests_passed: false, metadata: { input_tokens: 12 } });
      expect(() => run.report({ metadata: { input_tokens: 12n } })).toThrow(ArgumentError);
      expect(() => run.report({ outcome_status: "nope" as never })).toThrow(ArgumentError);
    });
    expect(updateOf("a")).toMatchObject({
      tools_used: ["Edit"],
      outcome: { status: "partial", files_modified: ["x.ts"], tests_passed: false },
      metadata: { input_tokens: 12 },
    });
  });

  it("does not let a report turn an exception into a success", async () => {
    const run = workflow.run("a", "t", (self) => {
      self.report({ outcome_status: "success", files_modified: ["x"] });
      throw new Error("late");
    });
    await expect(run).rejects.toThrow("late");
    expect(updateOf("a").outcome).toEqual({ status: "failure", error_message: "late", files_modified: ["x"] });
  });

  it("counts a failure that the same agent made good as made good", async () => {
    await workflow.run("a", "t", () => Promise.reject(new Error("x"))).catch(() => undefined);
    await workflow.run("a", "t", () => undefined);
    expect(workflow.complete()).toMatchObject({ status: "completed", agents_executed: ["a", "a"] });
  });

  it.each([
    ["first", "failed"],
    ["last", "failed"],
  ])("does not take a run that was under way for one that made good what failed %s", async (when, status) => {
    const [failing, working] = [gate(), gate()];
    const failed = workflow.run("a", "t", () => failing.opened.then(() => Promise.reject(new Error("x"))));
    const worked = workflow.run("a", "t", () => working.opened);
    for (const each of when === "first" ? [failing, working] : [working, failing]) {
      each.open();
      await Promise.allSettled([each === failing ? failed : worked]);
    }
    expect(workflow.complete().status).toBe(status);
  });

  it.each([
    ["an object without a text", Object.create(null) as Error],
    ["an error whose message is no text", Object.assign(new Error(), { message: { code: 1 } })],
    ["nothing", undefined],
  ])("throws on what was thrown, even %s", async (_, thrown) => {
    await expect(workflow.run("a", "t", () => Promise.reject(thrown as Error))).rejects.toBe(thrown);
    expect(updateOf("a").outcome).toEqual({ status: "failure", error_message: expect.any(String) });
    expect(workflow.complete().status).toBe("failed");
  });

  it("does not let a report without a value erase what is known", async () => {
    await workflow.run("a", "t", (run) => run.report({ outcome_status: undefined, duration_seconds: null, reward: 1 }));
    expect(updateOf("a")).toMatchObject({
      outcome: { status: "success" },
      duration_seconds: expect.any(Number),
      reward: 1,
    });
  });

  it("refuses to call itself completed while nobody can know", async () => {
    const end = gate();
    const run = workflow.run("a", "t", () => end.opened);
    expect(() => workflow.complete()).toThrow(/a is still running/);
    expect(workflow.status).toBe("running");
    await workflow.run("b", "t", () => Promise.reject(new Error("x"))).catch(() => undefined);
    expect(workflow.complete().status).toBe("failed");
    end.open();
    await run;
    expect(updateOf("a").outcome).toEqual({ status: "success" });
  });

  it("keeps what was reported, whatever becomes of the lists later", async () => {
    const tools_used = ["Edit"];
    const value = await workflow.run("a", "t", (run) => {
      run.report({ tools_used });
      tools_used.push(undefined as never);
      return 42;
    });
    expect(value).toBe(42);
    expect(updateOf("a").tools_used).toEqual(["Edit"]);
  });

  it("lets the caller overrule success", async () => {
    await workflow.run("a", "t", () => undefined);
    expect(workflow.complete({ success: false }).status).toBe("failed");
    expect(() => logger.startWorkflow({ project_name: "p", agent_plan: [] }).complete({ success: 1 as never })).toThrow(
      ArgumentError,
    );
  });

  it("can be cancelled, once; nothing runs in it afterwards", async () => {
    await workflow.run("a", "t", () => undefined);
    expect(workflow.status).toBe("running");
    expect(workflow.cancel("no longer needed").status).toBe("cancelled");
    expect(workflow.complete().status).toBe("cancelled");
    expect(events("workflow_cancelled")).toMatchObject([{ reason: "no longer needed", agents_executed: ["a"] }]);
    expect(events("workflow_complete")).toEqual([]);
    await expect(workflow.run("b", "t", () => undefined)).rejects.toThrow(/is cancelled/);
  });

  it("checks the arguments of run", async () => {
    await expect(workflow.run("", "t", () => undefined)).rejects.toThrow(/agent_name/);
    await expect(workflow.run("a", "", () => undefined)).rejects.toThrow(/task/);
    await expect(workflow.run("a", "t", undefined as never)).rejects.toThrow(/^work must be/);
    expect(workflow.complete().agents_executed).toEqual([]);
  });
});
