import { appendFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { Telemetry } from "./telemetry.js";

function emptyLog() {
  const directory = mkdtempSync(join(tmpdir(), "oak-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "workflow_events.jsonl");
  appendFileSync(path, "x");
  return { directory, grow: () => appendFileSync(path, "x"), size: () => statSync(path).size };
}

describe("Telemetry", () => {
  it("answers the same question about the same log once, however many ask", async () => {
    // However long the machine takes: an answer grows old.
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const telemetry = new Telemetry({ directory: emptyLog().directory });
    let computed = 0;
    const ask = () =>
      telemetry.ask("q", async () => {
        await sleep(20);
        return ++computed;
      });
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    expect(await ask()).toBe(1);
    expect(await telemetry.ask("another", async () => "other")).toBe("other");
    telemetry.close();
  });

  it("asks again after an answer that failed", async () => {
    const telemetry = new Telemetry({ directory: emptyLog().directory });
    const fail = () => telemetry.ask("q", () => Promise.reject(new Error("not now")));
    await expect(Promise.all([fail(), fail()])).rejects.toThrow("not now");
    expect(await telemetry.ask("q", async () => "now")).toBe("now");
    telemetry.close();
  });

  it("never gives an answer that is older than its question, and computes one at a time", async () => {
    const steps = fc.array(fc.constantFrom("ask", "grow", "wait"), { minLength: 1, maxLength: 25 });
    const cost = fc.integer({ min: 0, max: 8 });
    await fc.assert(
      fc.asyncProperty(steps, cost, async (all, milliseconds) => {
        const directory = mkdtempSync(join(tmpdir(), "oak-test-"));
        const path = join(directory, "workflow_events.jsonl");
        appendFileSync(path, "x");
        const telemetry = new Telemetry({ directory });
        let atOnce = 0;
        let most = 0;
        const compute = async () => {
          most = Math.max(most, ++atOnce);
          // What an answer says is how long the log was when it was begun.
          const { size } = statSync(path);
          await sleep(milliseconds);
          atOnce--;
          return size;
        };
        const answers: Promise<number>[] = [];
        for (const step of all) {
          if (step === "grow") appendFileSync(path, "x");
          if (step === "wait") await sleep(2);
          if (step !== "ask") continue;
          const { size } = statSync(path);
          answers.push(telemetry.ask("q", compute).then((answer) => answer - size));
        }
        const ahead = await Promise.all(answers);
        telemetry.close();
        rmSync(directory, { recursive: true });
        expect(Math.min(0, ...ahead)).toBe(0);
        expect(most).toBeLessThanOrEqual(1);
      }),
      { numRuns: 30 },
    );
  });

  it("computes seldom while the log grows: no more often than once in twice the time that it takes", async () => {
    const { directory, grow, size } = emptyLog();
    const telemetry = new Telemetry({ directory });
    const began: number[] = [];
    const ended: number[] = [];
    const ask = () =>
      telemetry.ask("q", async () => {
        began.push(performance.now());
        await sleep(40);
        ended.push(performance.now());
        return size();
      });
    for (let i = 0; i < 4; i++) {
      grow();
      await Promise.all([ask(), ask()]);
    }
    telemetry.close();
    expect(began).toHaveLength(4);
    // Timers of Node may be early by a millisecond.
    for (let i = 1; i < 4; i++)
      expect(began[i]! - ended[i - 1]!).toBeGreaterThan(0.9 * (ended[i - 1]! - began[i - 1]!));
  });
});
