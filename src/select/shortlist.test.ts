import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Shortlist, type DescribedAgent } from "./shortlist.js";
import { terms } from "./text.js";

const agent = (agent_name: string, description = "", body = ""): DescribedAgent => ({ agent_name, description, body });
const names = (agents: readonly DescribedAgent[], task: string) =>
  new Shortlist(agents).rank(task, agents.length).map(({ agent_name }) => agent_name);

describe("Shortlist", () => {
  it("ranks by name, description and body", () => {
    const agents = [
      agent("database-engineer", "Tunes queries", "Indexes, locks"),
      agent("writer", "Writes documentation", "Database pages too"),
      agent("designer", "Draws screens"),
    ];
    expect(names(agents, "the database is slow")).toEqual(["database-engineer", "writer"]);
    expect(names(agents, "which locks are held?")).toEqual(["database-engineer"]);
    expect(names(agents, "draw a screen")).toEqual(["designer"]);
  });

  it("scores as BM25 says, in description and body, of words and of their beginnings", () => {
    const [first] = new Shortlist([agent("m", "tests tests", "tests"), agent("n", "writing x")]).rank("testing");
    const bm25 = (count: number, length: number, mean: number) =>
      (Math.log(1 + 1.5 / 1.5) * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / mean));
    expect(first).toMatchObject({ agent_name: "m", matched_words: ["testing"] });
    expect(first!.score).toBeCloseTo(2 * bm25(2, 3, 3) + 2 * bm25(1, 1, 0.5), 12);
  });

  it("finds words that begin alike, behind those that are the same", () => {
    const agents = [agent("a", "transcription of calls"), agent("b", "transcribe calls"), agent("c", "trains")];
    expect(names(agents, "transcribe it")).toEqual(["b", "a"]);
  });

  it("leaves out what an agent's instructions say of other agents", () => {
    const others =
      "- Hands queries to `Database-Engineer`\n- vs c-pro: he writes drivers.\nThe api-designer draws interfaces";
    const agents = [agent("api-designer", "", others), agent("database-engineer"), agent("c-pro")];
    expect(names(agents, "write a driver, speed up queries")).toEqual([]);
    expect(names(agents, "draw an interface")).toEqual(["api-designer"]);
  });

  it("does not let long definitions win by their length", () => {
    const long = Array.from({ length: 500 }, (_, i) => `word${i}`).join(" ");
    expect(names([agent("long", `payments ${long}`), agent("short", "payments")], "payments")[0]).toBe("short");
  });

  it("says which words of the task matched, those that tell most first", () => {
    const agents = [agent("a", "Postgres databases and pages"), agent("b", "pages"), agent("c", "pages")];
    const [first] = new Shortlist(agents).rank("Pages from the Database!");
    expect(first).toMatchObject({ agent_name: "a", matched_words: ["Database", "Pages"] });
  });

  it("gives at most as many as asked for, equals by name, and none without a common word", () => {
    const agents = ["d", "b", "a", "c"].map((name) => agent(name, "tests"));
    expect(new Shortlist(agents).rank("test").map(({ agent_name }) => agent_name)).toEqual(["a", "b", "c"]);
    expect(new Shortlist(agents).rank("paint")).toEqual([]);
    expect(new Shortlist(agents).rank("")).toEqual([]);
    expect(new Shortlist([]).rank("test")).toEqual([]);
  });

  it("reads languages other than English", () => {
    const agents = [
      agent("db", "设计数据库架构和索引"),
      agent("ui", "设计用户界面"),
      agent("ru", "Проверяет безопасность"),
    ];
    expect(names(agents, "数据库很慢")).toEqual(["db"]);
    expect(names(agents, "безопасность входа")).toEqual(["ru"]);
  });

  it("takes texts of ten megabytes", () => {
    const huge = "word ".repeat(2_000_000);
    const agents = [agent("a", "word", huge), agent("b", "paint", huge)];
    expect(names(agents, `paint ${"walls ".repeat(2_000_000)}`)[0]).toBe("b");
  });

  it("gives the same whatever the order of the agents, and finite scores above 0, falling", () => {
    const words = fc.array(fc.constantFrom("api", "test", "testing", "data", "数据", "🚀", "the", "X1"), {
      maxLength: 8,
    });
    const described = fc.record({
      agent_name: fc.string({ minLength: 1 }),
      description: words.map((list) => list.join(" ")),
      body: words.map((list) => list.join(" ")),
    });
    const pool = fc.uniqueArray(described, { selector: ({ agent_name }) => agent_name, maxLength: 12 });
    fc.assert(
      fc.property(pool, words, (agents, query) => {
        const task = query.join(" ");
        const found = new Shortlist(agents).rank(task, 100);
        expect(new Shortlist(agents.toReversed()).rank(task, 100)).toEqual(found);
        const scores = found.map(({ score }) => score);
        expect(scores.every((score) => Number.isFinite(score) && score > 0)).toBe(true);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        const asked = new Set(terms(task));
        for (const each of agents.filter(({ description }) => terms(description).some((term) => asked.has(term))))
          expect(found.map(({ agent_name }) => agent_name)).toContain(each.agent_name);
      }),
    );
  });
});
