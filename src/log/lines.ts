import type { FileHandle } from "node:fs/promises";

import { openLogFile } from "./open.js";

/** The longest line that is read. A longer one is reported as damage and skipped without being held in memory. */
export const MAX_LINE_BYTES = 256 * 1024 * 1024;

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** A line of a file, as bytes. */
export interface RawLine {
  /** Counted from 1. */
  readonly number: number;
  /** Bytes before the line. */
  readonly offset: number;
  /** Length without the line end. */
  readonly length: number;
  /** The line without its line end; absent when it is longer than {@link MAX_LINE_BYTES}. */
  readonly bytes: Buffer | undefined;
  /** False for a last line without a line end: being written, or cut off. */
  readonly terminated: boolean;
}

/**
 * Reads a file as lines, in batches: what one read of the file completes. Memory is bounded by the longest line.
 * Gives nothing for a file that does not exist; other failures to open or read it are thrown.
 *
 * @param from bytes to leave out before: the beginning of a line, which is then number 1
 */
export async function* readLines(path: string, from = 0): AsyncGenerator<RawLine[]> {
  const file = await openLogFile(path);
  if (!file) return;
  // The system reads the next part while this one is being worked on.
  let ahead = readChunk(file, from);
  try {
    let number = 0;
    let offset = from;
    let position = from;
    let parts: Buffer[] = [];
    let length = 0;
    const take = (part: Buffer) => {
      length += part.length;
      if (length <= MAX_LINE_BYTES) parts.push(part);
      else parts = [];
    };
    const finish = (terminated: boolean): RawLine => {
      const whole = length <= MAX_LINE_BYTES;
      const bytes = whole ? (parts.length === 1 ? parts[0]! : Buffer.concat(parts)) : undefined;
      const line = { number: ++number, offset, length, bytes, terminated };
      offset += length + 1;
      parts = [];
      length = 0;
      return line;
    };
    for (;;) {
      const { bytesRead, buffer } = await ahead;
      if (bytesRead === 0) break;
      position += bytesRead;
      ahead = readChunk(file, position);
      const chunk = buffer.subarray(0, bytesRead);
      const lines: RawLine[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        take(chunk.subarray(start, end));
        lines.push(finish(true));
        start = end + 1;
      }
      if (start < chunk.length) take(chunk.subarray(start));
      if (lines.length > 0) yield lines;
    }
    if (length > 0) yield [finish(false)];
  } finally {
    await ahead.catch(() => undefined);
    await file.close();
  }
}

/** Reads into a new buffer each time: the lines that are given away are views of it. */
function readChunk(file: FileHandle, position: number): Promise<{ bytesRead: number; buffer: Buffer }> {
  return file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
}
