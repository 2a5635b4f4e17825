/*
 * Values as OTLP's JSON writes them (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding), read as
 * liberally as emitters write: names in camelCase or snake_case, 64-bit numbers as text or as numbers. What was protobuf
 * has bytes, and pairs of 32 bits. Where names are read they are written out, both of them: a request has tens of
 * thousands, and names that are made take longest.
 */

import { isObject } from "../../event/object.js";

export { isObject };

export type JsonObject = Readonly<Record<string, unknown>>;

/** What an attribute may hold. */
export type AttributeValue = string | number | boolean | readonly AttributeValue[] | Attributes;

/** Attributes by name. */
export interface Attributes {
  readonly [name: string]: AttributeValue | undefined;
}

/** The objects in a list; anything else in its place is none. */
export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

const HEX = /^[0-9a-f]*[1-9a-f][0-9a-f]*$/;

/** An id as lower-case hex of so many bytes. It is hex in OTLP's JSON, base64 in protobuf's general JSON. */
export function id(value: unknown, bytes: number): string | undefined {
  if (value instanceof Uint8Array) return id(asBuffer(value).toString("hex"), bytes);
  if (typeof value !== "string" || value === "") return undefined;
  if (value.length === 2 * bytes && HEX.test(value)) return value;
  const isHex = value.length === 2 * bytes && /^[0-9a-f]+$/i.test(value);
  const hex = isHex ? value.toLowerCase() : Buffer.from(value, "base64").toString("hex");
  // All zeros is what has no id.
  return hex.length === 2 * bytes && HEX.test(hex) ? hex : undefined;
}

/** Nanoseconds since 1970 as microseconds, which a number holds exactly until 2255; 0 is what is not known. */
export function microseconds(nanoseconds: unknown): number | undefined {
  let time = 0;
  if (typeof nanoseconds === "number") time = Math.floor(nanoseconds / 1000);
  else if (isLong(nanoseconds)) {
    // 2^32 is 4294967 thousands and 296: so no part is larger than a number holds.
    const high = nanoseconds.high >>> 0;
    time = high * 4_294_967 + Math.floor((high * 296 + (nanoseconds.low >>> 0)) / 1000);
  } else if (typeof nanoseconds === "string" && nanoseconds.length <= 20) {
    for (let i = 0; i < nanoseconds.length; i++) {
      const digit = nanoseconds.charCodeAt(i) - 48;
      if (!(digit >= 0 && digit <= 9)) return undefined;
      if (i < nanoseconds.length - 3) time = time * 10 + digit;
    }
  }
  return time > 0 && time <= Number.MAX_SAFE_INTEGER ? time : undefined;
}

/** A 64-bit number of protobuf. */
interface Long {
  readonly low: number;
  readonly high: number;
  toNumber(): number;
}

function isLong(value: unknown): value is Long {
  return isObject(value) && typeof value["toNumber"] === "function";
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** A list of `{key, value}` by key. */
export function attributes(list: unknown): Attributes {
  const found: Record<string, AttributeValue | undefined> = {};
  if (!Array.isArray(list)) return found;
  for (const pair of list as unknown[]) {
    if (!isObject(pair)) continue;
    const key = pair["key"];
    if (typeof key === "string") found[key] = attributeValue(pair["value"]);
  }
  return found;
}

/** Deeper nesting is cut off: nobody asks for it, and it must not exhaust the stack. */
const MAX_DEPTH = 32;

function attributeValue(value: unknown, depth = 0): AttributeValue | undefined {
  if (!isObject(value) || depth > MAX_DEPTH) return undefined;
  const plain =
    value["stringValue"] ??
    value["string_value"] ??
    value["boolValue"] ??
    value["bool_value"] ??
    value["bytesValue"] ??
    value["bytes_value"];
  if (typeof plain === "string" || typeof plain === "boolean") return plain;
  if (plain instanceof Uint8Array) return asBuffer(plain).toString("base64");
  const number = value["intValue"] ?? value["int_value"] ?? value["doubleValue"] ?? value["double_value"];
  if (number !== undefined) return isLong(number) ? number.toNumber() : Number(number);
  const array = value["arrayValue"] ?? value["array_value"];
  if (isObject(array)) return objects(array["values"]).flatMap((inner) => attributeValue(inner, depth + 1) ?? []);
  const map = value["kvlistValue"] ?? value["kvlist_value"];
  if (!isObject(map)) return undefined;
  const pairs = objects(map["values"]).map((pair) => [
    text(pair["key"]) ?? "",
    attributeValue(pair["value"], depth + 1),
  ]);
  return Object.fromEntries(pairs) as Attributes;
}
