import { FAILSAFE_SCHEMA, load } from "js-yaml";

/** What the front matter of an agent definition says; absent where it says nothing. */
export interface FrontMatter {
  readonly name?: string;
  readonly description?: string;
  readonly model?: string;
  readonly tools?: readonly string[];
}

/** A definition file, cut in two. */
interface Parts {
  readonly front: string;
  readonly body: string;
}

/** The fields that Claude Code knows, by which a text that is no YAML is cut into fields. */
const FIELD =
  /^(name|description|tools|allowed-tools|disallowedTools|model|color|permissionMode|skills|hooks|mcpServers|maxTurns|memory|background|effort|isolation|initialPrompt)[ \t]*:[ \t]*(.*)$/;

/**
 * Cuts a text at the lines `---` around its front matter.
 *
 * @returns undefined when it does not begin with front matter
 * @throws when the front matter does not end
 */
export function cutFrontMatter(text: string): Parts | undefined {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const first = lines.findIndex((line) => line.trim() !== "");
  if (lines[first]?.trimEnd() !== "---") return undefined;
  const last = lines.findIndex((line, i) => i > first && /^(?:---|\.\.\.)\s*$/.test(line));
  if (last === -1) throw new Error("its front matter has no end: a line --- is missing");
  return {
    front: lines.slice(first + 1, last).join("\n"),
    body: lines
      .slice(last + 1)
      .join("\n")
      .trim(),
  };
}

/**
 * Reads front matter: as YAML, and where it is none line by line. Descriptions with unquoted colons, quotes and examples
 * are common, and Claude Code takes them too.
 *
 * @throws when it names neither an agent nor what the agent is for
 */
export function readFrontMatter(front: string): FrontMatter {
  const { fields, problem } = fieldsOf(front);
  const { name, description, model, tools } = fields;
  if (name === undefined && description === undefined)
    throw new Error(`its front matter has neither name nor description${problem}`);
  return {
    ...(name === undefined ? {} : { name: name.replaceAll(/\s+/g, " ") }),
    ...(description === undefined ? {} : { description: unescaped(description) }),
    ...(model === undefined ? {} : { model }),
    ...(tools === undefined ? {} : { tools: listOf(tools) }),
  };
}

/** Texts by name; those that are empty are left out, and lists are written line by line. */
type Fields = Readonly<Partial<Record<string, string>>>;

function fieldsOf(front: string): { readonly fields: Fields; readonly problem: string } {
  try {
    // All scalars are texts: an agent named 007 or Yes is called just that. Of a repeated field the last one counts.
    const values = load(front, { schema: FAILSAFE_SCHEMA, json: true });
    if (typeof values !== "object" || values === null || Array.isArray(values)) throw new Error("it has no fields");
    return { fields: trimmed(Object.entries(values).map(([name, value]) => [name, asText(value)])), problem: "" };
  } catch (error) {
    const [problem] = (error as Error).message.split("\n");
    return { fields: linesOf(front), problem: `: ${problem}` };
  }
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  // OpenCode writes tools as `read: true`. What lies deeper is left out: by references, a short text could grow without end.
  const items: unknown[] = Array.isArray(value) ? value : keysThatAreOn(value);
  return items.filter((item) => typeof item === "string").join("\n");
}

function keysThatAreOn(value: object): string[] {
  return Object.entries(value).flatMap(([key, on]) => (on === "true" ? [key] : []));
}

/** The first field of each name counts: the same word may begin a line of an example. */
function linesOf(front: string): Fields {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of front.split("\n")) {
    const [, name, rest] = FIELD.exec(line) ?? [];
    if (name === undefined || found.has(name)) current.push(line.trim());
    // A mark of YAML that the text follows in the next lines.
    else found.set(name, (current = /^[|>][-+\d]*$/.test(rest!) ? [] : [rest!]));
  }
  return trimmed([...found].map(([name, lines]) => [name, unquoted(lines.join("\n").trim())]));
}

function unquoted(text: string): string {
  const quote = text[0];
  const isQuoted = text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote);
  return isQuoted ? text.slice(1, -1) : text;
}

function trimmed(fields: readonly (readonly [string, string])[]): Fields {
  return Object.fromEntries(fields.map(([name, text]) => [name, text.trim()]).filter(([, text]) => text !== ""));
}

/** Line ends and quotes are often escaped where YAML does not ask for it. */
function unescaped(text: string): string {
  return text.replaceAll("\\n", "\n").replaceAll('\\"', '"').trim();
}

function listOf(text: string): string[] {
  const items = text.split(/[,\n]/).map((item) => unquoted(item.replace(/^[\s[-]*|[\s\]]*$/g, "")));
  return items.filter((item) => item !== "");
}
