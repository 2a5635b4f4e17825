import type { ArcTotals, EndCount, PatternAnalysis } from "../../analyze/patterns.js";
import { grouped } from "../format.js";
import { printable } from "../terminal.js";
import { shortDuration } from "./numbers.js";

/** Languages that a graph can be printed in. */
export type GraphLanguage = "mermaid" | "dot";

/** What both languages draw. Nodes have generated ids, so that no name can be a keyword or break the syntax. */
interface Graph {
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  /** Labels are made of numbers and units, which mean nothing in either language. */
  readonly arcs: readonly { readonly from: string; readonly to: string; readonly label: string }[];
}

const START = "start";
const FINISH = "finish";

/** The directly-follows graph of the workflows, for a tool that draws it. */
export function graphText(analysis: PatternAnalysis, language: GraphLanguage): string {
  const graph = graphOf(analysis);
  return language === "mermaid" ? mermaidText(graph) : dotText(graph);
}

function graphOf({ arcs, starts, ends }: PatternAnalysis): Graph {
  const names = new Set([
    ...starts.map(({ name }) => name),
    ...arcs.flatMap(({ from, to }) => [from, to]),
    ...ends.map(({ name }) => name),
  ]);
  const nodes = [...names].map((name, i) => ({ id: `n${i}`, name }));
  const ids = new Map(nodes.map(({ id, name }) => [name, id]));
  const times = ({ count }: EndCount | ArcTotals) => `${grouped(count)}×`;
  return {
    nodes,
    arcs: [
      ...starts.map((start) => ({ from: START, to: ids.get(start.name)!, label: times(start) })),
      ...arcs.map((arc) => ({ from: ids.get(arc.from)!, to: ids.get(arc.to)!, label: `${times(arc)}${latency(arc)}` })),
      ...ends.map((end) => ({ from: ids.get(end.name)!, to: FINISH, label: times(end) })),
    ],
  };
}

function latency({ median_latency_seconds: seconds }: ArcTotals): string {
  return seconds === null ? "" : ` · ${shortDuration(seconds)}`;
}

function mermaidText({ nodes, arcs }: Graph): string {
  return [
    "flowchart LR",
    `  ${START}(["start"])`,
    ...nodes.map(({ id, name }) => `  ${id}["${mermaidLabel(name)}"]`),
    `  ${FINISH}(["end"])`,
    ...arcs.map(({ from, to, label }) => `  ${from} -->|"${label}"| ${to}`),
  ].join("\n");
}

/**
 * Characters that mean the same to Mermaid, Markdown and HTML, in which labels are read one after the other: letters and
 * digits, all others beyond ASCII but spaces, controls and `°¶`, which Mermaid marks entities with on its way; and
 * hyphen, underscore and space between letters or digits.
 */
const PLAIN = /[A-Za-z0-9]|[^\p{ASCII}\p{Z}\p{C}°¶]|(?<=[\p{L}\p{N}])[-_ ](?=[\p{L}\p{N}])/u;

/**
 * Text for a quoted Mermaid label. All that is not plain becomes a numbered entity, `#34;`: quotes end a label, a
 * backtick begins Markdown, `1.` a list, `<` a tag, `%%` a comment, a colon a style.
 */
export function mermaidLabel(text: string): string {
  const label = lines(text)
    .map((line) => line.replace(/./gsu, (character, at: number) => (plainAt(line, at) ? character : entity(character))))
    .join("<br/>")
    // Mermaid takes a line that holds these words for a statement, even between quotes.
    .replaceAll("direction ", `direction${entity(" ")}`);
  return label === "" ? entity(" ") : label;
}

function entity(character: string): string {
  return `#${character.codePointAt(0)!};`;
}

function plainAt(line: string, at: number): boolean {
  const sticky = new RegExp(PLAIN, "uy");
  sticky.lastIndex = at;
  return sticky.test(line);
}

function dotText({ nodes, arcs }: Graph): string {
  return [
    "digraph {",
    "  rankdir=LR;",
    "  node [shape=box, style=rounded];",
    `  ${START} [label="start", shape=oval];`,
    ...nodes.map(({ id, name }) => `  ${id} [label="${dotLabel(name)}"];`),
    `  ${FINISH} [label="end", shape=oval];`,
    ...arcs.map(({ from, to, label }) => `  ${from} -> ${to} [label="${label}"];`),
    "}",
  ].join("\n");
}

/** Text for a quoted DOT label. Backslashes begin escapes such as `\N`; entities are read even in plain labels. */
export function dotLabel(text: string): string {
  return lines(text)
    .map((line) => line.replaceAll("&", "&amp;").replaceAll("\\", "\\\\").replaceAll('"', '\\"'))
    .join("\\n");
}

/** The lines of a text without control characters. */
function lines(text: string): string[] {
  return text
    .toWellFormed()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map(printable);
}
