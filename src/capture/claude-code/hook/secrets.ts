/*
 * The rules that know the tokens of each issuer take longer to load than all else that a hook does. Most texts hold nothing
 * that any of them could take for a secret, which is told by this alone.
 */

/** What names a secret, before its value. */
const NAMED =
  /(?:pass|pwd|secret|token|credential|key|auth)[\w-]{0,40}[\\"']{0,4}\s{0,8}(?::|=)|--[\w-]{0,40}(?:pass|pwd|secret|token|credential|key)/i;

/** A URL with a secret, and the marks of those that are short or have dots in them. */
const MARKS =
  /bearer\s|:\/\/[^\s/]{0,512}@|-----BEGIN|eyJ|AIza|\bA(?:[KS3]IA|[BC]IA|CCA|GPA|IDA|ROA|IPA|NPA|NVA)[A-Z]{16}/i;

/** What could be a token. The shortest that is looked for has 15 characters. */
const RUNS = /[\w+/=~-]{15,}/g;

/** Slack's may be shorter; others have dots in them. */
const SHORT = /xox[a-z]-|(?:ya29|hvs|SG)\./i;

/** A token that happens to have no digit: many letters behind a mark, which names in programs have not, or a known mark. */
const LETTERS =
  /[_=-][A-Za-z]{15,}|(?:gh[a-z]|github_pat|npm|hf|shp[a-z]{2}|lin_api|fig[a-z]|ops|gsk|gl[a-z]{1,6}|ntn|secret|dckr_pat)_|(?:gl[a-z]{2,8}|sk)-/;

/** Whether a text may hold a secret: false only where nothing finds one. */
export function mayHoldSecret(text: string): boolean {
  return MARKS.test(text) || NAMED.test(text) || mayHoldToken(text);
}

/** Whether a text from which `redactForms` took what it finds may hold a token of an issuer. */
export function mayHoldToken(text: string): boolean {
  if (SHORT.test(text)) return true;
  let named: boolean | undefined;
  for (const [run] of text.matchAll(RUNS)) {
    if (isPath(run)) continue;
    if (/\d/.test(run) || LETTERS.test(run) || (named ??= NAMED.test(text))) return true;
  }
  return false;
}

/** Whether it consists of short names between slashes. */
function isPath(run: string): boolean {
  return run.split("/").every((name) => name.length < 15);
}
