import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, vi } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { CONFIG_FILE } from "../alerts/config.js";
import { EventStream } from "./live/stream.js";
import { startServer } from "./server.js";

describe("startServer", () => {
  it("is not upset by alerts that have something to tell while the end of a long log is being looked for", async () => {
    const directory = temporaryDirectory();
    const start = EventStream.start.bind(EventStream);
    vi.spyOn(EventStream, "start").mockImplementation(async (...args) => {
      writeFileSync(join(directory, CONFIG_FILE), "not what it should be");
      // Longer than it takes until alerts are looked for.
      await sleep(2500);
      return start(...args);
    });
    const access = { token: undefined };
    const server = await startServer({ telemetry: { directory }, host: "127.0.0.1", port: 0, access, version: "1" });
    const trouble = async () =>
      ((await (await fetch(`${server.url}/api/v1/alerts`)).json()) as { trouble: unknown }).trouble;
    await expect.poll(trouble, { timeout: 60_000 }).toContain("is not JSON");
    await server.stop();
  });
});
