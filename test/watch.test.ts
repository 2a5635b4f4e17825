import { appendFileSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { TelemetryLogger } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";
import { hasTerminal, startOak, startOakInTerminal, type RunningCommand } from "./support/process.js";

const WATCH = ["watch", "--interval", "0.1"];

/** Starts to watch, and waits until what happens from now on is told. */
async function watching(directory: string, ...args: string[]): Promise<RunningCommand> {
  const watch = startOak([...WATCH, "--dir", directory, ...args]);
  await watch.until("it watches", () => watch.stderr.includes("watching "));
  return watch;
}

/** Waits until it has printed a line that ends so, without the workflow's id. */
function told(watch: RunningCommand, text: string): Promise<void> {
  return watch.until(`it says ${text}`, () => texts(watch).includes(text));
}

/** What it said, without times and ids. */
function texts(watch: RunningCommand): string[] {
  return watch.lines.map((line) => line.replace(/^\S+Z {2}/, "").replace(/ {2}\([^()]*\)$/, ""));
}

describe("oak watch", () => {
  it("tells every step as it is recorded, in order, in a log that is not there yet; and ends on Ctrl-C", async () => {
    const directory = temporaryDirectory();
    const watch = await watching(directory);
    const logger = new TelemetryLogger({ directory, enabled: true });
    const workflow_id = logger.logWorkflowStart({
      project_name: "Shop",
      agent_plan: ["architect", "developer"],
      estimated_duration: 60,
    });
    await told(watch, "Shop  started: architect → developer, estimated 1 min");
    const design = logger.logInvocation({ agent_name: "architect", task_description: "Design it", workflow_id });
    await told(watch, "Shop  ▶ architect: Design it");
    logger.updateInvocation({ invocation_id: design, duration_seconds: 0.001, outcome_status: "success" });
    await told(watch, "Shop  ✓ architect success after 0 s");
    // Alone it changes nothing in who ran and runs.
    logger.logAgentHandoff({ workflow_id, from_agent: "architect", to_agent: "developer", artifacts: ["docs/api.md"] });
    await told(watch, "Shop  architect → developer: docs/api.md");
    const build = logger.logInvocation({ agent_name: "developer", workflow_id });
    await told(watch, "Shop  ▶ developer");
    const error_message = "tests failed";
    logger.updateInvocation({
      invocation_id: build,
      duration_seconds: 0.001,
      outcome_status: "failure",
      error_message,
    });
    await told(watch, "Shop  ✗ developer failure after 0 s: tests failed");
    logger.logWorkflowComplete({ workflow_id, duration_seconds: 75, success: false, agents_executed: [] });
    await told(watch, "Shop  failed in 1 min 15 s, estimated 1 min (+25%)");
    logger.close();
    expect(await watch.end("SIGINT")).toBe(130);
    expect(watch.lines).toHaveLength(7);
    expect(watch.stderr).toBe(`watching ${directory}: 0 workflows running\n`);
    for (const line of watch.lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ .* \(wf-[0-9a-f-]{36}\)$/);
  });

  it("tells of workflows that start and end between two looks, and nothing of those before", async () => {
    const directory = temporaryDirectory();
    const logger = new TelemetryLogger({ directory, enabled: true });
    const old = logger.startWorkflow({ project_name: "Old", agent_plan: [] });
    old.complete();
    const begun = logger.startWorkflow({ project_name: "Begun", agent_plan: [] });
    const watch = await watching(directory);
    const short = logger.startWorkflow({ project_name: "Short", agent_plan: ["solo"] });
    await short.run("solo", "Be quick", () => undefined);
    short.complete();
    begun.cancel("changed plans");
    await watch.until("both ended", () => texts(watch).filter((text) => /completed|cancelled/.test(text)).length === 2);
    logger.close();
    expect(
      texts(watch)
        .filter((text) => text.startsWith("Short"))
        .map((text) => text.replace(/\d.*/, "…")),
    ).toEqual([
      "Short  started: solo",
      "Short  ▶ solo: Be quick",
      "Short  ✓ solo success after …",
      "Short  completed in …",
    ]);
    expect(texts(watch).filter((text) => !text.startsWith("Short"))).toEqual([
      expect.stringMatching(/^Begun {2}cancelled in .*: changed plans$/),
    ]);
    expect(await watch.end("SIGTERM")).toBe(143);
  });

  it("is not confused by a file that is written anew, damage, or a line in two halves", async () => {
    const directory = temporaryDirectory();
    const file = join(directory, "agent_invocations.jsonl");
    const watch = await watching(directory);
    const logger = new TelemetryLogger({ directory, enabled: true });
    const workflow_id = logger.logWorkflowStart({ project_name: "Shop", agent_plan: [] });
    // As the Python logger does it: the end of a run replaces its line, and with it the whole file.
    const line = (invocation_id: string, agent_name: string, fields: object = {}) =>
      JSON.stringify({ timestamp: new Date().toISOString(), invocation_id, agent_name, workflow_id, ...fields });
    const first = line("i1", "first");
    writeFileSync(file, `${first}\n`);
    await told(watch, "Shop  ▶ first");
    const second = line("i2", "second");
    appendFileSync(file, `not JSON\n${second.slice(0, 40)}`);
    const done = line("i1", "first", { duration_seconds: 0.001, outcome: { status: "success" } });
    writeFileSync(file, "");
    writeFileSync(file, `${done}\nnot JSON\n${second.slice(0, 40)}`);
    await told(watch, "Shop  ✓ first success after 0 s");
    appendFileSync(file, `${second.slice(40)}\n`);
    await told(watch, "Shop  ▶ second");
    // For good, and then as it was.
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, "");
    logger.logAgentHandoff({ workflow_id, from_agent: "first", to_agent: "second", artifacts: [] });
    await told(watch, "Shop  first → second");
    writeFileSync(file, whole);
    logger.logWorkflowComplete({ workflow_id, duration_seconds: 1, success: true, agents_executed: [] });
    await told(watch, "Shop  completed in 1 s");
    logger.close();
    expect(await watch.end("SIGINT")).toBe(130);
    expect(texts(watch)).toEqual([
      "Shop  started",
      "Shop  ▶ first",
      "Shop  ✓ first success after 0 s",
      "Shop  ▶ second",
      "Shop  first → second",
      "Shop  completed in 1 s",
    ]);
  });

  it("says what is wrong with a file, once, and goes on when it is put right", async () => {
    const directory = temporaryDirectory();
    const watch = await watching(directory);
    const file = join(directory, "workflow_events.jsonl");
    mkdirSync(file);
    await watch.until("it complains", () => watch.stderr.includes("is not a file"));
    const logger = new TelemetryLogger({ directory, enabled: true, onError: () => undefined });
    logger.logInvocation({ agent_name: "solo", workflow_id: "wf" });
    rmdirSync(file);
    logger.logWorkflowStart({ project_name: "Shop", agent_plan: [], workflow_id: "wf" });
    logger.close();
    await told(watch, "Shop  ▶ solo");
    expect(watch.stderr.split("is not a file")).toHaveLength(2);
    expect(await watch.end("SIGINT")).toBe(130);
  });

  it("prints each change as a line of JSON", async () => {
    const directory = temporaryDirectory();
    const watch = await watching(directory, "--json");
    const logger = new TelemetryLogger({ directory, enabled: true });
    const workflow = logger.startWorkflow({ project_name: "Shop", agent_plan: ["solo"], workflow_id: "wf" });
    await workflow.run("solo", "Do it", () => undefined);
    workflow.complete();
    logger.close();
    await watch.until("it ended", () => watch.stdout.includes("workflow_ended"));
    const changes = watch.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const common = { time: expect.stringMatching(/Z$/), workflow_id: "wf", project_name: "Shop" };
    const run = { invocation_id: expect.any(String), agent_name: "solo" };
    const duration_seconds = expect.any(Number);
    expect(changes).toEqual([
      { ...common, change: "workflow_started", agent_plan: ["solo"], estimated_duration: null },
      { ...common, ...run, change: "run_began", task_description: "Do it" },
      { ...common, ...run, change: "run_ended", status: "success", duration_seconds, error_message: null },
      {
        ...common,
        change: "workflow_ended",
        status: "completed",
        duration_seconds,
        estimated_duration: null,
        estimate_error: null,
        cancel_reason: null,
      },
    ]);
    expect(await watch.end("SIGINT")).toBe(130);
  });

  it("shows the state once", async () => {
    const directory = temporaryDirectory();
    const once = (...args: string[]) => oak(["watch", "--once", "--dir", directory, ...args]);
    expect(await once()).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("Nothing is running.") });
    const logger = new TelemetryLogger({ directory, enabled: true });
    const timestamp = "2026-11-01T10:00:00Z";
    logger.logWorkflowStart({
      project_name: "Shop",
      agent_plan: ["qa"],
      workflow_id: "wf",
      estimated_duration: 600,
      timestamp,
    });
    logger.close();
    const { stdout } = await once("--as-of", "2026-11-01T10:05:00Z");
    expect(stdout).toBe("1 workflow running  10:05:00 UTC\n\nShop  wf  ██████████░░░░░░░░░░ 5 min of 10 min\n  ○ qa\n");
    const state = (...args: string[]) => oakJson(["watch", "--once", "--dir", directory, ...args]);
    expect(await state("--as-of", "2026-11-01T10:05:00Z")).toMatchObject({
      as_of: "2026-11-01T10:05:00.000Z",
      running_workflows: 1,
      workflows: [{ workflow_id: "wf", plan: { remaining: ["qa"] } }],
      ended: [],
    });
    expect(await state("--as-of", "2026-11-09")).toMatchObject({ running_workflows: 0, workflows: [] });
    expect(await state("--as-of", "2026-11-09", "--all")).toMatchObject({ workflows: [{ status: "abandoned" }] });
  });

  it.each([
    [["--as-of", "2026-11-01"], "needs --once"],
    [["--interval", "0"], "greater than 0"],
  ])("refuses %j with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await oak(["watch", "--dir", temporaryDirectory(), ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe.skipIf(!hasTerminal())("oak watch on a terminal", () => {
  const ENTERED = "\u001b[?1049h\u001b[?25l";
  const LEFT = "\u001b[?25h\u001b[?1049l";

  async function onScreen(directory: string): Promise<RunningCommand> {
    const watch = startOakInTerminal([...WATCH, "--dir", directory]);
    await watch.until("it draws", () => watch.stdout.includes("Nothing is running"));
    expect(watch.stdout).toContain(ENTERED);
    return watch;
  }

  it("draws what is running in place, and ends with q", async () => {
    const directory = temporaryDirectory();
    const watch = await onScreen(directory);
    const logger = new TelemetryLogger({ directory, enabled: true });
    const workflow = logger.startWorkflow({ project_name: "Shop", agent_plan: ["architect", "qa"] });
    const run = workflow.run("architect", "Design it", () =>
      watch.until("it is shown", () => watch.stdout.includes("▶")),
    );
    await run;
    workflow.complete();
    await watch.until("it ended", () => watch.stdout.includes("Ended last"));
    logger.close();
    watch.child.stdin!.write("q");
    expect(await watch.end()).toBe(0);
    expect(watch.stdout.trimEnd().endsWith(LEFT)).toBe(true);
    // Only once: nothing is cleared between frames.
    expect(watch.stdout.split("\u001b[2J")).toHaveLength(2);
  });

  it.each([
    ["Ctrl-C", 130, (watch: RunningCommand) => watch.child.stdin!.write("\u0003")],
    ["SIGTERM", 143, (watch: RunningCommand) => process.kill(Number(/pid (\d+)\./.exec(watch.stdout)![1]), "SIGTERM")],
    ["SIGHUP", 129, (watch: RunningCommand) => process.kill(Number(/pid (\d+)\./.exec(watch.stdout)![1]), "SIGHUP")],
  ])("puts the terminal back as it was on %s", async (_, code, stop) => {
    const watch = await onScreen(temporaryDirectory());
    stop(watch);
    expect(await watch.end()).toBe(code);
    expect(watch.stdout.trimEnd().endsWith(LEFT)).toBe(true);
  });
});
