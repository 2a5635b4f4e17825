import type { Signal } from "../capture/otlp/decode.js";

/*
 * What an OTLP receiver answers, in both forms. The messages have two fields each, so they are encoded by hand:
 * https://protobuf.dev/programming-guides/encoding/
 */

/** An answer as JSON, and as protobuf. */
interface OtlpAnswer {
  readonly json: object;
  readonly protobuf: Uint8Array<ArrayBuffer>;
}

/** `ExportTraceServiceResponse` or `ExportLogsServiceResponse`: empty when everything was taken. */
export function encodeReceipt(signal: Signal, rejected: number, reason = ""): OtlpAnswer {
  if (rejected === 0) return { json: {}, protobuf: new Uint8Array() };
  const count = signal === "traces" ? { rejectedSpans: rejected } : { rejectedLogRecords: rejected };
  const partial = [...key(1, VARINT), ...varint(rejected), ...text(2, reason)];
  return {
    json: { partialSuccess: { ...count, errorMessage: reason } },
    protobuf: Uint8Array.from([...key(1, DELIMITED), ...varint(partial.length), ...partial]),
  };
}

/** `google.rpc.Status`: what is wrong. */
export function encodeStatus(message: string): OtlpAnswer {
  return { json: { message }, protobuf: Uint8Array.from(text(2, message)) };
}

/** Kinds of field on the wire. */
const VARINT = 0;
const DELIMITED = 2;

function key(field: number, kind: number): number[] {
  return varint(field * 8 + kind);
}

function text(field: number, value: string): number[] {
  const bytes = Buffer.from(value);
  return [...key(field, DELIMITED), ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
