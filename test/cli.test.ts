import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer, type AgentTrend, type WorkflowAnalysis } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";

const READING = "report stats agents workflows overhead handoffs patterns trends compare doctor".split(" ");
const COMMANDS = [...READING, ..."demo log schema watch sql export prune tables".split(" ")];

describe("oak", () => {
  it("explains itself, each command with an example", async () => {
    const help = await oak(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of COMMANDS) {
      expect(help.stdout).toContain(`  ${command} `);
      const { code, stdout } = await oak([command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n/);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    }
  });

  it("knows its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await oak(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    [["stat"], "Did you mean stats?"],
    [["stats", "--jsn"], "Did you mean --json?"],
    [["stats", "extra"], "too many arguments"],
    [["stats", "--as-of", "yesterday"], "ISO 8601"],
    [["trends", "--days", "7"], "more than 7"],
    [["trends", "--days", "many"], "greater than 0"],
    [["workflows", "--abandoned-after", "-1"], "greater than 0"],
    [["schema", "agent_nap"], "events: workflow_start"],
    [["log", "metric", "--invocation-id", "i", "--success", "--quality-rating", "6"], "quality_rating"],
    [["stats", "--dir", ""], "must not be empty"],
    [["log", "invocation", "--agent-name", "a", "--session-id", ""], "session_id"],
    [["log", "workflow-start"], "--project-name"],
    [["log", "workflow-complete", "--workflow-id", "w", "--duration-seconds", "-1", "--success"], "0 or more"],
    [["log", "update", "--invocation-id", "i", "--outcome-status", "great"], "success, failure, partial, unknown"],
    [["log", "invocation", "--agent-name", "a", "--metadata", "[]"], "JSON object"],
  ])("refuses %j with exit code 2 and the way out", async (args, message) => {
    const { code, stdout, stderr } = await oak(args, { env: { OAK_TELEMETRY_DIR: temporaryDirectory() } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("says what to do where nothing was recorded, and gives JSON all the same", async () => {
    const directory = temporaryDirectory();
    for (const command of READING) {
      const { code, stdout, stderr } = await oak([command, "--dir", directory]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^No telemetry yet in .*\n/);
      expect(stdout).toContain("oak demo");
      expect(await oakJson([command, "--dir", directory])).toEqual(expect.anything());
    }
  });

  it("takes a directory that was named and does not exist for a mistake", async () => {
    const missing = join(temporaryDirectory(), "missing");
    for (const command of READING) {
      const named = await oak([command, "--dir", missing, "--json"]);
      expect(named).toMatchObject({
        code: 1,
        stdout: "",
        stderr: `oak: telemetry directory ${missing} does not exist (named by --dir): check the path, or record something there first\n`,
      });
    }
    const { code, stderr } = await oak(["stats"], { env: { OAK_TELEMETRY_DIR: missing } });
    expect(code).toBe(1);
    expect(stderr).toContain("named by OAK_TELEMETRY_DIR");
  });

  it("says what is wrong with a file, in the words of the system", async () => {
    const directory = temporaryDirectory();
    const file = join(directory, "file");
    writeFileSync(file, "");
    const says = async (...args: string[]) => (await oak([...args, "--dir", file])).stderr;
    const mistaken = `oak: ${file} is a file, not a telemetry directory (named by --dir)\n`;
    for (const command of READING) expect(await says(command)).toBe(mistaken);
    expect(await says("demo")).toMatch(/^oak: the demo cannot be recorded in .*: EEXIST/);
    expect(await oak(["import", "otlp", "nothing.jsonl", "--dir", directory])).toEqual({
      code: 1,
      stdout: "",
      stderr: "oak: nothing.jsonl: no such file or directory\n",
    });
    expect(await oak(["import", "otlp", directory, "--dir", directory])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is a folder: name the files in it") as string,
    });
  });

  it("tells an empty log from one that begins after the time that counts as now", async () => {
    const directory = temporaryDirectory();
    await oak(["log", "invocation", "--agent-name", "a", "--dir", directory]);
    for (const command of ["report", "stats", "trends", "workflows"]) {
      const { code, stdout } = await oak([command, "--dir", directory, "--as-of", "2020-01-01"]);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `No telemetry in ${directory} from before 2020-01-01\n\n  Leave out --as-of to see what is there now.\n`,
      });
    }
    // Something is there, but not what was asked for.
    expect((await oak(["workflows", "--dir", directory])).stdout).toBe(
      "No workflow was recorded yet; oak stats shows the runs of agents.\n",
    );
  });

  it("finds the .oak folder of the project that it is called in", async () => {
    const project = temporaryDirectory();
    mkdirSync(join(project, ".oak"));
    mkdirSync(join(project, "src"));
    await oak(["log", "invocation", "--agent-name", "a"], { cwd: join(project, "src") });
    expect(existsSync(join(project, ".oak", "agent_invocations.jsonl"))).toBe(true);
    expect((await oak(["stats"], { cwd: project })).stdout).toContain("1 invocation by 1 agent");
  });
});

describe("oak log", () => {
  it("records a workflow from a script, and the analysis finds it", async () => {
    const directory = temporaryDirectory();
    const log = async (event: string, minute: number, fields: Record<string, string | string[]>) => {
      const options = Object.entries(fields).flatMap(([name, value]) => [`--${name}`, value].flat());
      const at = `2026-11-01T12:${String(minute).padStart(2, "0")}:00Z`;
      const { code, stdout, stderr } = await oak(["log", event, ...options, "--timestamp", at, "--dir", directory]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout.trim();
    };
    const workflow = {
      "workflow-id": await log("workflow-start", 0, { "project-name": "Shop", "agent-plan": "architect, developer" }),
    };
    const first = {
      "invocation-id": await log("invocation", 0, {
        ...workflow,
        "agent-name": "architect",
        "agent-type": "design",
        "task-description": "Design the API",
        "task-type": "design",
        "state-features": '{"scope": "small"}',
        "spec-id": "s-1",
        "spec-section": ["1.1", "1.2"],
        "agent-variant": "fast",
        "q-value": "0.5",
        exploration: "true",
        propensity: "0.25",
        "learning-enabled": "false",
      }),
    };
    await log("update", 4, { ...first, "duration-seconds": "240", "outcome-status": "success" });
    const artifacts = ["a.md", "b, c.md"];
    await log("handoff", 5, { ...workflow, "from-agent": "architect", "to-agent": "developer", artifacts });
    const second = { "invocation-id": await log("invocation", 5, { ...workflow, "agent-name": "developer" }) };
    const failure = { "outcome-status": "failure", "error-message": "tests failed", "tests-passed": "false" };
    await log("update", 10, { ...second, ...failure, "duration-seconds": "300" });
    await log("metric", 10, { ...second, success: "false", "quality-rating": "2" });
    const executed = { "agents-executed": ["architect", "developer"] };
    await log("workflow-complete", 10, { ...workflow, ...executed, "duration-seconds": "600", success: "false" });
    const cancelled = { "workflow-id": await log("workflow-start", 0, { "project-name": "Off" }) };
    await log("workflow-cancelled", 1, { ...cancelled, reason: "changed plans" });

    const now = ["--dir", directory, "--as-of", "2026-11-02"];
    expect(await oakJson<WorkflowAnalysis>(["workflows", ...now])).toMatchObject({
      total_workflows: 1,
      success_rate: 0,
      avg_duration_minutes: 10,
      cancelled_workflows: 1,
      most_common_patterns: [{ pattern: "architect→developer", count: 1 }],
    });
    expect(await oakJson(["overhead", ...now])).toMatchObject({ coordination_overhead_pct: 10, idle_share: 0.1 });
    expect(await oakJson(["stats", ...now])).toMatchObject({
      agents: { developer: { common_failures: ["tests failed"], average_quality: 2, average_duration_seconds: 300 } },
    });
    const handoff = readFileSync(join(directory, "workflow_events.jsonl"), "utf8").split("\n")[1]!;
    expect(JSON.parse(handoff)).toMatchObject({ artifacts: ["a.md", "b, c.md"] });
    const begin = readFileSync(join(directory, "workflow_events.jsonl"), "utf8").split("\n")[0]!;
    expect(JSON.parse(begin)).toMatchObject({ agent_plan: ["architect", "developer"] });
    const invocation = readFileSync(join(directory, "agent_invocations.jsonl"), "utf8").split("\n")[0]!;
    expect(JSON.parse(invocation)).toMatchObject({
      spec_section: ["1.1", "1.2"],
      q_value: 0.5,
      exploration: true,
      propensity: 0.25,
    });
    expect(await oakJson(["doctor", "--dir", directory])).toMatchObject({ healthy: true });
  });

  it("refuses a propensity that is none, and says what one is", async () => {
    const directory = temporaryDirectory();
    for (const wrong of ["0", "1.5", "-0.2"]) {
      const given = ["log", "invocation", "--agent-name", "a", "--dir", directory, `--propensity=${wrong}`];
      const { code, stderr } = await oak(given);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `oak: propensity must be a probability above 0, up to 1, got ${Number(wrong)}\n`,
      });
    }
    expect(existsSync(join(directory, "agent_invocations.jsonl"))).toBe(false);
  });

  it("takes --success with and without a value, and gives the id as JSON", async () => {
    const directory = temporaryDirectory();
    const complete = ["log", "workflow-complete", "--workflow-id", "w", "--duration-seconds", "1", "--dir", directory];
    expect(await oakJson([...complete, "--success"])).toEqual({ workflow_id: "w" });
    await oakJson([...complete, "--success", "true"]);
    await oakJson([...complete, "--success", "false"]);
    const lines = readFileSync(join(directory, "workflow_events.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { success: boolean }).success)).toEqual([true, true, false]);
  });

  it("writes nothing when telemetry is turned off", async () => {
    const directory = temporaryDirectory();
    const env = { OAK_TELEMETRY_ENABLED: "false", OAK_TELEMETRY_DIR: directory };
    const { code, stdout } = await oak(["log", "invocation", "--agent-name", "a"], { env });
    expect({ code, written: existsSync(join(directory, "agent_invocations.jsonl")) }).toEqual({
      code: 0,
      written: false,
    });
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  });
});

describe("oak demo", () => {
  it("records sample work and a live workflow, shows the analysis, and says what to do next", async () => {
    // Turned off for the user's own programs, it still shows what it would do.
    const { code, stdout, stderr } = await oak(["demo"], { env: { OAK_TELEMETRY_ENABLED: "false" } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const text of [
      "▶ systems-architect",
      "✔ qa-specialist",
      "completed workflows",
      "Coordination overhead",
      "Trends:",
      "Recommended: backend-architect",
      "Not enough evidence to recommend an agent",
      "What next",
      "oak init claude-code",
      "oak import claude-code",
    ])
      expect(stdout).toContain(text);
    expect(stdout).not.toContain("\u001b[");
    for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    const directory = /oak report --dir (\S+)/.exec(stdout)![1]!;
    const analyzer = new TelemetryAnalyzer({ directory });
    expect(await analyzer.analyzeWorkflows()).toMatchObject({ total_workflows: 57, running_workflows: 0 });
    const trends = await analyzer.getPerformanceTrends();
    expect(Object.values(trends).map(({ trend }: AgentTrend) => trend)).toEqual(
      expect.arrayContaining(["improving", "stable", "declining"]),
    );
    analyzer.close();
    expect(await oakJson(["doctor", "--dir", directory])).toMatchObject({ healthy: true, orphans: {} });
    rmSync(directory, { recursive: true });
  });
});

describe("oak demo with options", () => {
  it("records where it is told to, prints JSON, and does not mix with telemetry", async () => {
    const directory = join(temporaryDirectory(), "demo");
    const report = await oakJson(["demo", "--dir", directory]);
    expect(report).toMatchObject({ directory, workflows: { total_workflows: 57 } });
    expect(report["recommendations"]).toMatchObject([{ status: "recommended" }, { status: "not_enough_evidence" }]);
    const again = await oak(["demo", "--dir", directory]);
    expect(again).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("holds telemetry already") });
  });
});

describe("tables", () => {
  it("fit 80 columns, whatever the agents are called, and colour only when asked to", async () => {
    const directory = temporaryDirectory();
    const names = ["a".repeat(100), "日本語のエージェント名".repeat(4), "escape \u001b[31m\u0007", "plain"];
    for (const name of names) {
      const log = await oak(["log", "invocation", "--agent-name", name, "--dir", directory]);
      await oak([
        "log",
        "update",
        "--invocation-id",
        log.stdout.trim(),
        "--outcome-status",
        "success",
        "--dir",
        directory,
      ]);
    }
    for (const command of ["stats", "agents", "trends", "trends nobody", "report"]) {
      const { stdout } = await oak([...command.split(" "), "--dir", directory]);
      for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
      expect(stdout).not.toContain("\u001b");
      expect(stdout).not.toContain("\u0007");
    }
    const colour = (env: Record<string, string>) => oak(["stats", "--dir", directory], { env });
    expect((await colour({ FORCE_COLOR: "1" })).stdout).toContain("\u001b[1m");
    expect((await colour({ FORCE_COLOR: "1", NO_COLOR: "1" })).stdout).not.toContain("\u001b");
  });
});

describe("oak schema", () => {
  it("prints the JSON Schema of every event", async () => {
    const schemas = await oakJson(["schema"]);
    expect(Object.keys(schemas)).toHaveLength(7);
    expect(schemas["agent_handoff"]).toEqual(await oakJson(["schema", "agent_handoff"]));
    expect(schemas["agent_handoff"]).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      required: ["timestamp", "event", "workflow_id", "from_agent", "to_agent", "artifacts"],
      properties: { event: { const: "agent_handoff" }, artifacts: { type: "array", items: { type: "string" } } },
    });
  });
});
