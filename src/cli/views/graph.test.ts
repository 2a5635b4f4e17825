import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyText } from "../../../test/support/events.js";
import { patternAnalysis, type PatternAnalysis } from "../../analyze/patterns.js";
import { printable } from "../terminal.js";
import { dotLabel, graphText, mermaidLabel } from "./graph.js";

const NAMES = [
  'say "hi"',
  "end",
  "a[b]{c}(d)|e|<f>",
  "<b>bold</b><br/>",
  "two\nlines\r\nthree",
  "1. list",
  "`code`",
  "# title",
  "%%{init: {}}%%",
  "style x: fill:#fff;",
  "direction LR now",
  "&lt; #35; &#35;",
  "C:\\new\\N",
  "日本語のエージェント 🤖",
  "ﬂ°°60¶ß",
  " spaces  at ends ",
  "__proto__",
  "",
  "backend-architect",
  "my_agent 2",
];

/** A chain of workflows over these names, with a self-loop. */
function chain(names: readonly string[]): PatternAnalysis {
  const arcs = names.map((from, i) => ({
    from,
    to: names[(i + 1) % names.length]!,
    count: i + 1,
    median_latency_seconds: i === 0 ? null : 90,
    mean_latency_seconds: 90,
  }));
  const sequence =
    names.length > 0 ? [{ sequence: names, count: 3, successes: 2, judged: 3, median_duration_seconds: 60 }] : [];
  return patternAnalysis("agent_name", sequence, arcs);
}

/** What a name looks like in a drawing: lines, and no character that steers. */
function drawn(name: string): string {
  return name
    .toWellFormed()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map(printable)
    .join("\n");
}

/** Reads what {@link graphText} writes, as strictly as Mermaid's lexer, and gives the labels by id and the arcs. */
function readMermaid(text: string) {
  const [first, ...lines] = text.split("\n");
  expect(first).toBe("flowchart LR");
  const labels: Record<string, string> = {};
  const arcs: string[] = [];
  for (const line of lines) {
    // What Mermaid looks for in whole lines before, or in spite of, quotes.
    expect(line).not.toMatch(/direction\s+(TB|BT|RL|LR)|%%|(style|classDef).*:\S*#.*;/);
    const node = /^ {2}(n\d+|start|finish)(?:\["([^"]+)"\]|\(\["([^"]+)"\]\))$/.exec(line);
    const arc = /^ {2}(\w+) -->\|"[\d,]+×(?: · -?[\d.]+ \w+)?"\| (\w+)$/.exec(line);
    if (!node && !arc) throw new Error(`not understood: ${line}`);
    if (node) labels[node[1]!] = readMermaidLabel(node[2] ?? node[3]!);
    else arcs.push(`${arc![1]}>${arc![2]}`);
  }
  return { labels, arcs };
}

/** Gives the text that a label draws. What is left of the syntax of Mermaid, Markdown or HTML is a mistake. */
function readMermaidLabel(label: string): string {
  const text = label.replaceAll("<br/>", "\n");
  const rest = text.replace(/#\d+;/g, "");
  expect(rest).not.toMatch(/[!-,./:-@[-^`{-~°¶]/);
  expect(rest).not.toMatch(/(^|\s)[-_]|[-_](\s|$)/);
  return text.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

describe("as Mermaid", () => {
  it("draws nodes with generated ids, their arcs, starts and ends", () => {
    expect(graphText(chain(["architect", "tester"]), "mermaid")).toBe(
      [
        "flowchart LR",
        '  start(["start"])',
        '  n0["architect"]',
        '  n1["tester"]',
        '  finish(["end"])',
        '  start -->|"3×"| n0',
        '  n0 -->|"1×"| n1',
        '  n1 -->|"2× · 1.5 min"| n0',
        '  n1 -->|"3×"| finish',
      ].join("\n"),
    );
  });

  it("has a valid drawing of nothing", () => {
    expect(readMermaid(graphText(chain([]), "mermaid"))).toEqual({
      labels: { start: "start", finish: "end" },
      arcs: [],
    });
  });

  it("keeps names legible where it can", () => {
    expect(mermaidLabel("backend-architect v_2 für 日本")).toBe("backend-architect v_2 für 日本");
    expect(mermaidLabel('"a"\n<b>')).toBe("#34;a#34;<br/>#60;b#62;");
    expect(mermaidLabel("")).toBe("#32;");
  });

  it.each(NAMES)("draws %j as it is", (name) => {
    const { labels } = readMermaid(graphText(chain([name]), "mermaid"));
    expect(labels["n0"]).toBe(drawn(name) || " ");
  });

  it("draws any names as they are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyText, { maxLength: 5 }), (names) => {
        const { labels, arcs } = readMermaid(graphText(chain(names), "mermaid"));
        expect(names.map((_, i) => labels[`n${i}`])).toEqual(names.map((name) => drawn(name) || " "));
        expect(arcs).toHaveLength(names.length === 0 ? 0 : names.length + 2);
      }),
    );
  });
});

/** The tokens of DOT, as its lexer tells them apart: ids, quoted strings, arrows and punctuation. */
function tokensOf(text: string): string[] {
  const token =
    /\s+|[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|-?(?:\.\d+|\d+(?:\.\d*)?)|"(?:[^"\\]|\\[^])*"|->|[{}[\];,=]/y;
  const tokens: string[] = [];
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new Error(`no token at ${text.slice(at, at + 40)}`);
    if (found[0].trim() !== "") tokens.push(found[0]);
  }
  return tokens;
}

/** Parses `digraph { statements }` by the grammar of DOT and gives the labels by id and the arcs. */
function readDot(text: string) {
  const tokens = tokensOf(text);
  const take = (expected?: RegExp): string => {
    const token = tokens.shift() ?? "nothing";
    if (expected && !expected.test(token)) throw new Error(`${token} where ${expected.source} was expected`);
    return token;
  };
  const next = (): string | undefined => tokens[0];
  const ID = /^([A-Za-z_]\w*|".*")$/s;
  const labels: Record<string, string> = {};
  const arcs: string[] = [];
  const attributes = (): Record<string, string> => {
    const found: Record<string, string> = {};
    if (next() !== "[") return found;
    take();
    while (next() !== "]") {
      const name = take(ID);
      take(/^=$/);
      found[name] = take(ID);
      if (next() === ",") take();
    }
    take(/^\]$/);
    return found;
  };
  take(/^digraph$/);
  take(/^\{$/);
  while (next() !== "}") {
    const id = take(ID);
    // Keywords cannot be ids unless quoted; `node` sets what all nodes have.
    expect(id).not.toMatch(/^(edge|graph|digraph|subgraph|strict)$/i);
    if (next() === "=") {
      take();
      take(ID);
    } else if (next() === "->") {
      take();
      arcs.push(`${id}>${take(ID)}`);
      attributes();
    } else {
      const { label } = attributes();
      if (label !== undefined) labels[id] = readDotLabel(label);
    }
    take(/^;$/);
  }
  take(/^\}$/);
  expect(tokens).toEqual([]);
  return { labels, arcs };
}

/** Gives the text that a quoted label draws. Unknown escapes and entities are a mistake. */
function readDotLabel(quoted: string): string {
  expect(quoted).toMatch(/^"[^\n]*"$/);
  return quoted
    .slice(1, -1)
    .replace(/&(\w+;)?|\\([^])/g, (_, named: string | undefined, escaped: string | undefined) => {
      if (escaped === undefined) {
        expect(named).toBe("amp;");
        return "&";
      }
      expect('n\\"').toContain(escaped);
      return escaped === "n" ? "\n" : escaped;
    });
}

describe("as DOT", () => {
  it("draws nodes with generated ids, their arcs, starts and ends", () => {
    expect(graphText(chain(["architect", "tester"]), "dot")).toBe(
      [
        "digraph {",
        "  rankdir=LR;",
        "  node [shape=box, style=rounded];",
        '  start [label="start", shape=oval];',
        '  n0 [label="architect"];',
        '  n1 [label="tester"];',
        '  finish [label="end", shape=oval];',
        '  start -> n0 [label="3×"];',
        '  n0 -> n1 [label="1×"];',
        '  n1 -> n0 [label="2× · 1.5 min"];',
        '  n1 -> finish [label="3×"];',
        "}",
      ].join("\n"),
    );
  });

  it("escapes what DOT reads in a label", () => {
    expect(dotLabel('a "b" \\N &lt;\nc')).toBe('a \\"b\\" \\\\N &amp;lt;\\nc');
  });

  it.each(NAMES)("draws %j as it is", (name) => {
    expect(readDot(graphText(chain([name]), "dot")).labels["n0"]).toBe(drawn(name));
  });

  it("draws any names as they are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyText, { maxLength: 5 }), (names) => {
        const { labels, arcs } = readDot(graphText(chain(names), "dot"));
        expect(names.map((_, i) => labels[`n${i}`])).toEqual(names.map(drawn));
        expect(arcs).toHaveLength(names.length === 0 ? 0 : names.length + 2);
      }),
    );
  });
});
