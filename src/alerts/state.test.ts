import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { readState, writeState, type AlertState } from "./state.js";

const alert = {
  id: "1",
  rule: "failure_streak" as const,
  subject: "tester",
  text: "half \u{1F600}",
  since: null,
  fired_at: "2026-11-01T12:00:00.000Z",
  facts: { failures: 5, last_error: null },
};

const STATE: AlertState = {
  known: [{ alert, level: 1, until: null }],
  undelivered: [{ alert, channel: "webhook" }],
};

describe("the state of the alerts", () => {
  it("comes back as it was, and leaves nothing else behind", async () => {
    const directory = temporaryDirectory();
    await writeState(directory, STATE);
    expect(await readState(directory)).toEqual(STATE);
    expect(readdirSync(directory)).toEqual(["alerts.json"]);
    await writeState(directory, { known: [], undelivered: [] });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is nothing where there is none", async () => {
    expect(await readState(join(temporaryDirectory(), "absent"))).toEqual({ known: [], undelivered: [] });
  });

  it.each([
    "",
    "{",
    "null",
    '{"version":2,"known":[],"undelivered":[]}',
    '{"version":1,"known":[{}],"undelivered":[]}',
  ])("says that it is damaged: %j", async (text) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "alerts.json"), text);
    const { known, trouble } = await readState(directory);
    expect(known).toEqual([]);
    expect(trouble).toMatch(/alerts\.json is damaged: .* may fire again/);
  });

  it("throws what the file system says, and leaves no temporary file", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "alerts.json"));
    await expect(readState(directory)).rejects.toThrow("EISDIR");
    await expect(writeState(directory, STATE)).rejects.toThrow("EISDIR");
    expect(readdirSync(directory)).toEqual(["alerts.json"]);
  });
});
