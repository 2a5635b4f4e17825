import { describe, expect, it } from "vitest";

import { DomainNames } from "./domain.js";
import type { RunRecord } from "./outcome.js";

const record = (agent_name: string, agent_type: string | null, task_type: string | null): RunRecord => ({
  invocation_id: "i",
  agent_name,
  agent_type,
  task_type,
  task_description: "",
  status: "success",
  project_name: null,
  tests_passed: null,
  build_succeeded: null,
  judged_success: null,
  quality_rating: null,
  at: 0,
  duration_seconds: null,
  definition_hash: null,
});
const times = (n: number, run: RunRecord) => Array.from({ length: n }, () => run);

const TEAM = [
  ...times(10, record("backend-architect", "development", "api_development")),
  ...times(8, record("frontend-developer", "development", "ui_development")),
  ...times(9, record("frontend-developer", "development", "bug_fix")),
  // Helps out.
  ...times(2, record("backend-architect", "development", "bug_fix")),
  ...times(5, record("security-auditor", "security", "security_audit")),
  ...times(5, record("qa-specialist", "quality", "integration_testing")),
];

describe("DomainNames", () => {
  const names = new DomainNames(TEAM);
  const labels = (asked: string) => names.match(asked).labels;

  it("finds the work of an agent by a part of its name", () => {
    expect(labels("backend")).toEqual(["api_development"]);
    expect(labels("frontend")).toEqual(["bug_fix", "ui_development"]);
  });

  it("finds kinds of agents and of tasks", () => {
    expect(labels("security")).toEqual(["security_audit"]);
    expect(labels("quality assurance")).toEqual(["integration_testing"]);
    expect(labels("Testing")).toEqual(["integration_testing"]);
    expect(names.match("development").matched).toEqual(["development"]);
    expect(labels("development")).toEqual(["api_development", "bug_fix", "ui_development"]);
  });

  it("takes a whole name for what it is, whatever else has its words", () => {
    expect(names.match("api_development")).toMatchObject({ matched: ["api_development"], labels: ["api_development"] });
  });

  it("lets rare words decide", () => {
    expect(labels("backend development")).toEqual(["api_development"]);
    expect(labels("API work")).toEqual(["api_development"]);
  });

  it("reads words apart, together and shortened alike", () => {
    expect(labels("back end")).toEqual(["api_development"]);
    expect(labels("FrontEnd")).toEqual(["bug_fix", "ui_development"]);
    expect(labels("secur")).toEqual(["security_audit"]);
  });

  it("says what would be known where nothing is", () => {
    for (const asked of ["game design", "the", "!?", "日本語"]) {
      const match = names.match(asked);
      expect(match).toMatchObject({ asked, matched: [], labels: [] });
      expect(match.known).toContain("security_audit");
      expect(match.known).toContain("qa-specialist");
    }
  });

  it("knows agents whose kinds of task nobody recorded", () => {
    const plain = new DomainNames([
      ...times(3, record("backend-dev", null, null)),
      ...times(3, record("tester", null, null)),
    ]);
    expect(plain.match("backend")).toMatchObject({ matched: ["backend-dev"], labels: ["backend-dev"] });
  });

  it("gives an agent that mostly shares its work the kind that it does most", () => {
    const shared = new DomainNames([
      ...times(9, record("one", null, "fix")),
      ...times(3, record("two", null, "fix")),
      ...times(1, record("two", null, "docs")),
      ...times(9, record("one", null, "docs")),
    ]);
    expect(shared.match("two").labels).toEqual(["fix"]);
  });

  it("knows nothing in an empty history", () => {
    expect(new DomainNames([]).match("backend")).toEqual({ asked: "backend", matched: [], labels: [], known: [] });
  });
});
