/* Names and texts that are written from right to left, in lines of our own that are not. */

const FIRST_STRONG_ISOLATE = "\u2068";
const POP_ISOLATE = "\u2069";

/** Where Unicode puts what is written from right to left (its DerivedBidiClass.txt, classes R and AL). */
const RIGHT_TO_LEFT = "\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}";
const SOME = new RegExp(`[${RIGHT_TO_LEFT}]`, "u");

/** Made when it is needed first, which in most logs is never. */
let parts: RegExp | undefined;

/**
 * Escape sequences, and words; in the group those that hold letters from right to left, with what they are joined to by a
 * hyphen, a dot or a single space.
 */
function partsOf(): RegExp {
  const letter = `\\p{L}\\p{M}\\p{N}_${RIGHT_TO_LEFT}`;
  const joined = `[${letter}\\-./\\\\:@+#]`;
  const name = `${joined}*[${RIGHT_TO_LEFT}](?:${joined}*[${letter}])?`;
  return new RegExp(`\\u001b\\[[\\d;]*[A-Za-z]|(${name}(?: ${name})*)|${joined}+`, "gu");
}

/**
 * A line in which what is written from right to left does not turn what stands around it: numbers and punctuation beside
 * such a name would otherwise change sides, in terminals that follow Unicode's bidirectional algorithm (UAX #9). The
 * isolates take no column. Paths stay as they are, because they are copied into commands.
 */
export function isolated(line: string): string {
  if (!SOME.test(line)) return line;
  return line.replace((parts ??= partsOf()), (part, name?: string) =>
    name === undefined || /[/\\]/.test(name) ? part : `${FIRST_STRONG_ISOLATE}${name}${POP_ISOLATE}`,
  );
}
