const LONGEST = 200;

/** Recorded text as part of a line that is safe to print: no line ends, nothing that steers a terminal, not too long. */
export function plain(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, " ").trim();
  // Cut in the middle of an emoji, half of it becomes U+FFFD.
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1).toWellFormed()}…` : line.toWellFormed();
}
