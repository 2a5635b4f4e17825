import { formatTimestamp, isTimestamp, MAX_SECONDS, parseTimestamp } from "../event/clock.js";
import { toJson } from "../event/json.js";

/** A call gave the recorder something that it cannot write; the message names the field. */
export class ArgumentError extends TypeError {
  override readonly name = "ArgumentError";
  constructor(
    /** The argument at fault, e.g. `agent_plan[1]`. */
    readonly field: string,
    problem: string,
  ) {
    super(`${field} ${problem}`);
  }
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "number" || typeof value === "boolean" ? `${value}` : `a ${typeof value}`;
}

function fail(field: string, expected: string, value: unknown): never {
  throw new ArgumentError(field, `must be ${expected}, got ${describe(value)}`);
}

/** The checks take what may be absent as null, which is how the log writes what is not known. */
type Absent = null | undefined;

export function record(field: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(field, "an object", value);
}

export function text(field: string, value: string): string {
  if (typeof value !== "string" || value === "") fail(field, "a non-empty string", value);
  return value;
}

export function optionalText(field: string, value: string | Absent): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") fail(field, "a string", value);
  return value;
}

/** A reference to another record: absent or a non-empty string. */
export function optionalId(field: string, value: string | Absent): string | null {
  return value === undefined || value === null ? null : text(field, value);
}

export function texts(field: string, value: readonly string[]): readonly string[] {
  if (!Array.isArray(value)) fail(field, "an array of strings", value);
  for (let i = 0; i < value.length; i++)
    if (typeof value[i] !== "string" || value[i] === "") fail(`${field}[${i}]`, "a non-empty string", value[i]);
  return value;
}

export function optionalTexts(field: string, value: readonly string[] | Absent): readonly string[] | null {
  return value === undefined || value === null ? null : texts(field, value);
}

export function flag(field: string, value: boolean): boolean {
  if (typeof value !== "boolean") fail(field, "true or false", value);
  return value;
}

export function optionalFlag(field: string, value: boolean | Absent): boolean | null {
  return value === undefined || value === null ? null : flag(field, value);
}

export function seconds(field: string, value: number): number {
  if (typeof value !== "number" || !(value >= 0 && value <= MAX_SECONDS))
    fail(field, "a number of seconds, 0 or more, below a thousand years", value);
  return value;
}

export function optionalSeconds(field: string, value: number | Absent): number | null {
  return value === undefined || value === null ? null : seconds(field, value);
}

export function optionalNumber(field: string, value: number | Absent): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number" || !Number.isFinite(value)) fail(field, "a finite number", value);
  return value;
}

export function optionalProbability(field: string, value: number | Absent): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number" || !(value > 0 && value <= 1)) fail(field, "a probability above 0, up to 1", value);
  return value;
}

export function rating(field: string, value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 5) fail(field, "a whole number from 1 to 5", value);
  return value;
}

export function optionalChoice<T extends string>(field: string, value: T | Absent, choices: readonly T[]): T | null {
  if (value === undefined || value === null) return null;
  if (!choices.includes(value)) fail(field, `one of ${choices.join(", ")}`, value);
  return value;
}

export function optionalFunction(field: string, value: unknown): void {
  if (value !== undefined && value !== null && typeof value !== "function") fail(field, "a function", value);
}

export function optionalObject(
  field: string,
  value: Readonly<Record<string, unknown>> | Absent,
): Readonly<Record<string, unknown>> | null {
  if (value === undefined || value === null) return null;
  record(field, value);
  return value;
}

/**
 * Writes checked fields as JSON.
 *
 * @throws {ArgumentError} that names the field which JSON cannot say, such as a BigInt or a circle
 */
export function fieldsToJson(fields: object): string {
  try {
    return toJson(fields);
  } catch (error) {
    const culprit = Object.entries(fields).find(([, value]) => !isSerializable(value));
    if (!culprit) throw error;
    const [problem] = (error as Error).message.split("\n");
    throw new ArgumentError(culprit[0], `cannot be written as JSON: ${problem}`);
  }
}

function isSerializable(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

/** Takes a `Date` or ISO 8601 text, gives the form in which the log holds it. */
export function optionalTimestamp(field: string, value: string | Date | Absent): string | undefined {
  if (value === undefined || value === null) return undefined;
  const milliseconds =
    value instanceof Date ? value.getTime() : typeof value === "string" ? parseTimestamp(value) : NaN;
  // Years beyond 9999 have a form of their own, which no reader knows.
  const time = milliseconds === undefined || Number.isNaN(milliseconds) ? "" : formatTimestamp(milliseconds);
  if (!isTimestamp(time)) fail(field, "a Date or an ISO 8601 time such as 2026-11-01T12:00:00Z", value);
  return time;
}
