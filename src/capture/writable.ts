/** A longer text is cut: it describes a task, and is no archive. */
const MAX_TEXT = 16_384;

/** Some secrets are longer than what is cut off of them: the text is cut when they are out of it. */
const LONGEST_SECRET = 16_384;

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** A text as it may be written: without secrets, and not endless. */
export function writable(text: string, redact: Redact): string {
  const redacted = redact(text.slice(0, MAX_TEXT + LONGEST_SECRET));
  return redacted.length > MAX_TEXT ? `${redacted.slice(0, MAX_TEXT - 1)}…` : redacted;
}
