import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";

import type { Signal } from "./decode.js";

/*
 * Reads OTLP's protobuf with the code that the OpenTelemetry project generates from its published definitions. It is
 * large, so this module is loaded when there is protobuf to read.
 */

/** What the generated code has for every message; it comes without types. */
interface MessageType {
  decode(bytes: Uint8Array): object;
}

type Collector = Readonly<Record<string, { readonly v1: Readonly<Record<string, MessageType>> }>>;

const { collector } = (root as unknown as { opentelemetry: { proto: { collector: Collector } } }).opentelemetry.proto;

const REQUESTS: Readonly<Record<Signal, MessageType>> = {
  traces: collector["trace"]!.v1["ExportTraceServiceRequest"]!,
  logs: collector["logs"]!.v1["ExportLogsServiceRequest"]!,
};

/**
 * Decodes one `ExportTraceServiceRequest` or `ExportLogsServiceRequest` into the form of OTLP's JSON, but that ids are
 * bytes, 64-bit numbers are pairs of 32 bits, and what is absent is `null`.
 *
 * @throws {Error} when the bytes are no protobuf message of this kind
 */
export function decodeProtobuf(bytes: Uint8Array, signal: Signal): unknown {
  return REQUESTS[signal].decode(bytes);
}
