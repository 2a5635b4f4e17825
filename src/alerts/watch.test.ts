import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LockedError } from "../log/lock.js";
import type { Alerts, Look } from "./alerts.js";
import { AlertWatch, type AlertsNow } from "./watch.js";

const NOTHING: Look = { alerts: [], fired: [], next_seconds: null, declining_quietly: [], withheld: [] };

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A watch whose looks are as `look` says, and what it has told. */
function watching(look: () => Promise<void>): { watch: AlertWatch; told: AlertsNow[]; noted: string[] } {
  const told: AlertsNow[] = [];
  const noted: string[] = [];
  const alerts = {
    analyzer: { directory: "/no/such/directory" },
    note: (text: string) => noted.push(text),
    look: async (onLook: (found: Look) => void) => {
      onLook(NOTHING);
      await look();
    },
  };
  return { watch: new AlertWatch(alerts as unknown as Alerts, (now) => told.push(now)), told, noted };
}

describe("AlertWatch", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("waits a while for another process, then says who holds it up, once, and no more when it goes on", async () => {
    let locked = true;
    const { watch, told, noted } = watching(async () => {
      if (locked) throw new LockedError("process 1 is at it (if not, delete alerts.lock)");
    });
    await vi.advanceTimersByTimeAsync(50_000);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(50_000);
    const trouble = "alerts cannot be told: process 1 is at it (if not, delete alerts.lock)";
    expect(told).toEqual([{ alerts: [], trouble }]);
    expect(noted).toEqual([trouble]);
    locked = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(told.slice(1)).toEqual([{ alerts: [], trouble: null }]);
    await watch.stop();
  });

  it("looks again when the log changes during a look, however long that takes, and goes on so", async () => {
    let looks = 0;
    const { watch } = watching(async () => {
      looks++;
      await sleep(7000);
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks).toBe(1);
    watch.changed();
    await vi.advanceTimersByTimeAsync(5000);
    expect(looks).toBe(1);
    for (let seen = 2; seen < 5; seen++) {
      await vi.advanceTimersByTimeAsync(60_000);
      expect(looks).toBe(seen);
      watch.changed();
    }
    await watch.stop();
  });
});
