import { existsSync, readdirSync } from "node:fs";

import { describe, expect, it, vi } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { ServedDemo } from "./served-demo.js";

// It would go on writing for some seconds.
vi.mock("./demo.js", () => ({ runDemo: async () => undefined }));

describe("sample work that is served", () => {
  it("leaves nothing behind when it cannot be served, nor when it has been; and is recorded once", async () => {
    const folder = temporaryDirectory();
    vi.stubEnv("TMPDIR", folder);
    let fails = true;
    const demo = new ServedDemo(async (directory) => {
      expect(existsSync(directory)).toBe(true);
      if (fails) throw new Error("no port is free");
      return { url: "http://127.0.0.1:1", directory, stop: async () => undefined };
    });
    await expect(demo.start()).rejects.toThrow("no port is free");
    expect(readdirSync(folder)).toEqual([]);
    fails = false;
    expect(await demo.start()).toBe(await demo.start());
    expect(readdirSync(folder)).toHaveLength(1);
    await demo.stop();
    expect(readdirSync(folder)).toEqual([]);
    vi.unstubAllEnvs();
  });
});
