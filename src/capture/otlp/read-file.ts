import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

import { isObject } from "../../event/object.js";
import { decodeProtobufRequest, decodeRequest, type Decoded, type Signal } from "./decode.js";

/** What reading a file gives: requests, and what could not be read. */
export type FileEntry =
  | { readonly kind: "request"; readonly request: Decoded }
  | { readonly kind: "damage"; readonly where: string; readonly reason: string };

/** The longest request that is read: as text, nearly the longest that JavaScript can hold. */
const MAX_REQUEST_BYTES = 400 * 1024 * 1024;

/** Enough to tell what a stream is, behind some white space, or a long text in protobuf. */
const PEEK_BYTES = 512;

const [NEWLINE, BRACE, BRACKET] = [0x0a, 0x7b, 0x5b];
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * Reads OTLP from a file: JSON (one document, or one a line as the collector's file exporter writes it), protobuf (one
 * request, or several with their lengths before them, as that exporter writes it), compressed with gzip or not.
 *
 * @param path `-` is standard input
 * @param onProgress called with the bytes read so far, and how many there are (0 where nobody knows)
 * @throws what the file system says
 */
export async function* readOtlpFile(
  path: string,
  onProgress?: (done: number, total: number) => void,
): AsyncGenerator<FileEntry> {
  const total = path === "-" ? 0 : (await stat(path)).size;
  let done = 0;
  const source = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
  const counted = Readable.from(
    (async function* () {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        done += chunk.length;
        onProgress?.(done, total);
        yield chunk;
      }
    })(),
  );
  try {
    const [first, rest] = await split(counted);
    if (startsWith(first, ZSTD)) {
      yield { kind: "damage", where: path, reason: "it is compressed with zstd: unpack it first (zstd -d)" };
      return;
    }
    const bytes = startsWith(first, GZIP) ? unpacked(rest) : rest;
    const [head, stream] = await split(bytes);
    if (head.every(isSpace)) return;
    yield* isJson(head) ? readJson(stream, path) : readProtobuf(stream, path);
  } catch (error) {
    // A download that was cut off: what could be read was read.
    if (!isZlibError(error)) throw error;
    yield { kind: "damage", where: path, reason: `cannot be unpacked: ${error.message}` };
  } finally {
    // Whoever has read enough leaves no open file.
    if (path !== "-") source.destroy();
  }
}

async function* unpacked(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const input = Readable.from(stream);
  input.on("error", (error) => gunzip.destroy(error));
  for await (const chunk of input.pipe(gunzip)) yield chunk as Buffer;
}

async function* readJson(stream: AsyncIterable<Buffer>, path: string): AsyncGenerator<FileEntry> {
  let number = 0;
  let firstLine = 0;
  let whole: Buffer[] | undefined;
  let length = 0;
  for await (const line of linesOf(stream)) {
    number++;
    if (line.every(isSpace)) continue;
    firstLine ||= number;
    if (whole?.length === 1 && !isBracket(whole[0]!) && isRequest(line)) {
      // One request a line, of which the first is torn: whoever wrote it ended, and began anew.
      yield { kind: "damage", where: path, reason: "its first line is not whole" };
      whole = undefined;
    }
    if (whole) {
      length += line.length;
      if (length <= MAX_REQUEST_BYTES) whole.push(line);
      continue;
    }
    const where = `${path}:${number}`;
    if (line.length > MAX_REQUEST_BYTES) {
      yield { kind: "damage", where, reason: `a line of ${line.length} bytes` };
      continue;
    }
    try {
      const value: unknown = JSON.parse(textOf(line));
      yield* requestsOf(value, where);
    } catch (error) {
      // One document over many lines begins with a line that is none.
      if (number === firstLine) whole = [line];
      else yield { kind: "damage", where, reason: (error as Error).message };
    }
  }
  if (!whole) return;
  try {
    if (length > MAX_REQUEST_BYTES) throw new Error(`a document of ${length} bytes; put one request on each line`);
    yield* requestsOf(JSON.parse(whole.map(textOf).join("\n")), path);
  } catch (error) {
    yield { kind: "damage", where: path, reason: (error as Error).message };
  }
}

/** Whether JSON begins so, also when its first line is torn; among the tags of protobuf are bytes that no text has. */
function isJson(head: Buffer): boolean {
  return head[0] === BRACE || head[0] === BRACKET || head.every((byte) => byte >= 0x20 || isSpace(byte));
}

/** Whether this is all that stands on a line: one bracket. */
function isBracket(line: Buffer): boolean {
  return ["[", "{"].includes(textOf(line).trim());
}

const REQUEST_FIELDS = ["resourceSpans", "resourceLogs", "resource_spans", "resource_logs"];

/** Whether a line is a request by itself. */
function isRequest(line: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(textOf(line));
    return isObject(value) && REQUEST_FIELDS.some((field) => field in value);
  } catch {
    return false;
  }
}

function* requestsOf(value: unknown, where: string): Generator<FileEntry> {
  for (const request of Array.isArray(value) ? (value as unknown[]) : [value]) {
    try {
      yield { kind: "request", request: decodeRequest(request) };
    } catch (error) {
      yield { kind: "damage", where, reason: (error as Error).message };
    }
  }
}

async function* readProtobuf(stream: AsyncIterable<Buffer>, path: string): AsyncGenerator<FileEntry> {
  const held = new ByteQueue();
  let number = 0;
  for await (const chunk of stream) {
    held.push(chunk);
    for (let length = held.lengthAhead(); length !== undefined; length = held.lengthAhead()) {
      // A request begins with the tag of its first field; a length, with the zero of a number below 16 million.
      if (number === 0 && held.first !== 0) break;
      if (length > MAX_REQUEST_BYTES) {
        yield { kind: "damage", where: path, reason: `a request of ${length} bytes` };
        return;
      }
      if (held.size < 4 + length) break;
      yield await protobufRequest(held.take(4 + length).subarray(4), `${path}: request ${++number}`);
    }
    if (held.size > MAX_REQUEST_BYTES + 4) {
      yield { kind: "damage", where: path, reason: `more than ${MAX_REQUEST_BYTES} bytes in one request` };
      return;
    }
  }
  if (held.size === 0) return;
  if (number > 0 || held.first === 0) yield { kind: "damage", where: path, reason: "its last request is cut off" };
  else yield await protobufRequest(held.take(held.size), path);
}

/** Bytes that wait, in the pieces in which they came: putting them together each time would take quadratic time. */
class ByteQueue {
  #pieces: Buffer[] = [];
  size = 0;

  get first(): number | undefined {
    return this.#pieces[0]?.[0];
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.size += piece.length;
  }

  take(length: number): Buffer {
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = length < whole.length ? [whole.subarray(length)] : [];
    this.size = whole.length - length;
    return whole.subarray(0, length);
  }

  /** The number that the next four bytes are. */
  lengthAhead(): number | undefined {
    if (this.size < 4) return undefined;
    if (this.#pieces[0]!.length < 4) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!.readUInt32BE(0);
  }
}

/** Traces and logs look much the same in protobuf: what has valid ids is traces. */
async function protobufRequest(bytes: Buffer, where: string): Promise<FileEntry> {
  let reason = "neither traces nor logs as OTLP's JSON or protobuf";
  for (const signal of ["traces", "logs"] satisfies Signal[]) {
    try {
      const request = await decodeProtobufRequest(bytes, signal);
      if (request.spans.length + request.logs.length > 0) return { kind: "request", request };
      if (request.reason !== undefined && signal === "traces") reason = `${reason} (as traces: ${request.reason})`;
    } catch {
      // It is something else.
    }
  }
  return { kind: "damage", where, reason };
}

/** The first bytes of a stream, and the whole stream. */
async function split(stream: AsyncIterable<Buffer>): Promise<[Buffer, AsyncGenerator<Buffer>]> {
  const iterator = stream[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  let next = await iterator.next();
  while (!next.done) {
    first = Buffer.concat([first, next.value]);
    if (first.length >= PEEK_BYTES) break;
    next = await iterator.next();
  }
  const rest = { [Symbol.asyncIterator]: () => iterator };
  async function* whole() {
    if (first.length > 0) yield first;
    if (!next.done) yield* rest;
  }
  return [first, whole()];
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      length = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    // A line that is too long is told by its length alone: one byte more than is read will do.
    if (rest.length > 0 && length <= MAX_REQUEST_BYTES + chunk.length) parts.push(rest);
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

/** Without a mark of byte order. */
function textOf(line: Buffer): string {
  return line.toString().replace(/^\ufeff/, "");
}

/** White space, and the mark of byte order that some editors write. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xef || byte === 0xbb || byte === 0xbf;
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith("Z_");
}
