import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { redact } from "../../redact.js";
import { redactForms } from "../../redact-forms.js";
import { mayHoldSecret, mayHoldToken } from "./secrets.js";

const letters = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split("")), minLength, maxLength });
const word = letters("abcXYZ019_-", 1, 60);

/** Pieces that secrets are made of, and what stands around them. */
const piece = fc.oneof(
  word,
  fc.constantFrom(" ", "\n", "=", ":", ": ", " = ", '"', "'", "/", "@", "://", ".", ",", "--", "$", "(", "=>", "; "),
  fc.constantFrom(
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "api_key",
    "API-KEY",
    "access_key",
    "Authorization",
    "Bearer ",
  ),
  fc.constantFrom(
    "https://",
    "postgres://user:",
    "sk-",
    "sk-ant-",
    "ghp_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "AKIA",
    "AIza",
    "ya29.",
    "hvs.",
    "npm_",
    "eyJ",
    "SG.",
    "hooks.slack.com/services/",
    "-----BEGIN RSA PRIVATE KEY-----",
    "rk_live_",
    "whsec_",
    "shpat_",
    "dop_v1_",
    "hf_",
    "ops_",
    "lin_api_",
    "figd_",
    "A3-",
  ),
  letters("abcXYZ", 15, 60),
  letters("0123456789abcdef", 32, 64),
  letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 16, 40),
);

describe("mayHoldSecret", () => {
  it("is true of every text in which the rules find something", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        expect(mayHoldSecret(text) || redact(text) === text).toBe(true);
        const rest = redactForms(text);
        expect(mayHoldToken(rest) || redact(text) === rest).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each(["hf_abcdefghijklmnopqrstuvwxyzabcdefgh", String.raw`"{\"client_secret\": \"SECRETVALUE1\"}"`])(
    "is true of %s",
    (text) => {
      expect(redact(text)).not.toBe(text);
      expect(mayHoldSecret(text)).toBe(true);
    },
  );

  it.each([
    "Find where users log in. Start in src/server/middleware.ts and list files and lines.",
    "Summarise the 12 open issues, and say which of them concern tokens, keys or passwords",
    "Look at getUserByEmailAndPassword and find_all_open_invoices in billing/internal",
    "Run npm test in packages/web-client-2 and fix what fails; see https://example.com/docs/guide-3",
  ])("is false of %s", (text) => {
    expect(mayHoldSecret(text)).toBe(false);
  });
});
