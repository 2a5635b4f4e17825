import stringWidth from "string-width";

/** What nearly all texts are made of, with the signs of our own: one column each. */
const PLAIN = /^[ -~–—…→·×±≥≤−]*$/;

/** Whether a text is nothing but characters that take one column each. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/**
 * Columns that a text takes in a terminal. The first text that the library must look at closely costs 10 ms, so those that
 * are plain never get there.
 */
export function textWidth(text: string): number {
  return isPlain(text) ? text.length : stringWidth(text);
}
