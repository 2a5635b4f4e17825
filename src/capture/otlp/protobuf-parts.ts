import type { Signal } from "./decode.js";

/** The messages within a message, by the number of their field. */
interface Shape {
  readonly [field: number]: Shape;
}

// Values may hold values: arrays by field 5, lists of key and value by field 6.
const value: Record<number, Shape> = {};
const attribute: Shape = { 2: value };
value[5] = { 1: value };
value[6] = { 1: attribute };

const span: Shape = { 9: attribute, 11: { 3: attribute }, 13: { 4: attribute } };
const record: Shape = { 5: value, 6: attribute };
/** A request is a list of resources with scopes, and these hold what is told. */
const request = (told: Shape): Shape => ({ 1: { 1: { 1: attribute }, 2: { 1: { 3: attribute }, 2: told } } });

const REQUESTS: Readonly<Record<Signal, Shape>> = { traces: request(span), logs: request(record) };

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

/**
 * Counts the messages in a request of OTLP's protobuf (its resources, spans, records, attributes, values) without decoding
 * it, up to the first more than `most`: two bytes may stand for a message that takes two hundred in memory. What cannot be
 * read ends the count; who decodes the request says what is wrong with it.
 *
 * Source: https://protobuf.dev/programming-guides/encoding; opentelemetry-proto 1.x for the fields.
 */
export function partsInProtobuf(bytes: Uint8Array, signal: Signal, most: number): number {
  let count = 0;
  let at = 0;
  const varint = (end: number) => {
    let number = 0;
    for (let scale = 1; at < end; scale *= 128) {
      const byte = bytes[at++]!;
      number += (byte & 127) * scale;
      if (byte < 128) return number;
    }
    return Number.NaN;
  };
  const waiting: { readonly from: number; readonly end: number; readonly shape: Shape }[] = [
    { from: 0, end: bytes.length, shape: REQUESTS[signal] },
  ];
  for (let message = waiting.pop(); message; message = waiting.pop()) {
    const { from, end, shape } = message;
    at = from;
    while (at < end) {
      const tag = varint(end);
      const kind = tag % 8;
      if (kind === VARINT) varint(end);
      else if (kind === FIXED_64) at += 8;
      else if (kind === FIXED_32) at += 4;
      else if (kind === DELIMITED) {
        const length = varint(end);
        const inner = shape[Math.floor(tag / 8)];
        if (inner && ++count > most) return count;
        if (!(at + length <= end)) return count;
        if (inner && length > 0) waiting.push({ from: at, end: at + length, shape: inner });
        at += length;
      } else return count;
    }
  }
  return count;
}
