/*
 * The rules that find secrets take as long to load as all else that a hook does. Most texts hold nothing that any of them
 * could take for a secret, which is told by this alone.
 */

/** What names a secret, or a URL with one, and the marks of those that are short or have dots in them. */
const MARKS =
  /(?:pass|pwd|secret|token|credential|key|auth)[\w-]{0,40}[\\"']{0,4}\s{0,8}(?::|=)|--[\w-]{0,40}(?:pass|pwd|secret|token|credential|key)|bearer\s|:\/\/[^\s/]{0,512}@|-----BEGIN|eyJ|xox/i;

/** What could be a token. The shortest that is looked for has 15 characters; long ones need no digit. */
const RUNS = /[\w+/=~-]{15,}/g;
const LONG = 20;

/** Whether a text may hold a secret: false only where the rules find none. */
export function mayHoldSecret(text: string): boolean {
  if (MARKS.test(text)) return true;
  for (const [run] of text.matchAll(RUNS)) if (!isPath(run) && (run.length >= LONG || /\d/.test(run))) return true;
  return false;
}

/** Whether it consists of short names between slashes. */
function isPath(run: string): boolean {
  return run.split("/").every((name) => name.length < 15);
}
