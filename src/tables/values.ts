import type { DuckDBValue } from "@duckdb/node-api";

import { engine } from "./engine.js";

const {
  DuckDBArrayValue,
  DuckDBDateValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBDecimalValue,
  DuckDBUnionValue,
  DuckDBVariantValue,
} = engine;

/** A value of a query as JSON says it: what JSON has no numbers for is text. */
export type SqlValue = null | boolean | number | string | readonly SqlValue[] | { readonly [field: string]: SqlValue };

/**
 * Makes a value one of JSON, exactly: points in time are ISO 8601 in UTC, whole numbers and decimals that a number of
 * JavaScript cannot hold are text, as are intervals, bytes and whatever else JSON has no word for. NaN and infinities
 * are null.
 *
 * @param json whether a text is itself JSON
 */
export function toSqlValue(value: DuckDBValue, json = false): SqlValue {
  if (typeof value === "bigint") return exactly(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string") return json ? parsed(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map((item) => toSqlValue(item));
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, field]) => [name, toSqlValue(field)]));
  if (value instanceof DuckDBMapValue)
    return value.entries.map((entry) => ({ key: toSqlValue(entry.key), value: toSqlValue(entry.value) }));
  if (value instanceof DuckDBUnionValue) return toSqlValue(value.value);
  if (value instanceof DuckDBVariantValue) return toSqlValue(value.value);
  if (value instanceof DuckDBDecimalValue) return decimal(value.toString());
  return timeOf(value) ?? String(value);
}

/** Most decimal digits that a number always keeps. */
const EXACT_DIGITS = 15;

function exactly(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function decimal(text: string): number | string {
  return text.replace(/\D/g, "").length <= EXACT_DIGITS ? Number(text) : text;
}

function parsed(text: string): SqlValue {
  try {
    return JSON.parse(text) as SqlValue;
  } catch {
    return text;
  }
}

function timeOf(value: object): string | undefined {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return value.isFinite ? isoTime(value.micros) : String(value);
  if (value instanceof DuckDBTimestampMillisecondsValue) return isoTime(value.millis * 1000n);
  if (value instanceof DuckDBTimestampSecondsValue) return isoTime(value.seconds * 1_000_000n);
  if (value instanceof DuckDBTimestampNanosecondsValue) return isoTime(value.nanos / 1000n);
  if (value instanceof DuckDBDateValue) return String(value);
  return undefined;
}

/** As the log writes it: milliseconds, and the digits behind them where there are any. */
function isoTime(microseconds: bigint): string {
  const rest = ((microseconds % 1000n) + 1000n) % 1000n;
  const date = new Date(Number((microseconds - rest) / 1000n));
  if (Number.isNaN(date.getTime())) return `${microseconds} µs`;
  return rest === 0n ? date.toISOString() : date.toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}
