import { isOff } from "../record/enabled.js";

/** What stands in the place of a secret. */
export const REDACTED = "[REDACTED]";

/*
 * Patterns that know what secrets look like whoever issued them, and take rather too much than too little. They need
 * nothing else, so that a hook may use them without loading the formats of the many issuers (redact.ts).
 *
 * Every repetition is bounded or cannot be entered again behind its own match, so that time grows with the text only.
 */

/** Names of what holds a secret, as they stand before `=` or `:`. */
const SECRET_NAME = String.raw`(?:pass(?:word|wd|phrase)?|pwd|secret|token(?!s)|credentials?|api[_-]?key|(?:access|account|private|signing|encryption|auth)[_-]?key)`;

/** What a value is made of; it begins with none of what refers to a value kept elsewhere, or is redacted already. */
const VALUE = String.raw`(?![$<{[(*]|process\.env|os\.environ|env\.)[^\s"'${"`"},;&<>(){}[\]]`;

/** Each pattern with what stays of its match: the groups. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // Private keys in PEM, also where the end is missing or line ends are written as \n.
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----(?:(?:(?!-----)[\s\S]){0,16384}-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----|[A-Za-z0-9+/=\s\\]{0,16384})/g,
    REDACTED,
  ],
  // scheme://user:password@host, scheme://:password@host
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@?#"'<>]{0,256}:)(?!\[REDACTED\])[^\s/@"'<>]{1,512}(?=@)/gi, `$1${REDACTED}`],
  // scheme://token@host
  [/(\bhttps?:\/\/)(?=[^\s:/@?#"'<>]{0,255}\d)[^\s:/@?#"'<>[\]]{16,256}(?=@)/gi, `$1${REDACTED}`],
  // Authorization: Bearer …
  [
    /(\b(?:authorization|proxy-authorization)["']?\s{0,4}[:=]\s{0,4}["']?(?:[a-z]{1,20} )?)[\w+/.~=-]{8,4096}/gi,
    `$1${REDACTED}`,
  ],
  [/(\bbearer )(?=[\w+/.~-]{0,512}\d)[\w+/.~=-]{16,4096}/gi, `$1${REDACTED}`],
  // JSON Web Tokens
  [/\beyJ[\w-]{8,512}\.eyJ[\w-]{8,4096}(?:\.[\w-]{0,1024})?/g, REDACTED],
  // Tokens that say by their beginning what they are. secretlint's forms are stricter: lengths change.
  [/\b(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA)[A-Z0-9]{16}\b/g, REDACTED],
  [/\b(?:AIza[\w-]{35}|ya29\.[\w-]{20,512})/g, REDACTED],
  [/\bsk-(?=[\w-]{0,255}\d)[\w-]{20,256}/g, REDACTED],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,128}|xox[a-z]-[\w-]{10,255})/g, REDACTED],
  [/\b(?:[srp]k|whsec)_(?:(?:live|test)_)?(?=[A-Za-z0-9]{0,127}\d)[A-Za-z0-9]{16,128}/g, REDACTED],
  // password=…, "api_key": "…", --token …: with a letter and a digit in it, else prose and code would be met.
  [
    new RegExp(
      String.raw`(${SECRET_NAME}\d{0,3}(?:[_-][\w-]{1,20})?\\?["']?(?:\s{0,4}(?::=|=>|[:=])\s{0,4}|(?<=--[\w-]{2,40})\s)\\?["']?)(?=[^\s"',;]{0,255}\d)(?=[^\s"',;]{0,255}[a-z])${VALUE}{6,512}`,
      "gi",
    ),
    `$1${REDACTED}`,
  ],
  // A password may be a word: in quotes, or behind = without spaces.
  [
    /(\b\w{0,30}pass(?:word|wd|phrase)?["']?\s{0,4}[:=]\s{0,4}(["']))(?![$<{[*])[^"'\n]{4,256}(?=\2)/gi,
    `$1${REDACTED}`,
  ],
  [new RegExp(String.raw`(pass(?:word|wd|phrase)?=)${VALUE}{4,256}`, "gi"), `$1${REDACTED}`],
];

/** Takes out what the patterns find. */
export function redactForms(text: string): string {
  if (text.length < SHORTEST_SECRET) return text;
  let redacted = text;
  for (const [pattern, replacement] of PATTERNS) redacted = redacted.replace(pattern, replacement);
  return redacted;
}

/** `a:b@c`, `pass=word` */
const SHORTEST_SECRET = 8;

/** Whether the user has turned redaction off (`OAK_TELEMETRY_REDACT=off`). */
export function isRedactionOff(env: NodeJS.ProcessEnv): boolean {
  return isOff("OAK_TELEMETRY_REDACT", env);
}
