import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { RECENT_DAYS } from "../analyze/trends.js";
import { oneLine } from "./plain.js";

/** The file in the telemetry directory. */
export const CONFIG_FILE = "oak.config.json";

const enabled = z.boolean().default(true);
const timeout_seconds = z.number().gt(0).max(300).default(10).describe("Then it is given up");

const rules = z.strictObject({
  agent_declining: z
    .strictObject({
      enabled,
      days: z.number().gt(RECENT_DAYS).max(3650).default(30).describe("How far to look back"),
    })
    .prefault({})
    .describe("The success rate of an agent has fallen, and still is lower than before (change point)"),
  overhead_band: z
    .strictObject({
      enabled,
      from: z.enum(["monitor", "consider"]).default("consider").describe("The band from which on it is an alert"),
    })
    .prefault({})
    .describe("The share of their time that workflows wait has reached another band, chance considered"),
  workflow_stuck: z
    .strictObject({
      enabled,
      times_estimate: z.number().gt(0).max(1000).default(2).describe("In terms of its estimate"),
    })
    .prefault({})
    .describe("A workflow has been running much longer than estimated"),
  failure_streak: z
    .strictObject({
      enabled,
      failures: z.int().min(2).max(1000).default(5).describe("How many one after the other"),
      days: z.number().gt(0).max(3650).default(7).describe("The last of them is not older than this"),
    })
    .prefault({})
    .describe("An agent failed several times in a row"),
});

/** `fetch` refuses such an address, and quotes it. */
function hasPassword(url: string): boolean {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: "", password: "" };
  return username !== "" || password !== "";
}

function isSendable(headers: Readonly<Record<string, string>>): boolean {
  try {
    return Boolean(new Headers(headers));
  } catch {
    return false;
  }
}

const deliver = z.strictObject({
  stderr: z.boolean().default(false).describe("A line on the standard error of `oak serve`"),
  command: z
    .strictObject({
      run: z
        .array(z.string())
        .min(1)
        .describe("The program and its arguments, in the telemetry directory, without a shell"),
      timeout_seconds,
    })
    .optional()
    .describe("A program that gets the alert as JSON on its standard input"),
  webhook: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/, error: "must be an http or https URL" })
        .refine((url) => !hasPassword(url), "must not hold a password: send it in headers, as authorization"),
      headers: z
        .record(z.string(), z.string())
        .default({})
        .refine(isSendable, "must be names and values that HTTP can send: no spaces in names, no line ends, Latin-1"),
      timeout_seconds,
      retries: z.int().min(0).max(5).default(2).describe("How often it is tried again"),
    })
    .optional()
    .describe("An address that gets the alert as JSON by POST"),
});

const schema = z
  .strictObject({
    $schema: z.string().optional().describe("Where this schema is, for editors"),
    alerts: z
      .strictObject({
        rules: rules.prefault({}),
        deliver: deliver.prefault({}).describe("Where alerts go besides the dashboard"),
      })
      .prefault({}),
  })
  .describe(`${CONFIG_FILE} of an oak-telemetry directory`);

/** When something is an alert. */
export type Rules = z.infer<typeof rules>;

/** Where alerts go. */
export type Deliver = z.infer<typeof deliver>;

/** What `oak.config.json` says, with what it leaves out. */
export type Config = z.infer<typeof schema>;

/** The file is there, and wrong: the message names the file, the field and what it must be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads `oak.config.json` of a telemetry directory. Without one it is all defaults.
 *
 * @throws {ConfigError} when it is wrong
 * @throws what the file system says when it cannot be read
 */
export async function readConfig(directory: string): Promise<Config> {
  const path = join(directory, CONFIG_FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return "{}";
    throw error;
  });
  try {
    return parseConfig(JSON.parse(text.replace(/^\uFEFF/, "")));
  } catch (error) {
    const problem = error instanceof SyntaxError ? `is not JSON: ${error.message}` : (error as Error).message;
    // It quotes the file, which may have come with a repository.
    throw new ConfigError(oneLine(`${path} ${problem}`));
  }
}

/**
 * Checks what stands in `oak.config.json`, and adds what it leaves out.
 *
 * @throws {ConfigError} naming each field that is wrong
 */
export function parseConfig(value: unknown): Config {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => {
    const field = issue.path.join(".") || "it";
    return issue.code === "unrecognized_keys"
      ? `${field} has no field ${issue.keys.join(", ")}`
      : `${field}: ${issue.message}`;
  });
  throw new ConfigError(`is wrong: ${issues.join("; ")} (oak schema config prints what it may hold)`);
}

/** The JSON Schema (draft 2020-12) of `oak.config.json`. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: "input" });
}
