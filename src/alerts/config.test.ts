import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { CONFIG_FILE, configJsonSchema, ConfigError, parseConfig, readConfig } from "./config.js";

function directoryWith(text: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, CONFIG_FILE), text);
  return directory;
}

describe("readConfig", () => {
  it("is all defaults without a file, and with an empty one", async () => {
    const defaults = await readConfig(join(temporaryDirectory(), "absent"));
    expect(await readConfig(directoryWith("\uFEFF{}"))).toEqual(defaults);
    expect(defaults.alerts.deliver).toEqual({ stderr: false });
    for (const rule of Object.values(defaults.alerts.rules)) expect(rule.enabled).toBe(true);
  });

  it("adds what the file leaves out", async () => {
    const text = JSON.stringify({
      $schema: "./oak.config.schema.json",
      alerts: { rules: { failure_streak: { failures: 3 } }, deliver: { webhook: { url: "http://localhost:1/x" } } },
    });
    const { alerts } = await readConfig(directoryWith(text));
    expect(alerts.rules.failure_streak).toEqual({ enabled: true, failures: 3, days: 7 });
    expect(alerts.deliver.webhook).toEqual({
      url: "http://localhost:1/x",
      headers: {},
      timeout_seconds: 10,
      retries: 2,
    });
  });

  it.each([
    ["{", /oak\.config\.json is not JSON/],
    ["", /oak\.config\.json is not JSON/],
    ["[]", /it: Invalid input: expected object/],
    ['{"alert":{}}', /it has no field alert/],
    ['{"alerts":{"rules":{"failure_streak":{"failure":3}}}}', /alerts\.rules\.failure_streak has no field failure/],
    ['{"alerts":{"rules":{"failure_streak":{"failures":1}}}}', /alerts\.rules\.failure_streak\.failures: .*>=2/],
    ['{"alerts":{"rules":{"agent_declining":{"days":7}}}}', /alerts\.rules\.agent_declining\.days: .*>7/],
    ['{"alerts":{"deliver":{"webhook":{"url":"ftp://x"}}}}', /alerts\.deliver\.webhook\.url: must be an http or https/],
    [
      '{"alerts":{"deliver":{"webhook":{"url":"https://me:secret@example.com/x"}}}}',
      /alerts\.deliver\.webhook\.url: must not hold a password: send it in headers(?!.*secret)/,
    ],
    [
      '{"alerts":{"deliver":{"webhook":{"url":"http://x","headers":{"a b":"secret"}}}}}',
      /alerts\.deliver\.webhook\.headers: must be names and values that HTTP can send(?!.*secret)/,
    ],
    ['{"alerts":{"\\u001b[31mred\\u202e":1}}', /alerts has no field {2}\[31mred {2}\(oak schema/],
    ["\u001b[31m{", /is not JSON: [^\p{Cc}]*$/u],
    ['{"alerts":{"deliver":{"command":{"run":"echo hi"}}}}', /alerts\.deliver\.command\.run: .*expected array/],
    ['{"alerts":{"deliver":{"command":{"run":[]}}}}', /alerts\.deliver\.command\.run/],
  ])("says what is wrong with %s", async (text, expected) => {
    const problem = await readConfig(directoryWith(text)).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ConfigError);
    expect((problem as Error).message).toMatch(expected);
  });
});

describe("configJsonSchema", () => {
  it("knows every field, and where none is needed", () => {
    const schema = configJsonSchema() as { properties: Record<string, unknown>; required?: string[] };
    expect(Object.keys(schema.properties)).toEqual(["$schema", "alerts"]);
    expect(schema.required ?? []).toEqual([]);
    expect(JSON.stringify(schema)).toContain('"times_estimate":{"default":2');
    expect(parseConfig({ $schema: "x" }).alerts.rules.workflow_stuck.times_estimate).toBe(2);
  });
});
