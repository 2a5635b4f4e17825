import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { hasShrunk, logState } from "./follow.js";

describe("logState", () => {
  it("tells when a file appears, grows, is emptied, replaced or removed", async () => {
    const directory = temporaryDirectory();
    const file = join(directory, "workflow_events.jsonl");
    const states = [await logState(directory)];
    const steps = [
      () => writeFileSync(file, ""),
      () => appendFileSync(file, "{}\n"),
      () => writeFileSync(file, ""),
      () => appendFileSync(file, "{}\n{}\n"),
      () => rmSync(file),
    ];
    const shrunk = [];
    for (const step of steps) {
      step();
      const state = await logState(directory);
      expect(state.fingerprint).not.toBe(states.at(-1)!.fingerprint);
      expect((await logState(directory)).fingerprint).toBe(state.fingerprint);
      shrunk.push(hasShrunk(states.at(-1)!, state));
      states.push(state);
    }
    expect(shrunk).toEqual([false, false, true, false, true]);
    expect(await logState(join(directory, "missing"))).toMatchObject({
      sizes: { workflow: 0, invocation: 0, feedback: 0 },
    });
  });
});
