import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SelectionModel } from "./model.js";
import type { PastRun, TaskQuery } from "./past-run.js";
import { terms } from "./text.js";
import { VARIANCES as V } from "./variances.js";

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
const DOMAINS = ["api", "web", null];
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
  domains: fc.constantFrom([], ["api"], ["web"], ["other"], ["api", "web"]),
});
const history = (maxLength: number) => fc.uniqueArray(anyRun, { selector: (each) => each.invocation_id, maxLength });

/** The same model, as its formula reads: run by run, dense matrices, Gaussian elimination. */
function naive(runs: readonly PastRun[], query: TaskQuery, agent: string): { mean: number; variance: number } {
  const sorted = runs.toSorted((p, q) => p.at - q.at || (p.invocation_id < q.invocation_id ? -1 : 1));
  const weights = sorted.map((each, i) => {
    const later = sorted.slice(i + 1).filter((other) => other.agent_name === each.agent_name);
    const hash = [each, ...later].findLast((other) => other.definition_hash !== null)?.definition_hash ?? null;
    const other = each.definition_hash !== null && each.definition_hash !== hash;
    return each.weight * 0.5 ** (later.length / 40) * (other ? 0.1 : 1);
  });
  const texts = [...new Set(runs.map((each) => each.task_description))];
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
  const cosine = (a: string, b: string) => {
    const other = vector(b);
    return [...vector(a)].reduce((sum, [term, value]) => sum + value * (other.get(term) ?? 0), 0);
  };
  const sameTask = (a: PastRun, b: PastRun) =>
    a.agent_name === b.agent_name && a.task_description === b.task_description && terms(a.task_description).length > 0;
  const total = (which: (each: PastRun) => boolean) =>
    sorted.reduce((sum, each, i) => sum + (which(each) ? weights[i]! : 0), 0);
  const sameObservation = (a: PastRun) => (b: PastRun) => sameTask(a, b) && a.domain === b.domain;
  /** How many fresh runs a run counts as: its part of what its repeats count as. */
  const evidence = sorted.map((each, i) => {
    const together = total(sameObservation(each));
    const words = terms(each.task_description).length > 0;
    return words ? ((weights[i]! / together) * 0.1) / (V.agent_task + V.noise / together) : weights[i]!;
  });
  const ofDomain = (domain: string | null) =>
    sorted.reduce((sum, each, i) => sum + (each.domain === domain ? evidence[i]! : 0), 0);
  const known = query.domains.filter((domain) => runs.some((each) => each.domain === domain));
  const share = (domain: string | null) =>
    domain !== null && known.includes(domain)
      ? ofDomain(domain) / known.reduce((sum, each) => sum + ofDomain(each), 0)
      : 0;
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
          a.domain !== null && a.domain === b.domain ? 1 : 0,
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
  // The variance is computed from what has to do with the query: here few enough to be all of it.
  const near = [...k.keys()].filter((i) => k[i]! > 0);
  const solved = solve(
    near.map((i) => near.map((j) => matrix[i]![j]!)),
    near.map((i) => k[i]!),
  );
  const domains = runs.some((each) => each.domain !== null);
  const self =
    V.agent +
    V.text +
    V.agent_text +
    (domains ? V.domain + V.agent_domain : 0) +
    (repeats.length > 0 ? V.agent_task : 0);
  return {
    mean: k.reduce((all, each, i) => all + each * alpha[i]!, prior),
    variance: near.reduce((all, at, i) => all - k[at]! * solved[i]!, self),
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
        const { mean, variance } = naive(runs, query, agent);
        const { unclipped_mean, prediction } = model.explain(query, agent);
        expect(Math.abs(unclipped_mean - mean)).toBeLessThan(1e-8);
        expect(Math.abs(prediction.sd ** 2 - variance)).toBeLessThan(1e-8);
        expect(prediction.mean).toBeCloseTo(Math.min(0.98, Math.max(0.02, unclipped_mean)), 12);
      }),
    );
  });
});
