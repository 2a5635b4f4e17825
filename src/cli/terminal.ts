import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Columns that output may use: the terminal's, or 80 where there is none. */
export function width(): number {
  return (process.stdout.isTTY && process.stdout.columns) || 80;
}

/** Colours only a terminal, and not against the user's will (https://no-color.org). */
export function style(format: Style, text: string): string {
  const forced = process.env["FORCE_COLOR"] !== undefined && process.env["FORCE_COLOR"] !== "0";
  const wanted = forced || (process.stdout.isTTY && process.env["TERM"] !== "dumb");
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

export function print(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Writes output as it stands, and waits while whoever reads it is slower. */
export async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** Says something beside the output. */
export function note(...lines: string[]): void {
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** Asks on the terminal; only a clear yes is one. */
export async function confirm(question: string): Promise<boolean> {
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
  process.stdout.write("", () => process.stderr.write("", () => process.exit()));
}
