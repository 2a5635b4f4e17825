const LONGEST = 200;

/** Text of others as one line that is safe to print: no line ends, nothing that steers a terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, " ");
}

/** Recorded text as part of such a line: not too long. */
export function plain(text: string): string {
  const line = oneLine(text).trim();
  // Cut in the middle of an emoji, half of it becomes U+FFFD.
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1).toWellFormed()}…` : line.toWellFormed();
}
