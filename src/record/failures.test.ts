import { describe, expect, it } from "vitest";

import { Failures } from "./failures.js";

describe("failures", () => {
  it("are told once for each run of them, and what is lost is counted", () => {
    const told: string[] = [];
    const failures = new Failures((error) => told.push(error.message));
    failures.onWritten(2, new Error("full"));
    failures.onWritten(1, "full again");
    expect(told).toEqual(["full"]);
    failures.onWritten(1);
    failures.onWritten(1, "full once more");
    expect(told).toEqual(["full", "full once more"]);
    failures.lost(3);
    expect(failures.dropped).toBe(7);
  });

  it("of who is told are nobody's", async () => {
    const thrown = new Failures(() => {
      throw new Error("broken handler");
    });
    const rejected = new Failures(() => Promise.reject(new Error("broken handler")));
    for (const failures of [thrown, rejected]) expect(() => failures.report(new Error("full"))).not.toThrow();
    // An unhandled rejection would fail the test run.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
