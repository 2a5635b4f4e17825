import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { KeywordHistory, type KeywordRun } from "../src/backtest/keyword.js";
import type { ReplayResult } from "../src/backtest/replays.js";
import type { TelemetryEvent } from "../src/event/events.js";
import { backtest, type BacktestReport } from "../src/index.js";
import { sharedData } from "./support/data.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";

const START = Date.parse("2026-10-01T08:00:00Z");

/** Two agents, each good at one kind of task, sent to both by turns: one run a minute. */
function history(runs: number, told: { exploration?: boolean; drawn?: boolean } = {}): TelemetryEvent[] {
  const { exploration, drawn = false } = told;
  return Array.from({ length: runs }, (_, i): TelemetryEvent[] => {
    const [task, good] = i % 2 === 0 ? ["draw a page", "frontend"] : ["query a table", "backend"];
    const agent_name = i % 3 === 0 ? "backend" : "frontend";
    const at = (second: number) => ({
      timestamp: new Date(START + i * 60_000 + second * 1000).toISOString(),
      session_id: "session",
      event_id: `e${i}-${second}`,
      sequence: 2 * i + (second > 0 ? 1 : 0),
    });
    const base = { invocation_id: `run-${String(i).padStart(4, "0")}`, agent_name };
    return [
      {
        event: "invocation_start",
        ...at(0),
        ...base,
        task_description: `${task} number ${i}`,
        task_type: good === "frontend" ? "web" : "data",
        ...(exploration === undefined ? {} : { exploration }),
        ...(drawn ? { propensity: agent_name === "backend" ? 1 / 3 : 2 / 3 } : {}),
      },
      {
        event: "invocation_update",
        ...at(30),
        ...base,
        duration_seconds: 30,
        outcome: { status: agent_name === good ? "success" : "failure" },
      },
    ];
  }).flat();
}

describe("the specified formula", () => {
  const { path, absent } = sharedData("oak-python");

  it.skipIf(absent)("gives what the specified implementation gives, digit by digit", () => {
    interface Line {
      readonly agent_name: string;
      readonly agent_type: string;
      readonly task_description: string;
      readonly state_features: { readonly task: { readonly type: string } };
      readonly outcome: { readonly status: string };
      readonly duration_seconds: number | null;
    }
    const lines = readFileSync(join(path, "agent_invocations.jsonl"), "utf8").trim().split("\n");
    const runs = lines.map((line): KeywordRun => {
      const { agent_name, agent_type, task_description, state_features, outcome, duration_seconds } = JSON.parse(
        line,
      ) as Line;
      const success = outcome.status === "success";
      return {
        agent_name,
        agent_type,
        task_description,
        task_type: state_features.task.type,
        success,
        duration_seconds,
      };
    });
    const expected = JSON.parse(readFileSync(join(path, "expected.json"), "utf8")) as {
      readonly query_best_agent_min_confidence_0: readonly {
        readonly task: string;
        readonly domain: string | null;
        readonly result: Record<string, unknown>;
      }[];
    };
    const keyword = new KeywordHistory(runs);
    expect(expected.query_best_agent_min_confidence_0).toHaveLength(6);
    for (const { task, domain, result } of expected.query_best_agent_min_confidence_0) {
      const { recent_performance: _, ...specified } = result;
      expect(keyword.rank(task, domain)[0]).toEqual(specified);
    }
  });
});

describe("oak backtest on one's own history", () => {
  it("says how well stated probabilities matched, and that people's choices tell nothing of advice", async () => {
    const { code, stdout, stderr } = await oak(["backtest", "--dir", directoryOf(history(120))]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^Backtest: 119 runs in order of time; the first is left out, because nothing was\nknown before\n/,
    );
    expect(stdout).toMatch(/oak states better\s+probabilities/);
    expect(stdout).toMatch(/cannot be known: no run is\s+marked as exploration, or\s+has a propensity below 1/);
    for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it("learns who is good at what, and estimates what that is worth where chance chose", async () => {
    const report = await backtest({ directory: directoryOf(history(300, { exploration: true })) });
    expect(report).toMatchObject({ runs: 300, first_runs: 1, verdict: "better" });
    expect(report.advice.same.success_rate).toBeGreaterThan(0.9);
    expect(report.advice.different.success_rate).toBeLessThan(0.1);
    expect(report.advice_value).toMatchObject({ status: "estimated", random_success_rate: expect.closeTo(0.5, 1) });
    expect(report.advice_value).toMatchObject({ success_rate: expect.closeTo(1, 1) });
  });

  it("weighs by the propensities that were recorded, whatever else is said of exploring", async () => {
    const directory = directoryOf(history(300, { drawn: true }));
    const { advice_value } = await backtest({ directory });
    expect(advice_value).toMatchObject({
      status: "estimated",
      success_rate: expect.closeTo(1, 1),
      random_success_rate: expect.closeTo(0.5, 1),
      mean_weight: expect.closeTo(1, 1),
    });
    // Half of the runs with weight 1.5, half of these with 3: (Σw)² / Σw² of 100 and 50.
    expect(advice_value.effective_runs).toBeGreaterThan(120);
    expect(advice_value.effective_runs).toBeLessThan(advice_value.matched);
    const { stdout } = await oak(["backtest", "--dir", directory]);
    expect(stdout).toMatch(/Estimated from \d+ runs whose agent was left to chance, \d+ of them as\s+advised/);
  });

  it("is the same as JSON, and again", async () => {
    const directory = directoryOf(history(60));
    const json = await oakJson<BacktestReport>(["backtest", "--dir", directory]);
    expect(json).toEqual(JSON.parse(JSON.stringify(await backtest({ directory }))));
    expect((await oakJson<BacktestReport>(["backtest", "--dir", directory, "--last", "10"])).runs).toBe(10);
  });

  it("leaves out what was logged later", async () => {
    const directory = directoryOf(history(60));
    const as_of = new Date(START + 20 * 60_000).toISOString();
    expect((await backtest({ directory, as_of })).runs).toBe(20);
  });

  it("draws a reliability diagram", async () => {
    const file = join(temporaryDirectory(), "r.svg");
    const { code, stderr } = await oak(["backtest", "--dir", directoryOf(history(60)), "--plot", file]);
    expect([code, stderr]).toEqual([0, `wrote ${file}\n`]);
    const svg = readFileSync(file, "utf8");
    expect(svg).toMatch(/^<svg [^>]*>[\s\S]*<\/svg>\n$/);
    expect(svg.match(/<circle /g)!.length).toBeGreaterThan(1);
    expect(svg).toContain("stated probability of success");
  });

  it("says what to do where there is nothing yet", async () => {
    const empty = await oak(["backtest", "--dir", temporaryDirectory()]);
    expect(empty.code).toBe(0);
    expect(empty.stdout).toContain("No run with a known outcome");
    expect(empty.stdout).toContain("oak demo");
    const one = await oak(["backtest", "--dir", directoryOf(history(1))]);
    expect(one.stdout).toContain("Record some more");
  });
});

describe("oak backtest on an outcome table", () => {
  let tasks = "";
  let outcomes = "";
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "oak-test-"));
    tasks = join(folder, "tasks.jsonl");
    outcomes = join(folder, "outcomes.csv");
    const kinds = ["draw a page", "query a table", "deploy a cluster"];
    const lines = Array.from({ length: 60 }, (_, i) => ({ id: `t${i}`, kind: i % 3 }));
    writeFileSync(
      tasks,
      lines
        .map(({ id, kind }) => JSON.stringify({ task_id: id, domain: null, text: `${kinds[kind]} ${id}` }))
        .join("\n"),
    );
    const rows = lines.flatMap(({ id, kind }) =>
      [0, 1, 2].map((agent) => `${id},agent-${agent},0,${agent === kind ? 1 : 0},60,`),
    );
    writeFileSync(outcomes, ["task_id,agent,trial,success,duration_s,tokens", ...rows].join("\n"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const table = (...more: string[]) => ["backtest", "--tasks", tasks, "--outcomes", outcomes, ...more];

  it("compares all methods", async () => {
    const result = await oakJson<ReplayResult>(table("--seeds", "3"));
    expect(Object.keys(result.methods)).toEqual(["random", "global", "wilson", "thompson", "domain", "keyword", "oak"]);
    expect(Object.keys(result.methods["oak"]!)).toEqual(
      expect.arrayContaining(["value", "value_se", "brier", "ece", "log_loss"]),
    );
    expect(result.reference).toMatchObject({ oracle: 1 });
    expect(result.reference.random).toBeCloseTo(1 / 3);
    expect(result).toMatchObject({ pool: 3, history: 100, seeds: 3, first_seed: 0, mode: "standard", domain: true });
    expect(result.methods["oak"]!.value).toBeGreaterThan(0.9);
    expect(result.methods["global"]!.value).toBeLessThan(0.6);
  });

  it.each(["specialist", "closed-loop"])("in mode %s", async (mode) => {
    const result = await oakJson<ReplayResult>(table("--seeds", "2", "--mode", mode, "--pool", "2", "--no-domain"));
    expect(result).toMatchObject({ mode, pool: 2, domain: false, specialists: mode === "specialist" });
    expect(result.methods["oak"]!.value).toBeGreaterThan(result.reference.random);
  });

  it("prints a table that fits, with its standard errors and what they are of", async () => {
    const { code, stdout, stderr } = await oak(table("--seeds", "2", "--first-seed", "5"));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("3 agents, 100 runs of history, domains known, standard; seeds 5 to 6");
    expect(stdout).toMatch(/^keyword /m);
    for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it("says where a file is wrong, and how the call is", async () => {
    const bad = join(temporaryDirectory(), "bad.csv");
    writeFileSync(bad, "task_id,agent,success\nt0,x,1\nt1,x,maybe\n");
    const fails = async (args: readonly string[]) => {
      const { code, stderr } = await oak(args);
      return `${code} ${stderr}`;
    };
    expect(await fails(["backtest", "--tasks", tasks, "--outcomes", bad])).toBe(
      `1 oak: ${bad}:3:3: success "maybe" is not a number from 0 to 1\n`,
    );
    expect(await fails(["backtest", "--tasks", outcomes, "--outcomes", outcomes])).toContain(
      `1 oak: ${outcomes}:1:2: this is not JSON`,
    );
    expect(await fails(["backtest", "--tasks", "/nowhere", "--outcomes", outcomes])).toMatch(/^1 oak: .*\/nowhere/);
    expect(await fails(table("--pool", "9"))).toContain("1 oak: a pool of 9 is more than the 3 agents there are");
    expect(await fails(table("--mode", "recur"))).toContain("1 oak: to recur, tasks need two trials or more");
    expect(await fails(["backtest", "--tasks", tasks])).toContain("2 oak: an outcome table is two files");
    expect(await fails(["backtest", "--pool", "3"])).toContain("2 oak: --pool: for outcome tables only");
    expect(await fails(table("--last", "3"))).toMatch(/^2 oak: .*--last/);
    expect(await fails(table("--seeds", "0"))).toMatch(/^2 /);
  });
});

describe("the published outcome tables", () => {
  const { path, absent } = sharedData("selection");

  it.skipIf(absent)(
    "show the advice to be better than chance, and its probabilities better than the formula's",
    async () => {
      for (const name of ["bfcl", "alpaca"]) {
        const files = ["--tasks", join(path, `${name}.tasks.jsonl`), "--outcomes", join(path, `${name}.outcomes.csv`)];
        const { methods, reference } = await oakJson<ReplayResult>(["backtest", ...files, "--seeds", "4"]);
        expect(methods["oak"]!.value).toBeGreaterThan(reference.random + 0.05);
        expect(methods["oak"]!.value).toBeLessThan(reference.oracle);
        expect(methods["oak"]!.brier).toBeLessThan(methods["keyword"]!.brier - 0.05);
        expect(methods["oak"]!.ece).toBeLessThan(0.1);
      }
    },
  );
});
