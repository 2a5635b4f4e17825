import { rules } from "@secretlint/secretlint-rule-preset-recommend";

import { isRedactionOff, REDACTED, redactForms } from "./redact-forms.js";

/*
 * Two sets of patterns: those that know what secrets look like whoever issued them (redact-forms.ts), and the formats of
 * the many issuers, which are secretlint's and kept by its maintainers; its rules report to `context`.
 */

/** A rule of secretlint, as far as it is used here. */
interface Rule {
  readonly meta: { readonly id: string };
  create(context: object, options: object): { file?: (source: object) => unknown };
}

/** These look at other files, obey comments in the text, or take more than the patterns above: a whole URL, not the password. */
const UNUSED_RULES = /-(gcp|filter-comments|basicauth|database-connection-string|privatekey)$/;

const USED_RULES = (rules as unknown as readonly Rule[]).filter(({ meta }) => !UNUSED_RULES.test(meta.id));

/**
 * Takes secrets out of a text: API keys, tokens, private keys, passwords (in URLs, in assignments, behind options).
 * What surrounds them stays, so that the text keeps its meaning. No pattern finds every secret: this lowers the risk.
 *
 * Synchronous, in time linear in the length of the text; what is redacted once stays as it is.
 *
 * @returns the text with {@link REDACTED} in the place of each secret; never throws
 */
export function redact(text: string): string {
  const redacted = redactForms(text);
  return withoutRanges(redacted, secretRanges(redacted));
}

/** Where secretlint's rules find something. */
function secretRanges(text: string): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  const context = {
    sharedOptions: {},
    createTranslator: () => () => ({ message: "" }),
    report: ({ range }: { range: readonly [number, number] }) => ranges.push(range),
  };
  for (const rule of USED_RULES) {
    try {
      rule.create(context, {}).file?.({ content: text, contentType: "text", filePath: "text", ext: "" });
    } catch {
      // A rule that fails must not cost the others, nor the event.
    }
  }
  return ranges.toSorted(([a], [b]) => a - b);
}

function withoutRanges(text: string, ranges: readonly (readonly [number, number])[]): string {
  let kept = "";
  let place = 0;
  for (const [start, end] of ranges) {
    if (start >= place) kept += text.slice(place, start) + REDACTED;
    place = Math.max(place, end);
  }
  return kept + text.slice(place);
}

/** What takes secrets out of texts, or leaves them when the user has turned that off (`OAK_TELEMETRY_REDACT=off`). */
export function chosenRedaction(env: NodeJS.ProcessEnv = process.env): (text: string) => string {
  return isRedactionOff(env) ? (text) => text : redact;
}
