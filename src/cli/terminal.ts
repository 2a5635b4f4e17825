import { once } from "node:events";
import { fstatSync, writeSync } from "node:fs";
import { styleText } from "node:util";

import { isolated } from "./bidi.js";

type Style = Parameters<typeof styleText>[0];

/** Standard output as a stream, once somebody needs it: to make one takes a fifth of a start of Node. */
let stream: NodeJS.WriteStream | undefined;

/** Standard output, for what {@link print} and {@link writeOut} do not do. */
export function output(): NodeJS.WriteStream {
  if (!stream) {
    stream = process.stdout;
    stream.on("error", endWithoutOutput);
  }
  return stream;
}

/** A reader that goes away (| head) is no failure. */
function endWithoutOutput(error: NodeJS.ErrnoException): never {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`oak: cannot write the output: ${error.message}\n`);
  process.exit(1);
}

/** Standard error as a stream, once somebody needs it, which costs as much. */
let errorStream: NodeJS.WriteStream | undefined;

function errors(): NodeJS.WriteStream {
  return (errorStream ??= process.stderr);
}

/** Whether standard output is a terminal. */
export function isTerminal(): boolean {
  return (stream !== undefined || mayBeTerminal(STANDARD_OUTPUT)) && output().isTTY;
}

/** Whether standard error is a terminal. */
export function isErrorTerminal(): boolean {
  return mayBeTerminal(STANDARD_ERROR) && errors().isTTY;
}

const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

/** Only a device can be one; to ask `node:tty` would load half of what a stream loads. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return true;
  }
}

/** Columns that output may use: the terminal's, or 80 where there is none. */
export function width(): number {
  return (isTerminal() && output().columns) || 80;
}

/** Colours only a terminal, and not against the user's will (https://no-color.org). */
export function style(format: Style, text: string): string {
  const forced = process.env["FORCE_COLOR"] !== undefined && process.env["FORCE_COLOR"] !== "0";
  const wanted = forced || (isTerminal() && process.env["TERM"] !== "dumb");
  return wanted && !process.env["NO_COLOR"] ? styleText(format, text) : text;
}

export const heading = (text: string): string => style("bold", text);
export const faint = (text: string): string => style("dim", text);

/** Control characters, and marks that turn the direction of writing: recorded text must not steer the terminal. */
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Recorded text, safe to print. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "\uFFFD");
}

/** Prints lines for people to read. What programs read goes out by {@link write}. */
export function print(...lines: string[]): void {
  write(`${isolated(lines.join("\n"))}\n`);
}

/** Writes output as it stands: to a file or a pipe without a stream, while nothing else has made one. */
export function write(text: string): void {
  if (stream || mayBeTerminal(STANDARD_OUTPUT)) output().write(text);
  else writeAtOnce(Buffer.from(text));
}

function writeAtOnce(bytes: Buffer): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (error) {
    // Somebody has made the pipe one that does not wait for its reader, and the reader is slower: the stream waits.
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") output().write(bytes.subarray(written));
    else endWithoutOutput(error as NodeJS.ErrnoException);
  }
}

export function printJson(value: unknown): void {
  write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes output as it stands, and waits while whoever reads it is slower. */
export async function writeOut(text: string): Promise<void> {
  if (!output().write(text)) await once(output(), "drain");
}

/** Says something beside the output. */
export function note(...lines: string[]): void {
  errors().write(`${isolated(lines.join("\n"))}\n`);
}

/** Asks on the terminal; only a clear yes is one. */
export async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-D, or Ctrl-C, ends it without an answer.
    const ended = once(prompt, "close").then(() => "");
    const answer = await Promise.race([prompt.question(`${question} (y/N) `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

/**
 * Ends the process as soon as all output is written, for commands that are to be quick: before it ends by itself, Node takes
 * its heap apart, which takes longer than to print an answer.
 */
export function endProcess(): void {
  const end = () => (errorStream ? errorStream.write("", () => process.exit()) : process.exit());
  if (stream) stream.write("", end);
  else end();
}
