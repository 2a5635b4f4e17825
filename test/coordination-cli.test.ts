import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import { TelemetryAnalyzer } from "../src/index.js";
import { append, temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";

const NOW = "2026-11-01T12:00:00Z";
const START = Date.parse("2026-10-02T08:00:00Z");
const DAY = 24 * 60 * 60 * 1000;
const HOSTILE = 'end "]<b>\nflowchart\u001b[31m';

/** A workflow of an architect, a tester and an agent with a hostile name, a minute apart; the tester fails lately. */
function workflowOn(day: number): TelemetryEvent[] {
  const workflow_id = `wf-${day}`;
  const at = (minutes: number) => new Date(START + day * DAY + minutes * 60_000).toISOString();
  const session = { session_id: "s", event_id: null, sequence: null };
  const run = (agent_name: string, start: number, end: number, success: boolean): TelemetryEvent[] => {
    const invocation_id = `${workflow_id}-${start}`;
    return [
      {
        ...session,
        event: "invocation_start",
        timestamp: at(start),
        invocation_id,
        agent_name,
        agent_type: "development",
        task_description: null,
        state_features: {},
        parent_invocation_id: null,
        workflow_id,
        task_type: agent_name === "architect" ? "design" : "test",
        metadata: {},
      },
      {
        ...session,
        event: "invocation_update",
        timestamp: at(end),
        invocation_id,
        duration_seconds: (end - start) * 60,
        outcome: { status: success ? "success" : "failure" },
      },
    ];
  };
  return [
    {
      ...session,
      event: "workflow_start",
      timestamp: at(0),
      workflow_id,
      project_name: "Shop",
      agent_plan: ["architect", "tester"],
      estimated_duration: null,
    },
    ...run("architect", 1, 5, true),
    ...run("tester", 6, 8, day < 22),
    ...run(HOSTILE, 9, 10, true),
    {
      ...session,
      event: "workflow_complete",
      timestamp: at(10),
      workflow_id,
      duration_seconds: 600,
      success: day < 22,
      agents_executed: ["architect", "tester", HOSTILE],
    },
  ];
}

const COMMANDS = ["overhead", "patterns", "handoffs", "compare", "trends"];

describe("commands about coordination", () => {
  it("explain themselves, with examples", async () => {
    for (const command of COMMANDS) {
      const { code, stdout } = await oak([command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples:\n {2}oak /);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    }
    expect((await oak(["--help"])).stdout).toMatch(/ {2}patterns .*\n[^]* {2}compare /);
  });

  it("say what to do where nothing was recorded, and give JSON and graphs all the same", async () => {
    const directory = temporaryDirectory();
    for (const command of COMMANDS) {
      const { code, stdout, stderr } = await oak([command, "--dir", directory]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^No telemetry yet in .*\n/);
      expect(await oakJson([command, "--dir", directory])).toEqual(expect.anything());
    }
    expect((await oak(["trends", "nobody", "--dir", directory])).stdout).toMatch(/^No telemetry yet/);
    const graph = await oak(["patterns", "--graph", "mermaid", "--dir", directory]);
    expect(graph.stdout).toBe('flowchart LR\n  start(["start"])\n  finish(["end"])\n');
  });

  it("say what is missing where something else was recorded", async () => {
    const directory = temporaryDirectory();
    const [start] = workflowOn(0);
    append(directory, [start!]);
    const says = async (...args: string[]) =>
      (await oak([...args, "--dir", directory, "--as-of", "2026-10-03"])).stdout;
    expect(await says("overhead")).toBe("No workflow has completed yet; 1 workflow is running.\n");
    expect(await says("patterns")).toBe("No workflow with runs has completed yet.\n");
    expect(await says("handoffs")).toBe("In no completed workflow does a run follow another yet.\n");
    expect(await says("trends")).toBe("No agent has run yet.\n");
    expect(await says("compare", "--days", "1")).toBe(
      "No invocation in 2026-10-01 to 2026-10-02.\nNo invocation in 2026-10-02 to 2026-10-03.\noak stats says from when to when there are some: --as-of, --split, or --before\nand --after look there.\n",
    );
  });

  it.each([
    [["overhead", "--bands", "15"], "two percentages"],
    [["overhead", "--bands", "30,15"], "two percentages"],
    [["report", "--bands", "15,101"], "two percentages"],
    [["overhead", "--bands", "15,,30"], "two percentages"],
    [["patterns", "--by", "colour"], "agent, task"],
    [["patterns", "--limit", "0"], "greater than 0"],
    [["patterns", "--limit", "1.5"], "whole number"],
    [["patterns", "--graph", "svg"], "mermaid, dot"],
    [["patterns", "--graph", "dot", "--json"], "cannot be used with"],
    [["compare", "--before", "2026-10-01"], "2026-10-01..2026-10-15"],
    [["compare", "--before", "2026-10-02..2026-10-01"], "end after it starts"],
    [["compare", "--before", "2026-10-01..2026-10-02"], "used together"],
    [["compare", "--split", "2026-10-01", "--days", "3"], "only one"],
    [["compare", "--split", "2026-10-03", "--as-of", "2026-10-02"], "in the past"],
    [["compare", "--split", "soon"], "ISO 8601"],
    [["compare", "--days", "0"], "greater than 0"],
  ])("refuse %j with exit code 2 and the way out", async (args, message) => {
    const { code, stdout, stderr } = await oak(args, { env: { OAK_TELEMETRY_DIR: temporaryDirectory() } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("a month of workflows", () => {
  // One a day. Only read, so that all tests can share it.
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "oak-test-"));
    append(directory, Array.from({ length: 30 }, (_, day) => workflowOn(day)).flat());
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function shown(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await oak([...args, "--dir", directory, "--as-of", NOW]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain("\u001b");
    return stdout;
  }

  it("fits 80 columns without colour, and has colour when asked to", async () => {
    for (const command of [...COMMANDS, "report", "trends tester", "patterns --by task", "compare --split 2026-10-24"])
      await shown(...command.split(" "));
    for (const command of ["overhead", "trends"]) {
      const run = (env: Record<string, string>) => oak([command, "--dir", directory, "--as-of", NOW], { env });
      expect((await run({ FORCE_COLOR: "1" })).stdout).toContain("\u001b[");
      expect((await run({ FORCE_COLOR: "1", NO_COLOR: "1" })).stdout).not.toContain("\u001b");
    }
  });

  it("gives as JSON exactly what the analyzer gives", async () => {
    const expectSame = async <T>(args: string, ask: (analyzer: TelemetryAnalyzer) => Promise<T>, options = {}) => {
      const analyzer = new TelemetryAnalyzer({ directory, as_of: NOW, ...options });
      const expected: unknown = JSON.parse(JSON.stringify(await ask(analyzer)));
      analyzer.close();
      expect(await oakJson([...args.split(" "), "--dir", directory, "--as-of", NOW])).toEqual(expected);
    };
    const bands = { stay: 45, consider: 60 };
    await expectSame("overhead --bands 45,60", (analyzer) => analyzer.calculateCoordinationOverhead(), { bands });
    await expectSame("patterns --by task", (analyzer) => analyzer.analyzePatterns("task_type"));
    await expectSame("handoffs", (analyzer) => analyzer.analyzeHandoffs());
    await expectSame("trends tester", (analyzer) => analyzer.getAgentPerformanceTrends("tester"));
    await expectSame("compare --before 2026-10-01..2026-10-24 --after 2026-10-24..2026-11-01", (analyzer) =>
      analyzer.comparePeriods({ start: "2026-10-01", end: "2026-10-24" }, { start: "2026-10-24", end: "2026-11-01" }),
    );
  });

  it("oak overhead names the share, its band, the cause, and what to do", async () => {
    const text = await shown("overhead");
    expect(text).toMatch(
      /^Coordination overhead of 30 workflows\nwaiting 30\.0% \(95%: 30\.0–30\.0\): Monitor overhead/,
    );
    expect(text).toMatch(/\nMain cause: gaps between agents, 20\.0% of the time\./);
    expect(await shown("overhead", "--bands", "10,20")).toMatch(/: Consider Phase 3[^]*below 10% stay, above 20%/);
    expect(await shown("report", "--bands", "10,20")).toMatch(/: Consider Phase 3[^]*more: oak overhead/);
  });

  it("oak patterns shows sequences, by task too, and draws them", async () => {
    expect(await shown("patterns")).toMatch(/ 30 +100\.0% +73\.3% .* architect→tester→end\n +"\]<b>/);
    expect(await shown("patterns", "--by", "task")).toContain("design→test ×2");
    expect((await shown("patterns", "--graph", "mermaid")).split("\n")).toEqual([
      "flowchart LR",
      '  start(["start"])',
      '  n0["architect"]',
      '  n1["tester"]',
      '  n2["end#32;#34;#93;#60;b#62;<br/>flowchart\uFFFD#91;31m"]',
      '  finish(["end"])',
      '  start -->|"30×"| n0',
      '  n0 -->|"30× · 1 min"| n1',
      '  n1 -->|"30× · 1 min"| n2',
      '  n2 -->|"30×"| finish',
      "",
    ]);
    expect(await shown("patterns", "--graph", "dot")).toContain('n2 [label="end \\"]<b>\\nflowchart\uFFFD[31m"];');
  });

  it("oak handoffs shows the grid and the waits", async () => {
    const text = await shown("handoffs");
    expect(text).toMatch(/^Handovers: 60, 0\.0% of them from an agent to itself\n# {2}FROM \\ TO /);
    expect(text).toMatch(/\narchitect→tester +30 +0 +1 min +1 min +30 min +0% +0%\n/);
  });

  it("oak compare says what chance explains", async () => {
    const text = await shown("compare", "--split", "2026-10-24");
    expect(text).toMatch(/^Less success than before: tester \(100% → 0%\)/);
    expect(text).toMatch(/\n\nBefore: everything before 2026-10-24, 66 invocations, 22 completed workflows\n/);
    expect(text).toMatch(/\ntester +22→8 +100%→0% +-100\.0 +-100 to -\d+ +worse +0 s +–\n/);
    expect(text).toMatch(/\narchitect +22→8 +100%→100% +0\.0 +.* chance /);
    expect(await shown("compare", "--before", "2020-01-01..2020-02-01", "--after", "2026-10-01..2026-11-01")).toContain(
      "No invocation in 2020-01-01 to 2020-02-01.",
    );
  });

  it("oak trends draws the days, and raises the alarm", async () => {
    const text = await shown("trends");
    expect(text).toMatch(/\ntester +declining +<0\.1% +█{21}▁{8}\n/);
    expect(text).toMatch(/\ntester: declining since 2026-10-24: 100% over 21 runs before, 0% over 8 since;/);
    const one = await shown("trends", "tester");
    expect(one).toMatch(/^tester: getting worse\nlast 7 days against the 23 before\n/);
    expect(one).toContain("alert      declining since 2026-10-24");
    expect(await shown("trends", "nobody")).toMatch(
      /^No agent is called nobody\.\nAgents with telemetry: architect, tester,/,
    );
  });
});
