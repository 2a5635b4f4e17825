import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { choose } from "./choice.js";
import { DomainNames } from "./domain.js";
import { SelectionModel } from "./model.js";
import type { PastRun } from "./past-run.js";
import { candidatesFor, domainByWords, ofDomain, similarRuns, usualOf, usualSimilarity } from "./similar.js";

const run = (agent_name: string, task_description: string, domain: string | null = null, i = 0): PastRun => ({
  invocation_id: `${agent_name}-${task_description}-${i}`,
  agent_name,
  task_description,
  domain,
  outcome: 1,
  weight: 1,
  at: i,
  duration_seconds: null,
  definition_hash: null,
});

/** What is worked for. */
const SHOPS = ["Owl Shop", "Fox Shop", "Elk Shop", "Bee Shop", null];

const ODD = ["owl", "fox", "elk", "bee", "cod", "jay", "gnu", "ant", "yak", "eel"];

/** Tasks that follow a pattern, and tasks that share a single word. */
const PATTERN = ODD.map((animal) => run("a", `Build REST endpoint for ${animal}`));
const WORDED_ANEW = ODD.map((animal, i) =>
  run("a", `Fix ${animal} in ${ODD[(i + 3) % 10]}side module${i} quickly${i}`),
);

describe("usualSimilarity", () => {
  it("is high where tasks follow a pattern, and low where each is worded anew", () => {
    expect(usualSimilarity(PATTERN)).toBeGreaterThan(1.5 * usualSimilarity(WORDED_ANEW));
  });

  it("is not led by repeats of one task, nor by nothing at all", () => {
    const repeats = Array.from({ length: 500 }, (_, i) => run("b", "Say hello", null, i));
    expect(usualSimilarity([...PATTERN, ...repeats])).toBeCloseTo(usualSimilarity(PATTERN), 1);
    expect(usualSimilarity([])).toBe(0.09);
    expect(usualSimilarity(repeats)).toBe(0.09);
  });
});

describe("domainByWords", () => {
  /** Every kind of task is done for every shop: the shop is what most of its tasks have in common. */
  const history = ["Owl Shop", "Fox Shop", "Elk Shop"].flatMap((shop, s) =>
    [0, 1, 2].flatMap((i) => [
      run("builder", `Build the API of ${shop}`, "api", 10 * s + i),
      run("painter", `Build the pages of ${shop}`, "ui", 10 * s + i),
      run("tester", `Test the whole of ${shop}`, "tests", 10 * s + i),
    ]),
  );
  const similar = (runs: readonly PastRun[], task_description: string) =>
    similarRuns(SelectionModel.fit(runs), { task_description, domains: [] }, usualOf(runs, SHOPS));

  it("is that of the tasks that are most alike, if they agree", () => {
    const domain = (task: string) => domainByWords(similar(history, task));
    expect(domain("Build the API of Owl Shop")).toBe("api");
    expect(domain("Test Fox Shop")).toBe("tests");
    expect(domain("Deploy Elk Shop")).toBeNull();
    expect(domain("Compose a sonata")).toBeNull();
  });

  it("is none where the history knows none, or too little is alike", () => {
    const without = history.map((each) => ({ ...each, domain: null }));
    expect(domainByWords(similar(without, "Build the API of Owl Shop"))).toBeNull();
    expect(domainByWords(similar([...history, run("painter", "Sing a song", "songs")], "Sing a song"))).toBeNull();
    expect(domainByWords([])).toBeNull();
  });

  it("leaves out who did other things for the same shop, but not who did the same under another name", () => {
    const alike = similar(
      [...history, run("other", "Build the API of Owl Shop", "backend")],
      "Build the API of Owl Shop",
    );
    const domains = (runs: typeof alike) => new Set(runs.map((each) => each.run.domain));
    expect(domains(alike)).toEqual(new Set(["api", "ui", "backend"]));
    expect(domains(ofDomain(alike, "api"))).toEqual(new Set(["api", "backend"]));
  });
});

describe("similarRuns where every kind of task is done for every shop", () => {
  const kinds = ["Design", "Build the API of", "Paint the pages of", "Test"];
  const history = kinds.flatMap((what, kind) =>
    ["Owl", "Fox", "Elk"].flatMap((shop, s) =>
      [0, 1].map((i) => run(`agent-${kind}`, `${what} ${shop} Shop`, `kind-${kind}`, 10 * s + i)),
    ),
  );
  const agents = (task_description: string, runs = history) => {
    const found = similarRuns(SelectionModel.fit(runs), { task_description, domains: [] }, usualOf(runs, SHOPS));
    return new Set(found.map((each) => each.run.agent_name));
  };

  it("the shop alone makes no task similar", () => {
    expect(agents("Translate the Owl Shop into French")).toEqual(new Set());
    expect(agents("Audit the API of Owl Shop")).toEqual(new Set(["agent-1"]));
    expect(agents("Test Owl Shop")).toEqual(new Set(["agent-3"]));
  });

  it("makes them similar where nobody knows the kinds, and the very same text always is", () => {
    const without = history.map((each) => ({ ...each, domain: null }));
    expect(agents("Translate the Owl Shop into French", without).size).toBeGreaterThan(0);
    const bare = [...history, ...kinds.map((_, kind) => run(`agent-${kind}`, "Owl Shop", `kind-${kind}`, 50))];
    expect(agents("Owl Shop", bare)).toEqual(new Set(kinds.map((_, kind) => `agent-${kind}`)));
  });
});

describe("similarRuns", () => {
  const history = [
    ...PATTERN,
    ...ODD.map((animal, i) => run("b", `Paint a picture of ${animal}`, "art", i)),
    run("c", "Paint the REST endpoint", "art", 99),
  ];
  const model = SelectionModel.fit(history);
  const usual = usualOf(history, SHOPS);
  const similar = (task_description: string, domains: readonly string[] = []) =>
    similarRuns(model, { task_description, domains }, usual).map((each) => each.run);

  it("finds what is alike in words", () => {
    const found = similar("Build a REST endpoint for cat");
    expect(found.filter(({ agent_name }) => agent_name === "a")).toHaveLength(10);
    expect(found.filter(({ agent_name }) => agent_name === "b")).toHaveLength(0);
    expect(similar("Compose a sonata")).toEqual([]);
  });

  it("finds all of a domain, and beyond it only what is as alike as usual", () => {
    expect(similar("Something else", ["art"])).toHaveLength(11);
    expect(similar("endpoint", ["art"]).every(({ domain }) => domain === "art")).toBe(true);
  });

  it("counts for each agent its own", () => {
    const task = { task_description: "Paint a picture", domains: ["art"] };
    const found = similarRuns(model, task, usual);
    const counts = candidatesFor(model, task, ["a", "b", "c", "nobody"], found).map((each) => each.total_tasks);
    expect(counts).toEqual([0, 10, 1, 0]);
  });
});

describe("whatever the history", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("Fix bug", "fix the Bug in search", ""),
  );
  const history = fc.array(
    fc.record({
      agent_name: fc.constantFrom("a", "b", "c"),
      task_description: text,
      domain: fc.option(fc.constantFrom("x", "y")),
      outcome: fc.constantFrom(0, 0.5, 1),
      at: fc.nat(20),
    }),
    { maxLength: 30 },
  );

  it("who is recommended did such tasks, and is the likeliest of those that did", () => {
    fc.assert(
      fc.property(
        history,
        text,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, task_description, min_confidence) => {
          const runs = rows.map((row, i) => ({ ...run(row.agent_name, row.task_description, row.domain, i), ...row }));
          const model = SelectionModel.fit(runs);
          const task = { task_description, domains: ["x"] };
          const similar = similarRuns(model, task, usualOf(runs, SHOPS));
          const candidates = candidatesFor(model, task, model.agents, similar);
          const { chosen, ...rest } = choose(candidates, { min_confidence });
          const tested = candidates.filter(({ total_tasks }) => total_tasks >= 3);
          const good = tested.filter(({ mean }) => mean >= min_confidence).map(({ mean }) => mean);
          const reason = tested.length > 0 ? "no_suitable_agent" : "not_enough_evidence";
          expect(rest).toEqual(good.length > 0 ? { propensity: 1 } : { reason });
          expect(chosen?.mean).toBe(good.length > 0 ? Math.max(...good) : undefined);
          expect([...tested, undefined]).toContain(chosen);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("a domain means labels of the history, or is said not to be known", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ agent: text, type: text, task: text }), { maxLength: 10 }),
        text,
        (rows, asked) => {
          const records = rows.map(({ agent, type, task }) => ({
            ...run(agent || "agent", "task"),
            agent_type: type,
            task_type: task,
            status: "success" as const,
            tests_passed: null,
            build_succeeded: null,
            judged_success: null,
            project_name: null,
            quality_rating: null,
          }));
          const { matched, labels, known } = new DomainNames(records).match(asked);
          const possible = records.map(({ task_type, agent_name }) => task_type || agent_name);
          for (const label of labels) expect(possible).toContain(label);
          expect(matched.length > 0).toBe(known === undefined);
          expect(labels.length > 0).toBe(matched.length > 0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
