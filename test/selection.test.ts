import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import stringWidth from "string-width";
import { describe, expect, it, vi } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import {
  AgentSelector,
  queryBestAgent,
  type AgentAdvice,
  type AgentRanking,
  type NoSuitableAgent,
  type NotEnoughEvidence,
  type Recommendation,
} from "../src/index.js";
import { SelectionModel } from "../src/select/model.js";
import { sharedData } from "./support/data.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak } from "./support/oak.js";

const START = Date.parse("2026-10-01T08:00:00Z");
const AS_OF = "2026-11-01T12:00:00Z";

/** One run in a history. */
interface Told {
  readonly agent: string;
  readonly task: string;
  readonly type?: string;
  readonly status?: "success" | "failure" | "partial" | "unknown";
  /** What somebody says of it afterwards. */
  readonly judged?: boolean;
  readonly hash?: string;
  readonly seconds?: number;
}

/** The events of these runs, one a minute. */
function history(runs: readonly Told[], beginning = "run"): TelemetryEvent[] {
  return runs.flatMap(({ agent, task, type, status = "success", judged, hash, seconds = 60 }, i): TelemetryEvent[] => {
    const invocation_id = `${beginning}-${i}`;
    const at = (second: number) => ({
      timestamp: new Date(START + i * 60_000 + second * 1000).toISOString(),
      session_id: "s",
      event_id: `${invocation_id}#${second}`,
      sequence: i * 3 + Math.min(second, 2),
    });
    return [
      {
        ...at(0),
        event: "invocation_start",
        invocation_id,
        agent_name: agent,
        task_description: task,
        task_type: type ?? null,
        definition_hash: hash ?? null,
      },
      { ...at(1), event: "invocation_update", invocation_id, duration_seconds: seconds, outcome: { status } },
      ...(judged === undefined
        ? []
        : [
            {
              ...at(2),
              event: "success_metric",
              invocation_id,
              success: judged,
              quality_rating: judged ? 5 : 1,
            } as const,
          ]),
    ];
  });
}

const repeat = (n: number, run: (i: number) => Told): Told[] => Array.from({ length: n }, (_, i) => run(i));

/** A team of specialists: each good at its own, the api-builder less so. */
const TEAM: readonly Told[] = repeat(60, (i) => {
  const place = ["checkout", "login", "search", "invoices", "profile"][i % 5]!;
  const one: readonly Told[] = [
    {
      agent: "api-builder",
      task: `Build REST endpoint for ${place}`,
      type: "backend",
      status: i % 5 === 0 ? "failure" : "success",
    },
    { agent: "page-builder", task: `Style the ${place} page`, type: "frontend" },
    { agent: "auditor", task: `Audit permissions of ${place}`, type: "security" },
  ];
  return one[i % 3]!;
});

async function ask(
  events: readonly TelemetryEvent[],
  task_description: string,
  more: object = {},
): Promise<AgentAdvice> {
  return queryBestAgent(
    { task_description, ...more },
    { directory: directoryOf(events), as_of: AS_OF, agents_dir: temporaryDirectory() },
  );
}

function recommended(advice: AgentAdvice): Recommendation {
  if (advice.status !== "recommended") throw new Error(`${advice.status}: ${advice.reason}`);
  return advice;
}

/** Prior and shares are all that a confidence is made of. */
function expectExact({ confidence, explanation }: Pick<Recommendation, "confidence" | "explanation">): void {
  const sum = Object.values(explanation.shares).reduce((total, share) => total + share, explanation.prior);
  expect(Math.min(0.98, Math.max(0.02, sum))).toBeCloseTo(confidence, 10);
}

describe("recommending an agent", () => {
  it("goes by what came of similar tasks, not by who succeeds at others", async () => {
    const advice = recommended(await ask(history(TEAM), "Build a REST endpoint for shipping"));
    expect(advice.agent_name).toBe("api-builder");
    expect(advice.total_tasks).toBe(20);
    expect(advice.success_rate).toBe(0.8);
    expect(advice.avg_duration_minutes).toBe(1);
    expect(advice.all_tasks).toBe(20);
    expect(advice.recent_performance).toBe("insufficient_data");
    expect(advice.confidence_interval[0]).toBeLessThan(advice.confidence);
    expect(advice.explanation.runs_for[0]).toMatchObject({ agent_name: "api-builder", outcome: 1 });
    expect(advice.explanation.runs_against[0]).toMatchObject({ agent_name: "api-builder", outcome: 0 });
    expectExact(advice);
  });

  it("gives the same answer to the same question", async () => {
    const events = history(TEAM);
    const answers = await Promise.all([events, events.toReversed()].map((each) => ask(each, "Audit the new page")));
    expect(answers[1]).toEqual(answers[0]);
  });

  it("tells who is not good enough from who is not known", async () => {
    const failing = history([
      ...TEAM,
      ...repeat(12, (i) => ({
        agent: "api-builder",
        task: `Migrate Oracle table ${i}`,
        type: "oracle",
        status: "failure" as const,
      })),
    ]);
    const unsuitable = (await ask(failing, "Migrate an Oracle schema", { domain: "oracle" })) as NoSuitableAgent;
    expect(unsuitable.status).toBe("no_suitable_agent");
    expect(unsuitable.specialist.covers.slice(0, 3)).toEqual(expect.arrayContaining(["oracle", "migrate"]));
    expect(unsuitable.specialist.failed_tasks).toHaveLength(5);
    expect(unsuitable.alternatives[0]).toMatchObject({ agent_name: "api-builder", tested: true });

    const unknown = (await ask(failing, "Compose a sonata")) as NotEnoughEvidence;
    expect(unknown).toMatchObject({ status: "not_enough_evidence", reason: "no agent has done a task like this one" });
  });

  it("says what a domain was taken for, and what would be known", async () => {
    expect((await ask(history(TEAM), "Do it", { domain: "page" })).domain).toEqual({
      asked: "page",
      matched: ["page-builder"],
      labels: ["frontend"],
    });
    const { domain } = await ask(history(TEAM), "Do it", { domain: "gardening" });
    expect(domain).toMatchObject({ matched: [], labels: [] });
    expect(domain?.known).toContain("security");
  });

  it("explores the plausible, and says so", async () => {
    const events = history([
      ...TEAM,
      { agent: "new-api-builder", task: "Build REST endpoint for returns", type: "backend" },
    ]);
    const tasks = ["refunds", "orders", "invoices", "stock", "carts", "coupons", "taxes", "gifts"];
    const tried = new Set<string>();
    for (const task of tasks) {
      const advice = recommended(await ask(events, `Build REST endpoint for ${task}`, { explore: true }));
      expect(advice.exploration).toBe(true);
      tried.add(advice.agent_name);
    }
    expect(tried).toContain("new-api-builder");
    expect(tried).not.toContain("auditor");
    expect(recommended(await ask(events, "Build REST endpoint for refunds")).exploration).toBe(false);
  });

  it("states how probable its choice was, which is how often tasks of equal standing are answered so", async () => {
    const events = history([
      ...TEAM,
      ...repeat(2, () => ({ agent: "new-api-builder", task: "Build REST endpoint for returns", type: "backend" })),
    ]);
    const selector = new AgentSelector({
      directory: directoryOf(events),
      as_of: AS_OF,
      agents_dir: temporaryDirectory(),
    });
    const times = 400;
    const told = new Map<string, Set<number>>();
    const counts = new Map<string, number>();
    for (let i = 0; i < times; i++) {
      // No run has this word: it says nothing, and its luck is another.
      const query = { task_description: `Build REST endpoint for thing${i}`, explore: true };
      const { agent_name, propensity } = recommended(await selector.queryBestAgent(query));
      counts.set(agent_name, (counts.get(agent_name) ?? 0) + 1);
      told.set(agent_name, (told.get(agent_name) ?? new Set()).add(propensity));
    }
    const query = { task_description: "Build REST endpoint for thing1" };
    expect(recommended(await selector.queryBestAgent(query)).propensity).toBe(1);
    selector.close();
    expect([...told.keys()].toSorted()).toEqual(["api-builder", "new-api-builder"]);
    let sum = 0;
    for (const [agent_name, stated] of told) {
      expect(stated.size).toBe(1);
      const [propensity = 0] = stated;
      sum += propensity;
      expect(Math.abs(counts.get(agent_name)! / times - propensity)).toBeLessThan(
        4 * Math.sqrt((propensity * (1 - propensity)) / times),
      );
    }
    expect(sum).toBeCloseTo(1, 5);
  });

  it("trusts runs under another definition less", async () => {
    const runs = (hash: string, status: "success" | "failure", n: number) =>
      repeat(n, (i) => ({ agent: "fixer", task: `Fix bug ${i}`, type: "bug", status, hash }));
    const same = recommended(
      await ask(history([...runs("a", "success", 20), ...runs("a", "failure", 4)]), "Fix bug", { min_confidence: 0 }),
    );
    const changed = recommended(
      await ask(history([...runs("a", "success", 20), ...runs("b", "failure", 4)]), "Fix bug", { min_confidence: 0 }),
    );
    expect(changed.confidence).toBeLessThan(same.confidence - 0.1);
  });

  it("knows agents by their definitions before they have run", async () => {
    const agents_dir = temporaryDirectory();
    writeFileSync(
      join(agents_dir, "sql-tuner.md"),
      "---\nname: sql-tuner\ndescription: Makes slow SQL queries fast\n---\nIndexes.",
    );
    writeFileSync(join(agents_dir, "poet.md"), "---\nname: poet\ndescription: Writes verse\n---\nRhymes.");
    writeFileSync(join(agents_dir, "broken.md"), "no front matter");
    const options = { directory: temporaryDirectory(), agents_dir };
    const advice = (await queryBestAgent({ task_description: "This SQL query is slow" }, options)) as NotEnoughEvidence;
    expect(advice.status).toBe("not_enough_evidence");
    expect(advice.shortlist).toEqual([
      { agent_name: "sql-tuner", description: "Makes slow SQL queries fast", matched_words: expect.any(Array) },
    ]);
    expect(advice.definition_problems).toMatchObject([{ path: join(agents_dir, "broken.md") }]);
    expect(await queryBestAgent({ task_description: "This SQL query is slow", explore: true }, options)).toMatchObject({
      status: "recommended",
      agent_name: "sql-tuner",
      total_tasks: 0,
      success_rate: null,
      avg_duration_minutes: null,
    });
  });

  it("learns anew when the log has changed, and only then", async () => {
    const directory = directoryOf(history(TEAM));
    const selector = new AgentSelector({ directory, agents_dir: temporaryDirectory() });
    const query = { task_description: "Paint the fence", domain: "gardening" };
    const fit = vi.spyOn(SelectionModel, "fit");
    expect((await selector.queryBestAgent(query)).status).toBe("not_enough_evidence");
    const { append } = await import("./support/directory.js");
    append(
      directory,
      history(
        repeat(8, (i) => ({ agent: "gardener", task: `Paint fence ${i}`, type: "gardening" })),
        "garden",
      ),
    );
    const [one, two] = await Promise.all([
      selector.queryBestAgent(query),
      selector.queryBestAgent(query),
      selector.rankAgents(query),
      selector.queryBestAgent(query),
    ]);
    expect(recommended(one).agent_name).toBe("gardener");
    expect(two).toEqual(one);
    expect(fit.mock.calls).toHaveLength(2);
    fit.mockRestore();
    selector.close();
    expect(recommended(await selector.queryBestAgent(query)).agent_name).toBe("gardener");
    selector.close();
  });

  it("ranks all agents, the tested first, each with what its confidence is made of", async () => {
    const selector = new AgentSelector({ directory: directoryOf(history(TEAM)), agents_dir: temporaryDirectory() });
    const { agents } = await selector.rankAgents({ task_description: "Build a REST endpoint" });
    selector.close();
    expect(agents.map(({ tested }) => tested)).toEqual([true, false, false]);
    for (const agent of agents) expectExact(agent);
  });

  it("refuses questions that make no sense", async () => {
    const selector = new AgentSelector({ directory: temporaryDirectory() });
    await expect(selector.queryBestAgent({ task_description: "  " })).rejects.toThrow(TypeError);
    await expect(selector.rankAgents({ task_description: "x", min_confidence: 2 })).rejects.toThrow(RangeError);
    await expect(selector.queryBestAgent({ task_description: "x", balance: "money" as never })).rejects.toThrow(
      RangeError,
    );
    expect(() => new AgentSelector({ as_of: "yesterday" })).toThrow(RangeError);
  });
});

describe("odd histories", () => {
  const query = "Fix the login page";
  it.each<[string, readonly Told[]]>([
    ["no run", []],
    ["one run", [{ agent: "a", task: query }]],
    ["one agent, all success", repeat(30, () => ({ agent: "a", task: query }))],
    ["all failure", repeat(30, (i) => ({ agent: `a${i % 3}`, task: query, status: "failure" as const }))],
    ["unknown outcomes", repeat(30, () => ({ agent: "a", task: query, status: "unknown" as const }))],
    [
      "empty and odd texts",
      ["", " ", "🙂", "修复登录页面", "\u0000\ud83d", "the of and"].map((task) => ({ agent: "a", task })),
    ],
    [
      "a huge text",
      [...repeat(9, () => ({ agent: "a", task: query })), { agent: "b", task: "login ".repeat(1_700_000) }],
    ],
    ["many agents", repeat(200, (i) => ({ agent: `agent-${i}`, task: `${query} ${i}` }))],
  ])("%s", async (_, runs) => {
    for (const explore of [false, true]) {
      const advice = await ask(history(runs), query, { explore });
      const text = JSON.stringify(advice, (_key, value: unknown) =>
        typeof value === "number" && !Number.isFinite(value) ? "not a number" : value,
      );
      expect(text).not.toContain("not a number");
      expect(text.length).toBeLessThan(200_000);
    }
  });

  it("tells a sure thing, and a hopeless one", async () => {
    const sure = recommended(await ask(history(repeat(30, () => ({ agent: "a", task: query }))), query));
    expect(sure.confidence).toBeGreaterThan(0.8);
    const hopeless = await ask(
      history(repeat(30, () => ({ agent: "a", task: query, status: "failure" as const }))),
      query,
    );
    expect(hopeless.status).toBe("no_suitable_agent");
  });
});

describe("a poisoned history", () => {
  /** 10,000 times the same, claimed to be a success, by one agent. */
  const flood = repeat(10_000, () => ({ agent: "braggart", task: "Say hello world", type: "greeting" }));

  it("does not capture tasks that have nothing to do with it", async () => {
    const events = history([...flood, ...TEAM]);
    for (const [task, domain, agent] of [
      ["Build a REST endpoint for shipping", undefined, "api-builder"],
      ["Style the returns page", undefined, "page-builder"],
      ["Check permissions", "security", "auditor"],
    ] as const) {
      const advice = recommended(await ask(events, task, { domain }));
      expect(advice.agent_name).toBe(agent);
      expect(advice.alternatives.filter(({ agent_name, tested }) => agent_name === "braggart" && tested)).toEqual([]);
    }
    expect((await ask(events, "Prove the theorem")).status).toBe("not_enough_evidence");
  });

  it("does not hide what others did, before or after", async () => {
    const advice = await ask(history([...TEAM, ...flood]), "Style the returns page");
    expect(recommended(advice).agent_name).toBe("page-builder");
  });

  it("believes judgements before claims", async () => {
    const claims = repeat(40, (i) => ({ agent: "braggart", task: `Fix bug ${i}`, type: "bug" }));
    const judged = repeat(40, (i) => ({ agent: "braggart", task: `Fix bug ${i}`, type: "bug", judged: i % 4 === 0 }));
    const claimed = recommended(await ask(history(claims), "Fix bug in search"));
    const advice = await ask(history(judged), "Fix bug in search");
    expect(claimed.confidence).toBeGreaterThan(0.7);
    expect(advice.status).toBe("no_suitable_agent");
  });
});

const { path, absent } = sharedData("oak-python");

describe.skipIf(absent)("a directory of the Python logger", () => {
  interface Expected {
    readonly as_of: string;
    readonly query_best_agent_min_confidence_0: readonly {
      readonly task: string;
      readonly domain: string | null;
      readonly result: Recommendation;
    }[];
  }
  const expected = absent ? undefined : (JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as Expected);
  const query = async (task_description: string, min_confidence: number) => {
    const { as_of, query_best_agent_min_confidence_0: asked } = expected!;
    const { domain, result } = asked.find(({ task }) => task === task_description)!;
    const options = { directory: path, as_of, agents_dir: temporaryDirectory() };
    return {
      python: result,
      advice: recommended(await queryBestAgent({ task_description, domain, min_confidence }, options)),
    };
  };

  it.each([
    ["API development", "backend-architect"],
    ["security audit", "security-auditor"],
    ["database design", "backend-architect"],
    ["Implement OAuth2 authentication", "security-auditor"],
    ["user interface design", "frontend-developer"],
    ["integration testing", "qa-specialist"],
  ])("%s: %s, by its past runs", async (task, agent) => {
    const { advice } = await query(task, 0);
    expect(advice.agent_name).toBe(agent);
    expect(advice.explanation.runs_for.map(({ agent_name }) => agent_name)).toContain(agent);
    expectExact(advice);
    // At the default threshold as well.
    expect((await query(task, 0.5)).advice.agent_name).toBe(agent);
  });

  it.each(["security audit", "Implement OAuth2 authentication", "integration testing"])(
    "%s: where Python chooses the same agent by the same runs, it says the same of it",
    async (task) => {
      const { advice, python } = await query(task, 0);
      expect(advice.agent_name).toBe(python.agent_name);
      expect(advice.total_tasks).toBe(python.total_tasks);
      expect(advice.recent_performance).toBe(python.recent_performance);
      expect(advice.success_rate).toBeCloseTo(python.success_rate!, 12);
      expect(advice.avg_duration_minutes).toBeCloseTo(python.avg_duration_minutes!, 9);
    },
  );
});

describe("oak recommend", () => {
  const directory = () => directoryOf(history(TEAM));
  const recommend = async (where: string, ...args: string[]) =>
    oak([
      args[0] === "query-best-agent" ? args.shift()! : "recommend",
      "--dir",
      where,
      "--as-of",
      AS_OF,
      "--agents-dir",
      temporaryDirectory(),
      ...args,
    ]);

  it("prints what the specification prints, then the runs behind it", async () => {
    const { code, stdout, stderr } = await recommend(
      directory(),
      "--task",
      "Build a REST endpoint",
      "--domain",
      "backend",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Recommended: api-builder\n {2}Confidence: {4}\d\d% {2}80% interval \d+–\d+\n/);
    expect(stdout).toContain("Success rate:  80%  16 of 20 similar tasks");
    expect(stdout).toContain("Avg duration:  1 min");
    expect(stdout).toContain("Experience:    20 similar tasks  of 20 runs in all");
    expect(stdout).toContain("Trend:         insufficient data");
    expect(stdout).toContain("Past runs for it");
    expect(stdout).toContain("Past runs against it");
    expect(stdout).toContain('Domain "backend" is taken for: backend.');
  });

  it("is the same command under the specification's name, and as JSON", async () => {
    const where = directory();
    const args = ["--task", "Build a REST endpoint", "--json"];
    const { stdout } = await recommend(where, ...args);
    expect((await recommend(where, "query-best-agent", ...args)).stdout).toBe(stdout);
    const advice = JSON.parse(stdout) as Recommendation;
    for (const key of [
      "agent_name",
      "confidence",
      "success_rate",
      "avg_duration_minutes",
      "total_tasks",
      "recent_performance",
    ])
      expect(advice).toHaveProperty(key);
  });

  it("tells scripts by its exit code what came of it", async () => {
    const where = directory();
    const unsuitable = await recommend(where, "--task", "Build a REST endpoint", "--min-confidence", "0.95");
    expect(unsuitable.code).toBe(3);
    expect(unsuitable.stdout).toContain("No suitable agent found: consider creating a new specialist");
    expect(unsuitable.stdout).toContain("What such a specialist should cover");
    const unknown = await recommend(where, "--task", "Compose a sonata");
    expect(unknown.code).toBe(4);
    expect(unknown.stdout).toContain("Not enough evidence to recommend an agent");
    const json = await recommend(where, "--task", "Compose a sonata", "--json");
    expect(json.code).toBe(4);
    expect(JSON.parse(json.stdout)).toMatchObject({ status: "not_enough_evidence" });
  });

  it("lists all agents, and explains", async () => {
    const where = directory();
    const { code, stdout } = await recommend(where, "--task", "Build a REST endpoint", "--all", "--explain");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n1 {2}api-builder/);
    expect(stdout).toMatch(/\n– {2}auditor/);
    expect(stdout).toMatch(/Where \d\d% comes from/);
    const { agents } = JSON.parse((await recommend(where, "--task", "x", "--all", "--json")).stdout) as AgentRanking;
    expect(agents).toHaveLength(3);
  });

  it("says what to do where nothing was recorded", async () => {
    const { code, stdout } = await recommend(temporaryDirectory(), "--task", "Build a REST endpoint");
    expect(code).toBe(4);
    expect(stdout).toContain("No telemetry yet in ");
  });

  it("does not take runs whose outcome nobody knows for no telemetry", async () => {
    const where = directoryOf(history([{ agent: "builder", task: "Build a REST endpoint", status: "unknown" }]));
    const asked = await recommend(where, "--task", "Build a REST endpoint");
    expect(asked.code).toBe(4);
    expect(asked.stdout).toContain("No run with a known outcome has been recorded yet.");
    expect((await recommend(where, "--task", "x", "--all")).stdout).toContain(
      "No agent has a run with a known outcome",
    );
  });

  it("shortlists agents by their definitions, tries them, and reports files that are of no use", async () => {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, "team"));
    writeFileSync(join(folder, "team", "good.md"), "---\nname: composer\ndescription: Composes a sonata\n---\n");
    writeFileSync(join(folder, "team", "bad.md"), "nothing");
    const args = ["recommend", "--dir", directory(), "--task", "Compose a sonata", "--agents-dir", folder];
    const { stdout, stderr } = await oak(args);
    expect(stdout).toContain("  composer: Composes a sonata");
    const explored = await oak([...args, "--explore"]);
    expect(explored.code).toBe(0);
    expect(explored.stdout).toContain("Recommended: composer");
    expect(explored.stdout).toContain("as for anyone: it has not run yet");
    expect(explored.stdout).toContain("Chosen to learn from too (--explore)");
    expect(explored.stdout).toMatch(/Drawn with probability 1\. [^]*--propensity\s+1\s/);
    expect(stderr).toContain("1 agent definition file could not be used:");
    expect(stderr).toContain("bad.md");
  });

  it("refuses what it cannot understand", async () => {
    const where = directory();
    for (const [args, message] of [
      [[], "--task"],
      [["--task", " "], "It must not be empty."],
      [["--task", "x", "--min-confidence", "80"], "It must be a number from 0 to 1"],
      [["--task", "x", "--balance", "cost"], "Allowed choices are success, speed"],
    ] as const) {
      const { code, stderr } = await recommend(where, ...args);
      expect(code).toBe(2);
      expect(stderr).toContain(message);
    }
    const { code, stderr } = await oak(["recommend", "--dir", where, "--task", "x", "--agents-dir", "/nowhere"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "oak: folder of agents /nowhere does not exist (named by --agents-dir)\n",
    });
  });

  it("keeps to the width of a terminal, and lets no recorded text steer it", async () => {
    const hostile = "evil\u001b[31m\u202e\nagent";
    const events = history(
      repeat(12, (i) => ({
        agent: hostile,
        task: `Style\u001b[2J the\npage ${i}`,
        status: i % 3 ? "success" : "failure",
      })),
    );
    for (const more of [[], ["--all", "--explain"], ["--explain"], ["--min-confidence", "1"]]) {
      const { stdout } = await recommend(directoryOf(events), "--task", "Style the page", "--domain", "evil", ...more);
      // eslint-disable-next-line no-control-regex
      expect(stdout).not.toMatch(/[\u001b\u202e]/);
      for (const line of stdout.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    }
  });
});
