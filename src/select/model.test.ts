import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SelectionModel } from "./model.js";
import type { PastRun, TaskQuery } from "./past-run.js";
import { terms } from "./text.js";
import type { Variances } from "./variances.js";

function run(fields: Partial<PastRun> = {}): PastRun {
  return {
    invocation_id: "i",
    agent_name: "backend",
    task_description: "design the database",
    domain: null,
    outcome: 1,
    weight: 1,
    at: 0,
    duration_seconds: null,
    definition_hash: null,
    ...fields,
  };
}

const AGENTS = ["backend", "frontend", "tester"];
const DOMAINS = ["api", "api_test", "web", null];
const WORDS = ["design", "database", "page", "button", "test", "schema", "login", "zebra"];

const anyText = fc.array(fc.constantFrom(...WORDS), { maxLength: 6 }).map((words) => words.join(" "));
const anyRun = fc.record({
  invocation_id: fc.uuid(),
  agent_name: fc.constantFrom(...AGENTS),
  task_description: anyText,
  domain: fc.constantFrom(...DOMAINS),
  outcome: fc.constantFrom(0, 0.5, 1),
  weight: fc.constantFrom(1, 0.5, 0.25),
  at: fc.integer({ min: 0, max: 20 }),
  duration_seconds: fc.constantFrom(null, 0, 60, 3600),
  definition_hash: fc.constantFrom(null, "one", "two"),
});
const anyQuery: fc.Arbitrary<TaskQuery> = fc.record({
  task_description: anyText,
  domains: fc.constantFrom([], ["api"], ["web"], ["other"], ["api", "web"], ["api_test", "api"]),
});
const history = (maxLength: number) => fc.uniqueArray(anyRun, { selector: (each) => each.invocation_id, maxLength });

/** Cosine of any two texts, by what their terms are worth among these. */
function cosineAmong(texts: readonly string[]): (a: string, b: string) => number {
  const frequency = (term: string) => texts.filter((text) => terms(text).includes(term)).length;
  const vector = (text: string) => {
    const all = terms(text);
    const weighted = new Map(
      all.map((term) => [
        term,
        (1 + Math.log(all.filter((other) => other === term).length)) *
          (Math.log((1 + texts.length) / (1 + frequency(term))) + 1),
      ]),
    );
    const length = Math.hypot(...weighted.values());
    return new Map([...weighted].map(([term, value]) => [term, value / length]));
  };
  return (a, b) => {
    const other = vector(b);
    return [...vector(a)].reduce((sum, [term, value]) => sum + value * (other.get(term) ?? 0), 0);
  };
}

/** The same model, as its formula reads: run by run, dense matrices, Gaussian elimination. */
function naive(
  runs: readonly PastRun[],
  query: TaskQuery,
  agent: string,
  V: Variances,
): { mean: number; variance: number } {
  const sorted = runs.toSorted((p, q) => p.at - q.at || (p.invocation_id < q.invocation_id ? -1 : 1));
  const weights = sorted.map((each, i) => {
    const later = sorted.slice(i + 1).filter((other) => other.agent_name === each.agent_name);
    const hash = [each, ...later].findLast((other) => other.definition_hash !== null)?.definition_hash ?? null;
    const other = each.definition_hash !== null && each.definition_hash !== hash;
    return each.weight * 0.5 ** (later.length / 40) * (other ? 0.1 : 1);
  });
  const texts = [...new Set(runs.map((each) => each.task_description))];
  const cosine = cosineAmong(texts);
  const cosineOfNames = cosineAmong([...new Set(sorted.flatMap((each) => each.domain ?? []))]);
  const sameDomain = (a: string | null, b: string | null) =>
    a === null || b === null ? 0 : a === b ? 1 : 0.75 * cosineOfNames(a, b);
  const sameTask = (a: PastRun, b: PastRun) =>
    a.agent_name === b.agent_name && a.task_description === b.task_description && terms(a.task_description).length > 0;
  const total = (which: (each: PastRun) => boolean) =>
    sorted.reduce((sum, each, i) => sum + (which(each) ? weights[i]! : 0), 0);
  const sameObservation = (a: PastRun) => (b: PastRun) => sameTask(a, b) && a.domain === b.domain;
  /** How many fresh runs a run counts as: its part of what its repeats count as. */
  const evidence = sorted.map((each, i) => {
    const together = total(sameObservation(each));
    const words = terms(each.task_description).length > 0;
    return words ? ((weights[i]! / together) * 0.1) / (0.04 + 0.06 / together) : weights[i]!;
  });
  const ofDomain = (domain: string | null) =>
    sorted.reduce((sum, each, i) => sum + (each.domain === domain ? evidence[i]! : 0), 0);
  const known = query.domains.filter((domain) => runs.some((each) => each.domain === domain));
  const share = (domain: string | null) =>
    known.reduce((sum, each) => sum + ofDomain(each) * sameDomain(each, domain), 0) /
    (known.reduce((sum, each) => sum + ofDomain(each), 0) || 1);
  const covariance = (sameAgent: boolean, domain: number, text: number) =>
    (sameAgent ? V.agent : 0) +
    domain * (V.domain + (sameAgent ? V.agent_domain : 0)) +
    text * (V.text + (sameAgent ? V.agent_text : 0));

  const matrix = sorted.map((a, i) =>
    sorted.map((b, j) => {
      const words = terms(a.task_description).length > 0;
      return (
        covariance(
          a.agent_name === b.agent_name,
          sameDomain(a.domain, b.domain),
          cosine(a.task_description, b.task_description),
        ) +
        (sameObservation(a)(b) ? V.agent_task : 0) +
        (i === j ? (V.noise + (words ? 0 : V.agent_task)) / weights[i]! : 0)
      );
    }),
  );
  const repeats = sorted.filter((each) =>
    sameTask(each, run({ ...each, agent_name: agent, task_description: query.task_description })),
  );
  const repeated = [...new Set(repeats.map((each) => each.domain))]
    .toSorted((p, q) => ((p ?? "") < (q ?? "") ? -1 : 1))
    .toSorted(
      (p, q) =>
        total((each) => repeats.includes(each) && each.domain === q) -
        total((each) => repeats.includes(each) && each.domain === p),
    )[0];
  const k = sorted.map(
    (each) =>
      covariance(each.agent_name === agent, share(each.domain), cosine(each.task_description, query.task_description)) +
      (repeats.includes(each) && each.domain === repeated ? V.agent_task : 0),
  );
  const sum = evidence.reduce((all, each) => all + each, 0);
  const prior = (evidence.reduce((all, each, i) => all + each * sorted[i]!.outcome, 0) + 2) / (sum + 4);
  const alpha = solve(
    matrix,
    sorted.map((each) => each.outcome - prior),
  );
  const domains = runs.some((each) => each.domain !== null);
  const repeat = repeats.length > 0;
  const text = repeat ? 1 : 0.35;
  const self =
    V.agent +
    text ** 2 * (V.text + V.agent_text) +
    (domains ? V.domain + V.agent_domain : 0) +
    (repeat ? V.agent_task : 0);
  const like = sorted.map((each) => {
    const own = each.agent_name === agent;
    const alike = text * cosine(each.task_description, query.task_description);
    return (
      covariance(own, share(each.domain), alike) +
      (repeats.includes(each) && each.domain === repeated ? V.agent_task : 0)
    );
  });
  // The variance is computed from what has to do with the query: here few enough to be all of it.
  const near = [...like.keys()].filter((i) => like[i]! > 0);
  const solved = solve(
    near.map((i) => near.map((j) => matrix[i]![j]!)),
    near.map((i) => like[i]!),
  );
  return {
    mean: k.reduce((all, each, i) => all + each * alpha[i]!, prior),
    variance: near.reduce((all, at, i) => all - like[at]! * solved[i]!, self),
  };
}

/** Gaussian elimination with pivoting. */
function solve(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, b[i]!]);
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, at) => (Math.abs(row[i]!) > Math.abs(rows[best]![i]!) ? i + at : best), i);
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    for (let j = i + 1; j < rows.length; j++) {
      const times = rows[j]![i]! / rows[i]![i]!;
      for (let c = i; c <= rows.length; c++) rows[j]![c]! -= times * rows[i]![c]!;
    }
  }
  for (let i = rows.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < rows.length; j++) rows[i]![rows.length]! -= rows[i]![j]! * rows[j]![rows.length]!;
    rows[i]![rows.length]! /= rows[i]![i]!;
  }
  return rows.map((row) => row.at(-1)!);
}

describe("the model", () => {
  it("agrees with its formula, computed naively", () => {
    fc.assert(
      fc.property(history(25), anyQuery, fc.constantFrom(...AGENTS, "nobody"), (runs, query, agent) => {
        const model = SelectionModel.fit(runs);
        const { unclipped_mean, prediction } = model.explain(query, agent);
        expect(Math.abs(unclipped_mean - naive(runs, query, agent, model.variances).mean)).toBeLessThan(1e-8);
        expect(prediction.mean).toBeCloseTo(Math.min(0.98, Math.max(0.02, unclipped_mean)), 12);
      }),
    );
  });

  it("is as sure as its formula says, of few runs", () => {
    fc.assert(
      fc.property(history(16), anyQuery, fc.constantFrom(...AGENTS, "nobody"), (runs, query, agent) => {
        const model = SelectionModel.fit(runs);
        const [prediction] = model.predict(query, [agent]);
        expect(Math.abs(prediction!.sd ** 2 - naive(runs, query, agent, model.variances).variance)).toBeLessThan(1e-8);
      }),
    );
  });

  it("is not surer than its formula says, of more runs", () => {
    fc.assert(
      fc.property(history(40), anyQuery, fc.constantFrom(...AGENTS), (runs, query, agent) => {
        const model = SelectionModel.fit(runs);
        const [prediction] = model.predict(query, [agent]);
        expect(prediction!.sd ** 2).toBeGreaterThan(naive(runs, query, agent, model.variances).variance - 1e-8);
      }),
      { numRuns: 30 },
    );
  });

  it("says what each past run and each effect adds, and they sum to what it expects", () => {
    fc.assert(
      fc.property(history(40), anyQuery, fc.constantFrom(...AGENTS, "nobody"), (runs, query, agent) => {
        const model = SelectionModel.fit(runs);
        const { unclipped_mean, prior, shares } = model.explain(query, agent);
        const ofRuns = model.contributions(query, agent).reduce((sum, { contribution }) => sum + contribution, prior);
        const ofEffects = Object.values(shares).reduce((sum, share) => sum + share, prior);
        expect(ofRuns).toBeCloseTo(unclipped_mean, 9);
        expect(ofEffects).toBeCloseTo(unclipped_mean, 12);
      }),
    );
  });

  it("does not depend on the order of the runs", () => {
    fc.assert(
      fc.property(
        history(30).chain((runs) => fc.tuple(fc.constant(runs), fc.shuffledSubarray(runs, { minLength: runs.length }))),
        anyQuery,
        ([runs, shuffled], query) => {
          expect(SelectionModel.fit(shuffled).predict(query)).toEqual(SelectionModel.fit(runs).predict(query));
        },
      ),
    );
  });

  it("expects the same, wherever the fit starts", () => {
    fc.assert(
      fc.property(history(30), fc.nat(30), anyQuery, (runs, length, query) => {
        const previous = SelectionModel.fit(runs.toSorted((p, q) => p.at - q.at).slice(0, length));
        const cold = SelectionModel.fit(runs).predict(query);
        const warm = SelectionModel.fit(runs, { previous }).predict(query);
        for (const [i, { mean }] of warm.entries()) expect(mean).toBeCloseTo(cold[i]!.mean, 9);
      }),
    );
  });

  it("gives numbers, whatever the history", () => {
    fc.assert(
      fc.property(history(30), fc.constantFrom(0, 0.5, 1, null), fc.string(), (runs, outcome, text) => {
        const changed = outcome === null ? runs : runs.map((each) => ({ ...each, outcome }));
        const model = SelectionModel.fit(changed);
        for (const each of model.predict({ task_description: text, domains: ["api"] }, [...AGENTS, "nobody"])) {
          for (const value of [each.mean, each.sd, each.low, each.high, each.similar_runs]) expect(value).not.toBeNaN();
          expect(each.low).toBeGreaterThanOrEqual(0);
          expect(each.low).toBeLessThanOrEqual(each.mean);
          expect(each.high).toBeGreaterThanOrEqual(each.mean);
          expect(each.high).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe("a model", () => {
  const query = { task_description: "design the database", domains: [] };
  const of = (runs: readonly PastRun[], asked: TaskQuery = query, agent = "backend") =>
    SelectionModel.fit(runs).predict(asked, [agent])[0]!;
  const many = (count: number, fields: (i: number) => Partial<PastRun>) =>
    Array.from({ length: count }, (_, i) => run({ invocation_id: `${i}`, at: i, ...fields(i) }));

  it("of no runs expects half of everyone, and says that it knows nothing", () => {
    expect(SelectionModel.fit([]).agents).toEqual([]);
    expect(SelectionModel.fit([]).predict(query)).toEqual([]);
    const { mean, sd, similar_runs, expected_duration_seconds } = of([]);
    expect({ mean, similar_runs, expected_duration_seconds }).toEqual({
      mean: 0.5,
      similar_runs: 0,
      expected_duration_seconds: null,
    });
    expect(sd).toBeGreaterThan(0.15);
  });

  it("of one run moves towards it", () => {
    expect(of([run()]).mean).toBeGreaterThan(0.6);
    expect(of([run({ outcome: 0 })]).mean).toBeLessThan(0.4);
  });

  it("of successes only, and of failures only, is never certain", () => {
    expect(of(many(300, () => ({}))).mean).toBe(0.98);
    expect(of(many(300, () => ({ outcome: 0 }))).mean).toBe(0.02);
  });

  it("tells agents apart by the words of their tasks", () => {
    const runs = many(40, (i) => ({
      agent_name: i % 2 === 0 ? "backend" : "frontend",
      task_description: `${i % 4 < 2 ? "design the database schema" : "style the login page"} ${i}`,
      outcome: (i % 2 === 0) === i % 4 < 2 ? 1 : 0,
    }));
    const database = SelectionModel.fit(runs).predict({ task_description: "change the database schema", domains: [] });
    const page = SelectionModel.fit(runs).predict({ task_description: "style the new login page", domains: [] });
    expect(database[0]!.mean).toBeGreaterThan(database[1]!.mean + 0.2);
    expect(page[1]!.mean).toBeGreaterThan(page[0]!.mean + 0.2);
  });

  it("is not captured by an agent that repeats one task ten thousand times", () => {
    const honest = many(60, (i) => ({
      task_description: `migrate table ${i} of the billing database`,
      domain: "api",
      outcome: i % 3 === 0 ? 0 : 1,
    }));
    const poison = Array.from({ length: 10_000 }, (_, i) =>
      run({ invocation_id: `p${i}`, agent_name: "parrot", task_description: "say hello", domain: "api", at: i }),
    );
    const asked = { task_description: "migrate the database of the shop", domains: ["api"] };
    const [backend, parrot] = SelectionModel.fit([...honest, ...poison]).predict(asked);
    const [before, alone] = SelectionModel.fit([...honest, ...poison.slice(-1)]).predict(asked);
    expect(parrot!.mean - alone!.mean).toBeLessThan(0.05);
    expect(Math.abs(backend!.mean - before!.mean)).toBeLessThan(0.01);
    expect(parrot!.sd).toBeGreaterThan(backend!.sd);
    expect(parrot!.similar_runs).toBeLessThan(1);
    // Of what it did ten thousand times it has shown enough.
    expect(
      of([...honest, ...poison], { task_description: "say hello", domains: ["api"] }, "parrot").low,
    ).toBeGreaterThan(0.9);
  });

  it("forgets: what an agent did last counts most", () => {
    const runs = many(400, (i) => ({ task_description: `design database ${i}`, outcome: i < 200 ? 1 : 0 }));
    expect(of(runs).mean).toBeLessThan(0.2);
  });

  it("trusts runs under another definition of the agent a tenth", () => {
    const runs = many(10, () => ({ definition_hash: "old" }));
    const model = (now: string) => SelectionModel.fit(runs, { definitions: new Map([["backend", now]]) });
    expect(model("new").predict(query)[0]!.sd).toBeGreaterThan(model("old").predict(query)[0]!.sd);
    expect(model("new").predict(query)[0]!.similar_runs).toBeCloseTo(model("old").predict(query)[0]!.similar_runs / 10);
  });

  it("counts similar runs: the same task whole, the same domain a fifth, others by their words", () => {
    const other = { task_description: "paint", domains: ["api"] };
    expect(of([run({ domain: "api" })], { ...query, domains: ["api"] }).similar_runs).toBe(1);
    expect(of([run({ domain: "api" })], other).similar_runs).toBeCloseTo(0.2, 12);
    expect(of([run()], other).similar_runs).toBe(0);
    expect(of([run()], query, "frontend").similar_runs).toBe(0);
  });

  it("expects durations between the agent's own and everyone's", () => {
    const runs = many(10, (i) => ({ agent_name: i < 5 ? "backend" : "frontend", duration_seconds: i < 5 ? 10 : 1000 }));
    const durations = SelectionModel.fit(runs).predict(query, ["backend", "frontend", "nobody"]);
    const [backend, frontend, nobody] = durations.map((each) => each.expected_duration_seconds!);
    expect(backend).toBeGreaterThan(10);
    expect(backend).toBeLessThan(nobody!);
    expect(nobody).toBeLessThan(frontend!);
    expect(frontend).toBeLessThan(1000);
  });

  it("reads texts of ten megabytes, and of any script", () => {
    const huge = "design the database ".repeat(500_000);
    const runs = [
      run({ task_description: huge }),
      run({ invocation_id: "j", task_description: "数据库设计 😀 \ud800" }),
    ];
    expect(of(runs, { task_description: huge, domains: [] }).mean).toBeGreaterThan(0.5);
    expect(of(runs, { task_description: "数据库", domains: [] }).similar_runs).toBeGreaterThan(0);
  });
});
