/*
 * Values as OTLP's JSON writes them (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding), read as
 * liberally as emitters write: names in camelCase or snake_case, 64-bit numbers as text or as numbers.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** What an attribute may hold. */
export type AttributeValue = string | number | boolean | readonly AttributeValue[] | Attributes;

/** Attributes by name. */
export interface Attributes {
  readonly [name: string]: AttributeValue | undefined;
}

/** A member, under its name in camelCase or in snake_case. */
export function member(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

/** The objects in a list; anything else in its place is none. */
export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** An id as lower-case hex of so many bytes. It is hex in OTLP's JSON, base64 in protobuf's general JSON. */
export function id(value: unknown, bytes: number): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const hex = new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`).test(value)
    ? value.toLowerCase()
    : Buffer.from(value, "base64").toString("hex");
  // All zeros is what has no id.
  return hex.length === 2 * bytes && !/^0+$/.test(hex) ? hex : undefined;
}

/** Nanoseconds since 1970 as microseconds, which a number holds exactly; 0 is what is not known. */
export function microseconds(nanoseconds: unknown): number | undefined {
  if (typeof nanoseconds === "number") return nanoseconds > 0 ? Math.floor(nanoseconds / 1000) : undefined;
  if (typeof nanoseconds !== "string" || !/^\d{1,20}$/.test(nanoseconds)) return undefined;
  return Number(BigInt(nanoseconds) / 1000n) || undefined;
}

/** A list of `{key, value}` by key. */
export function attributes(list: unknown): Attributes {
  const found: Record<string, AttributeValue | undefined> = {};
  for (const pair of objects(list)) {
    const key = text(pair["key"]);
    if (key !== undefined) found[key] = attributeValue(pair["value"]);
  }
  return found;
}

/** Deeper nesting is cut off: nobody asks for it, and it must not exhaust the stack. */
const MAX_DEPTH = 32;

function attributeValue(value: unknown, depth = 0): AttributeValue | undefined {
  if (!isObject(value) || depth > MAX_DEPTH) return undefined;
  const plain = member(value, "stringValue") ?? member(value, "boolValue") ?? member(value, "bytesValue");
  if (typeof plain === "string" || typeof plain === "boolean") return plain;
  const number = member(value, "intValue") ?? member(value, "doubleValue");
  if (number !== undefined) return Number(number);
  const array = member(value, "arrayValue");
  if (isObject(array)) return objects(array["values"]).flatMap((inner) => attributeValue(inner, depth + 1) ?? []);
  const map = member(value, "kvlistValue");
  if (!isObject(map)) return undefined;
  const pairs = objects(map["values"]).map((pair) => [
    text(pair["key"]) ?? "",
    attributeValue(pair["value"], depth + 1),
  ]);
  return Object.fromEntries(pairs) as Attributes;
}
