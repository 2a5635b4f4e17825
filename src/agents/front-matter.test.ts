import { describe, expect, it } from "vitest";

import { cutFrontMatter, readFrontMatter } from "./front-matter.js";

describe("cutFrontMatter", () => {
  it.each([
    ["as it should be", "---\nname: a\n---\n\nBody\n"],
    ["with Windows line ends", "---\r\nname: a\r\n---\r\n\r\nBody\r\n"],
    ["with a byte order mark, empty lines before and spaces after", "\uFEFF\n---  \nname: a\n--- \nBody"],
  ])("cuts a file %s", (_, text) => {
    expect(cutFrontMatter(text)).toEqual({ front: "name: a", body: "Body" });
  });

  it("leaves rulers in the body alone", () => {
    expect(cutFrontMatter("---\nname: a\n---\nOne\n---\nTwo")?.body).toBe("One\n---\nTwo");
  });

  it("finds none where the text begins otherwise", () => {
    for (const text of ["", "# Title\n---\nname: a\n---", "----\nname: a"])
      expect(cutFrontMatter(text)).toBeUndefined();
  });

  it("says that an end is missing", () => {
    expect(() => cutFrontMatter("---\nname: a\n")).toThrow(/no end/);
  });
});

describe("readFrontMatter", () => {
  it("reads YAML", () => {
    expect(
      readFrontMatter('name: tester\ndescription: >-\n  Tests\n  things.\ntools: [Read, "Bash(git:*)"]\nmodel: opus'),
    ).toEqual({ name: "tester", description: "Tests things.", tools: ["Read", "Bash(git:*)"], model: "opus" });
  });

  it("takes values as the texts they are", () => {
    expect(readFrontMatter("name: 007\ndescription: yes\nmodel: null")).toEqual({
      name: "007",
      description: "yes",
      model: "null",
    });
  });

  it("takes tools as a list, or with commas", () => {
    for (const tools of [
      "Read, Grep",
      "[Read, Grep]",
      "\n  - Read\n  - Grep",
      "\n  Read: true\n  Edit: false\n  Grep: true",
      '"Read, Grep"',
    ])
      expect(readFrontMatter(`name: a\ntools: ${tools}`).tools).toEqual(["Read", "Grep"]);
  });

  it("leaves out what is empty", () => {
    expect(readFrontMatter("name: a\ndescription:\ntools: []\nmodel: ''")).toEqual({ name: "a" });
  });

  it("reads descriptions that are no YAML: unquoted colons, quotes, examples", () => {
    const description =
      "Use this agent when: code changed. Examples: <example>Context: a PR. user: \"Review it\" assistant: 'OK'</example>";
    expect(readFrontMatter(`name: reviewer\ndescription: ${description}\ntools: Read, Bash\nmodel: sonnet`)).toEqual({
      name: "reviewer",
      description,
      tools: ["Read", "Bash"],
      model: "sonnet",
    });
  });

  it("reads examples that take lines of their own, wherever they begin", () => {
    const front = [
      "name: planner",
      "description: Plans work. Examples:",
      "",
      "<example>",
      "Context: The user has an idea.",
      'user: "I want a shop"',
      "name: not this one",
      "</example>",
      "color: blue",
    ].join("\n");
    const { name, description } = readFrontMatter(front);
    expect(name).toBe("planner");
    expect(description).toContain('user: "I want a shop"');
    expect(description).not.toContain("blue");
  });

  it("takes escaped line ends and quotes for what they stand for, quoted or not", () => {
    const text = 'Use it when:\\n\\n<example>\\nuser: \\"Hi\\"\\n</example>';
    const meant = 'Use it when:\n\n<example>\nuser: "Hi"\n</example>';
    expect(readFrontMatter(`name: a\ndescription: ${text}`).description).toBe(meant);
    expect(readFrontMatter(`name: a\ndescription: "${text}"`).description).toBe(meant);
  });

  it("reads what is indented with tabs", () => {
    expect(readFrontMatter("name: a\ndescription: |\n\tLine one\n\tLine: two")).toEqual({
      name: "a",
      description: "Line one\nLine: two",
    });
  });

  it.each(["", "- a\n- b", "just a text", "title: x\nlayout: page", "{{{", "name:\ndescription:"])(
    "says what is missing in %j",
    (front) => {
      expect(() => readFrontMatter(front)).toThrow(/neither name nor description/);
    },
  );

  it("is not blown up by references", () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}, *l${i}]`);
    const front = `name: a\nl0: &l0 [x, y, z]\n${levels.join("\n")}\ntools: *l30`;
    expect(readFrontMatter(front)).toEqual({ name: "a" });
  });
});
