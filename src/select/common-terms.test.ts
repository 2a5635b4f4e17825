import fc from "fast-check";
import { expect, it } from "vitest";

import { commonTerms } from "./common-terms.js";
import type { PastRun } from "./past-run.js";

const run = (domain: string | null, task_description: string): PastRun => ({
  invocation_id: "",
  agent_name: "agent",
  task_description,
  domain,
  outcome: 1,
  weight: 1,
  at: 0,
  duration_seconds: null,
  definition_hash: null,
});

const KINDS = { design: "Design", api: "Build the API of", ui: "Build the pages of", tests: "Test" };
const SHOPS = ["Owl Shop", "Fox Shop", "Elk Shop"];
const PROJECTS = [...SHOPS, "API Gateway", null];
const HISTORY = Object.entries(KINDS).flatMap(([kind, what]) => SHOPS.map((shop) => run(kind, `${what} ${shop}`)));

it("are those that tell no kind of task from another", () => {
  expect(commonTerms(HISTORY, PROJECTS)).toEqual(new Set(["owl", "fox", "elk", "shop"]));
});

it("are not those of the kind that most tasks are of", () => {
  const endpoints = Array.from({ length: 200 }, (_, i) => run("api", `Add endpoint ${i} of Owl Shop`));
  const found = commonTerms([...HISTORY, ...endpoints], PROJECTS);
  expect(found.has("shop")).toBe(true);
  expect(found.has("endpoint")).toBe(false);
});

it("are not those that stand elsewhere once in a while", () => {
  const some = Array.from({ length: 30 }, (_, i) => run("api", `Build API number${i}`));
  const stray = Object.keys(KINDS).map((kind) => run(kind, `Look at an API of Owl Shop`));
  expect(commonTerms([...HISTORY, ...some, ...stray], PROJECTS).has("api")).toBe(false);
});

it("are in a project's name", () => {
  expect(commonTerms(HISTORY, ["Owl Shop"])).toEqual(new Set(["owl", "shop"]));
  expect(commonTerms(HISTORY, [null])).toEqual(new Set());
});

it("cannot be told without at least two kinds of which enough is known", () => {
  expect(commonTerms([], PROJECTS)).toEqual(new Set());
  expect(
    commonTerms(
      HISTORY.map((each) => ({ ...each, domain: null })),
      PROJECTS,
    ),
  ).toEqual(new Set());
  expect(
    commonTerms(
      HISTORY.filter(({ domain }) => domain === "api"),
      PROJECTS,
    ),
  ).toEqual(new Set());
  expect(
    commonTerms(
      HISTORY.filter(({ task_description: text }) => !text.includes("Elk")),
      PROJECTS,
    ),
  ).toEqual(new Set());
});

it("do not depend on repeats", () => {
  const pool = fc.constantFrom(...HISTORY);
  fc.assert(
    fc.property(fc.array(pool), fc.array(fc.nat(), { maxLength: 20 }), (runs, repeated) => {
      const repeats = runs.length === 0 ? [] : repeated.map((i) => runs[i % runs.length]!);
      expect(commonTerms([...repeats, ...runs], PROJECTS)).toEqual(commonTerms(runs, PROJECTS));
    }),
  );
});
