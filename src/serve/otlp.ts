import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

import type { Signal } from "../capture/otlp/decode.js";
import { partsInProtobuf } from "../capture/otlp/protobuf-parts.js";
import type { OtlpTranslator, Received } from "../capture/otlp/translator.js";
import type { TelemetryEvent } from "../event/events.js";
import { encodeReceipt, encodeStatus } from "./otlp-answers.js";
import type { Intake } from "./intake.js";

/** The most that a request may hold once it is unpacked: what the OpenTelemetry collector takes by default. */
const MAX_UNPACKED_BYTES = 20 * 1024 * 1024;

/**
 * The most spans, log records, attributes and other things that a request may have many of: a batch of a thousand spans
 * has some ten thousand.
 */
const MAX_PARTS = 250_000;
const TOO_MANY_PARTS = `a request may hold ${MAX_PARTS} spans, records and attributes: send less at once`;

/** A trace of which nothing was heard for so long is told as far as it is known, milliseconds. */
const SILENCE_MILLISECONDS = 30_000;

/** How often that is looked at, milliseconds. */
const LOOK_MILLISECONDS = 5000;

/** Events that could not be written are kept, to be written later; of more than so many, the oldest are lost. */
const MOST_UNWRITTEN = 100_000;

const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";

const unpack = promisify(gunzip);

/** Why a request is refused. */
class Refusal extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
  ) {
    super(message);
  }
}

/** Takes OpenTelemetry's traces and logs, and writes what they say of agents to the log. */
export class OtlpReceiver {
  readonly #intake: Intake;
  /** Loaded when something comes, as many users send nothing. */
  #translator: OtlpTranslator | undefined;
  readonly #timer: NodeJS.Timeout;
  #unwritten: TelemetryEvent[] = [];

  constructor(intake: Intake) {
    this.#intake = intake;
    this.#timer = setInterval(() => this.#tell(Date.now() - SILENCE_MILLISECONDS), LOOK_MILLISECONDS);
    this.#timer.unref();
  }

  /**
   * Takes in a decoded request.
   *
   * @throws {TypeError} when it is none
   * @throws {Refusal} when the log cannot be written
   */
  async receive(request: unknown): Promise<Received> {
    const { OtlpTranslator: Translator } = await import("../capture/otlp/translator.js");
    this.#translator ??= new Translator();
    const received = this.#translator.receive(request);
    const failure = this.#write(received.events);
    if (failure !== undefined) throw new Refusal(503, `the log cannot be written: ${failure}`);
    return received;
  }

  /** Tells what is known of traces that are not whole. */
  stop(): void {
    clearInterval(this.#timer);
    this.#tell();
  }

  #tell(before?: number): void {
    if (this.#translator) this.#write(this.#translator.flush(before));
  }

  /** What the file system says, if anything: what was not written is kept, for the translator gives nothing twice. */
  #write(events: readonly TelemetryEvent[]): string | undefined {
    const all = [...this.#unwritten, ...events];
    if (all.length === 0) return undefined;
    const failure = this.#intake.write(all);
    this.#unwritten = failure === undefined ? [] : all.slice(-MOST_UNWRITTEN);
    return failure;
  }
}

/** OTLP over HTTP, as https://opentelemetry.io/docs/specs/otlp/#otlphttp says. */
export function addOtlp(app: OpenAPIHono, receiver: OtlpReceiver): void {
  for (const signal of ["traces", "logs"] as const) {
    app.openAPIRegistry.registerPath({
      method: "post",
      path: `/v1/${signal}`,
      summary: `OTLP over HTTP: ${signal} of OpenTelemetry, as JSON or protobuf, packed with gzip or not`,
      responses: {
        200: { description: "Taken; what is no valid span or record is counted in partialSuccess" },
        400: { description: "It is no such request" },
        413: { description: "It is too large" },
        415: { description: "Its type or encoding is none that is understood" },
        503: { description: "It cannot be written: send it again later" },
      },
    });
    app.post(`/v1/${signal}`, async (c) => {
      try {
        const { rejected, reason } = await receiver.receive(await readRequest(c, signal));
        return answer(c, 200, encodeReceipt(signal, rejected, reason));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return answer(c, error.status, encodeStatus(error.message));
      }
    });
  }
}

/** The request in OTLP's JSON form. @throws {Refusal} */
async function readRequest(c: Context, signal: Signal): Promise<unknown> {
  const type = typeOf(c);
  if (type !== JSON_TYPE && type !== PROTOBUF_TYPE)
    throw new Refusal(415, `send ${PROTOBUF_TYPE} or ${JSON_TYPE}, not ${type || "a body without a content-type"}`);
  const bytes = await unpacked(Buffer.from(await c.req.arrayBuffer()), c.req.header("content-encoding") ?? "identity");
  const request = type === JSON_TYPE ? parse(bytes) : await decode(bytes, signal);
  const other = signal === "traces" ? "logs" : "traces";
  const [wanted, unwanted] =
    signal === "traces" ? ["resourceSpans", "resourceLogs"] : ["resourceLogs", "resourceSpans"];
  if (typeof request !== "object" || request === null || Array.isArray(request))
    throw new Refusal(400, "a request must be a JSON object");
  if (unwanted in request) throw new Refusal(400, `${unwanted} belong to /v1/${other}`);
  if (Object.keys(request).length > 0 && !(wanted in request || snakeCase(wanted) in request))
    throw new Refusal(400, `there are no ${wanted} in it`);
  if (type === JSON_TYPE && mayHoldTooMany(bytes) && partsIn(request) > MAX_PARTS)
    throw new Refusal(413, TOO_MANY_PARTS);
  return request;
}

function typeOf(c: Context): string {
  return c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

async function unpacked(bytes: Buffer, encoding: string): Promise<Buffer> {
  if (encoding === "identity") return bytes;
  if (encoding !== "gzip") throw new Refusal(415, `send it packed with gzip or not at all, not with ${encoding}`);
  try {
    return await unpack(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new Refusal(413, `a request may hold ${MAX_UNPACKED_BYTES / 1024 / 1024} MB: send less at once`);
    throw new Refusal(400, `it cannot be unpacked: ${(error as Error).message}`);
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "the body is not JSON in UTF-8");
  }
}

async function decode(bytes: Buffer, signal: Signal): Promise<unknown> {
  // Before they are decoded: then millions would take gigabytes.
  if (mayHoldTooMany(bytes) && partsInProtobuf(bytes, signal, MAX_PARTS) > MAX_PARTS)
    throw new Refusal(413, TOO_MANY_PARTS);
  const { decodeProtobuf } = await import("../capture/otlp/protobuf.js");
  try {
    return decodeProtobuf(bytes, signal);
  } catch (error) {
    throw new Refusal(400, `the body is not protobuf of ${signal}: ${(error as Error).message}`);
  }
}

/** The shortest part takes two bytes, of JSON as of protobuf: most requests need not be counted. */
function mayHoldTooMany({ length }: Buffer): boolean {
  return length > 2 * MAX_PARTS;
}

/** Counts what stands in lists, wherever that is; no further than it matters. */
function partsIn(request: object): number {
  let count = 0;
  const waiting: object[] = [request];
  const see = (inner: unknown) => {
    if (typeof inner === "object" && inner !== null) waiting.push(inner);
  };
  for (let next = waiting.pop(); next && count <= MAX_PARTS; next = waiting.pop()) {
    if (!Array.isArray(next)) {
      // A list of its values would take ten times as long.
      for (const key in next) see((next as Record<string, unknown>)[key]);
      continue;
    }
    count += next.length;
    if (count > MAX_PARTS) break;
    for (const inner of next as unknown[]) see(inner);
  }
  return count;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** In the form of the request. */
function answer(c: Context, status: ContentfulStatusCode, { json, protobuf }: ReturnType<typeof encodeStatus>) {
  if (status === 503) c.header("retry-after", "5");
  if (typeOf(c) !== PROTOBUF_TYPE) return c.json(json, status);
  return c.body(protobuf, status, { "content-type": PROTOBUF_TYPE });
}
