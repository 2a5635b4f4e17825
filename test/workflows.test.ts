import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer, TelemetryLogger, type WorkflowList } from "../src/index.js";
import { sharedData } from "./support/data.js";
import { temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";

const START = Date.parse("2026-11-01T10:00:00Z");
const NOW = ["--as-of", "2026-11-02T00:00:00Z"];

/** Workflows `nightly-00` and on, one an hour, the last one running; and `nightly`, whose id others begin with. */
function recordWorkflows(number: number): string {
  const directory = temporaryDirectory();
  const logger = new TelemetryLogger({ directory, enabled: true });
  for (let i = 0; i < number; i++) {
    const at = (seconds: number) => new Date(START + i * 3600_000 + seconds * 1000);
    const workflow_id = i === number - 2 ? "nightly" : `nightly-${String(i).padStart(2, "0")}`;
    const project_name = i % 2 === 0 ? "Shop" : "Customer Portal";
    const agent_plan = ["architect", "backend-developer", "qa"];
    logger.logWorkflowStart({ workflow_id, project_name, agent_plan, estimated_duration: 600, timestamp: at(0) });
    for (const [agent_name, from, to] of [
      ["architect", 10, 200],
      [i % 3 === 0 ? "frontend-developer" : "backend-developer", 230, 500],
    ] as const) {
      const invocation_id = logger.logInvocation({ agent_name, workflow_id, timestamp: at(from) });
      const outcome_status = i % 4 === 3 && from > 10 ? "failure" : "success";
      logger.updateInvocation({ invocation_id, duration_seconds: to - from, outcome_status, timestamp: at(to) });
    }
    if (i === number - 1) continue;
    const agents_executed = ["architect", "backend-developer"];
    logger.logWorkflowComplete({
      workflow_id,
      duration_seconds: 510,
      success: i % 4 !== 3,
      agents_executed,
      timestamp: at(510),
    });
  }
  logger.close();
  return directory;
}

describe("oak workflows", () => {
  it("says how to see single ones", async () => {
    const { stdout } = await oak(["workflows", "--dir", recordWorkflows(4), ...NOW]);
    expect(stdout).toContain("3 completed workflows");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(
      "one by one: oak workflows --list; one in detail: oak workflows ID",
    );
  });

  it.each([
    [["--status", "done"], "running, completed, failed, cancelled, abandoned"],
    [["--since", "yesterday"], "30m, 24h or 7d"],
    [["--limit", "0"], "greater than 0"],
    [["--limit", "1.5"], "whole number"],
    [["--page", "none"], "greater than 0"],
    [["nightly", "--status", "failed"], "--status lists workflows"],
    [["nightly", "other"], "too many arguments"],
  ])("refuses %j with exit code 2 and the way out", async (args, message) => {
    const { code, stdout, stderr } = await oak(["workflows", ...args, "--dir", recordWorkflows(1)]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("oak workflows ID", () => {
  it("draws one workflow, and gives all that is known of it as JSON", async () => {
    const directory = recordWorkflows(4);
    const { code, stdout, stderr } = await oak(["workflows", "nightly-01", "--dir", directory, ...NOW]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const text of [
      "completed  Customer Portal\nnightly-01\n",
      "8 min 30 s",
      "(-15%)",
      "█✓",
      "Critical path",
      "missing: qa",
    ])
      expect(stdout).toContain(text);
    expect(stdout).not.toContain("\u001b");
    for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);

    const analyzer = new TelemetryAnalyzer({ directory, as_of: NOW[1]! });
    expect(await oakJson(["workflows", "nightly-01", "--dir", directory, ...NOW])).toEqual(
      await analyzer.getWorkflow("nightly-01"),
    );
    analyzer.close();
    const coloured = await oak(["workflows", "nightly-01", "--dir", directory, ...NOW], { env: { FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain("\u001b[32m█");
  });

  it("takes the beginning of an id where only one begins so", async () => {
    const directory = recordWorkflows(14);
    const one = (id: string) => oak(["workflows", id, "--dir", directory, ...NOW]);
    expect((await one("nightly-03")).stdout).toContain("failed  Customer Portal\nnightly-03\n");
    expect((await one("nightly-1")).stderr).toMatch(
      /^oak: several .*"nightly-1"; give more of it:\n  nightly-10\n  nightly-11\n  nightly-13\n$/,
    );
    expect((await one("nightly-")).stderr).toMatch(/nightly-09\n  …\n$/);
    // A whole id is meant, though others begin with it.
    expect((await one("nightly")).stdout).toContain("\nnightly\n");
    for (const id of ["weekly", ""])
      expect(await one(id)).toEqual({
        code: 1,
        stdout: "",
        stderr: `oak: no workflow has an id that begins with "${id}": oak workflows --list lists them\n`,
      });
  });
});

describe("oak workflows --list", () => {
  it("lists pages, latest start first, and says how to get the next one", async () => {
    const directory = recordWorkflows(25);
    const { stdout } = await oak(["workflows", "--list", "--dir", directory, "--as-of", "2026-11-02T12:00:00Z"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^STARTED UTC +STATUS +TIME +VS EST +PROJECT$/);
    expect(lines[1]).toMatch(/^2026-11-02 10:00 +running +2 h +– +Shop$/);
    expect(lines[2]).toBe("  nightly-24  architect→frontend-developer");
    expect(lines[3]).toMatch(/^2026-11-02 09:00 +failed +8 min 30 s +-15% +Customer Portal$/);
    expect(lines[4]).toBe("  nightly  architect→backend-developer");
    expect(lines[40]).toBe("  nightly-05  architect→backend-developer");
    expect(lines.slice(41)).toEqual([
      "1–20 of 25, next:",
      `oak workflows --list --dir ${directory} --as-of 2026-11-02T12:00:00Z --page 2`,
    ]);
  });

  it("keeps the filters for the next page", async () => {
    const directory = recordWorkflows(12);
    const args = ["workflows", "--dir", directory, ...NOW, "--project", "customer portal", "--limit", "2"];
    const { stdout } = await oak([...args, "--page", "2"]);
    const next = /next:\s+oak (.*)$/m.exec(stdout)![1]!;
    expect(stdout).toContain("3–4 of 6, next:");
    expect(next).toBe(`${args.join(" ").replace("customer portal", "'customer portal'")} --page 3`);
    expect((await oak([...args, "--page", "3"])).stdout).toMatch(/\n5–6 of 6\n$/);
    expect((await oak([...args, "--page", "4"])).stdout).toBe("There is no page 4: 6 match.\n");
    expect((await oak([...args, "--agent", "nobody"])).stdout).toBe("No workflow matches.\n");
  });

  it("filters, and gives what the analyzer gives as JSON", async () => {
    const directory = recordWorkflows(12);
    const ids = async (...args: string[]) => {
      const list = await oakJson<WorkflowList>(["workflows", "--dir", directory, ...NOW, ...args]);
      return list.workflows.map(({ workflow_id }) => workflow_id);
    };
    expect(await ids("--status", "failed")).toEqual(["nightly-07", "nightly-03"]);
    expect(await ids("--status", "running")).toEqual(["nightly-11"]);
    expect(await ids("--agent", "frontend-developer")).toEqual([
      "nightly-09",
      "nightly-06",
      "nightly-03",
      "nightly-00",
    ]);
    expect(await ids("--since", "4h")).toEqual(["nightly-11", "nightly"]);
    expect(await ids("--since", "2026-11-01T18:30:00Z", "--project", "shop")).toEqual(["nightly"]);
    const analyzer = new TelemetryAnalyzer({ directory, as_of: NOW[1]! });
    expect(await oakJson(["workflows", "--list", "--dir", directory, ...NOW])).toEqual(await analyzer.listWorkflows());
    analyzer.close();
  });
});

const published = sharedData("oak-python");

describe.skipIf(published.absent)("the workflows of the Python logger", () => {
  it("are listed and drawn within 80 columns", async () => {
    const all = ["--dir", published.path, "--as-of", "2026-11-01T12:00:00Z"];
    const list = await oak(["workflows", "--list", ...all]);
    expect(list.stdout).toContain("1–20 of 208, next:");
    for (const id of ["wf-0205", "wf-0001", "wf-0100"]) {
      const { code, stdout } = await oak(["workflows", id, ...all]);
      expect(code).toBe(0);
      for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    }
  });
});
