import { isUtf8 } from "node:buffer";

import { isObject } from "../event/object.js";

/** A JSON object as it stood in the log. */
export type JsonObject = Record<string, unknown>;

/** What one line holds: as a rule one object; none when it is blank or damaged; both when a torn line was appended to. */
export interface ParsedLine {
  readonly objects: readonly JsonObject[];
  /** Why the line, or a part of it, cannot be read. */
  readonly damage?: string;
  /** The line is JSON as it stands: nothing had to be mended. */
  readonly exact?: boolean;
}

const BLANK: ParsedLine = { objects: [] };
const BOM = "\uFEFF";

/** How every line of the log begins, in whichever logger's hand. */
const LINE_START = '{"timestamp":';

/**
 * Reads one line of the log; never throws.
 *
 * A process killed in the middle of a line leaves a torn line, and another process's next line then stands directly
 * behind it: the whole ones among such glued lines are read, the torn one is damage.
 *
 * @param bytes without the line end
 */
export function parseLine(bytes: Buffer): ParsedLine {
  if (!isUtf8(bytes)) return { objects: [], damage: "invalid UTF-8" };
  const text = decode(bytes);
  if (text === undefined) return { objects: [], damage: "too long for a string" };
  if (text.trim() === "") return BLANK;
  const exact = parseExactly(text);
  const value = exact ?? parseLeniently(text);
  if (isObject(value)) return { objects: [value], exact: exact !== undefined };
  if (value !== undefined) return { objects: [], damage: "not a JSON object" };

  const parts = text.split(LINE_START);
  const objects = parts
    .map((part, i) => parseLeniently(i === 0 ? part : LINE_START + part))
    .filter((part) => isObject(part));
  const torn = parts.filter((part) => part.trim() !== "").length > objects.length;
  if (!torn) return { objects, damage: "lines without a line end between them" };
  return { objects, damage: objects.length > 0 ? "torn line with whole ones behind it" : reasonOf(text) };
}

function decode(bytes: Buffer): string | undefined {
  try {
    const text = bytes.toString("utf8");
    return text.startsWith(BOM) ? text.slice(1) : text;
  } catch {
    return undefined;
  }
}

/**
 * What the SQL engine reads though JSON has it not: NaN and Infinity, which Python writes for numbers that are not
 * known, and a comma behind the last element. Texts are matched first, so that nothing inside them is.
 */
const NOT_JSON = /"(?:[^"\\]|\\.)*"|-?\b(?:nan|inf|infinity)\b|,(?=\s*[}\]])/gi;

function parseLeniently(text: string): unknown {
  const mended = (token: string) => (token.startsWith('"') ? token : token === "," ? "" : "null");
  return parseExactly(text) ?? parseExactly(text.replace(NOT_JSON, mended));
}

function parseExactly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(text: string): string {
  if (text.includes("\0")) return "NUL bytes";
  if (text.trimStart().startsWith("{") && !text.trimEnd().endsWith("}")) return "truncated";
  return "not JSON";
}
