import { isObject } from "./object.js";

/**
 * Writes a value as JSON that every reader takes. Half of a surrogate pair (a text cut in the middle of an emoji) is
 * legal in JavaScript and in JSON's grammar, and refused by most parsers: it becomes U+FFFD, in keys too.
 *
 * @throws {TypeError} for what JSON cannot say: a BigInt, a circle
 */
export function toJson(value: object): string {
  const json = JSON.stringify(value);
  return json.includes("\\ud") ? JSON.stringify(value, wellFormed) : json;
}

function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), field]));
}
