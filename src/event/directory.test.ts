import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findTelemetryDirectory } from "./directory.js";

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "oak-test-")));
  mkdirSync(join(root, "project", ".oak"), { recursive: true });
  mkdirSync(join(root, "project", "src", "deep"), { recursive: true });
  mkdirSync(join(root, "elsewhere"));
  writeFileSync(join(root, "elsewhere", ".oak"), "a file, no folder");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("findTelemetryDirectory", () => {
  it("takes the given one first, then the environment's", () => {
    const env = { OAK_TELEMETRY_DIR: "from-env" };
    expect(findTelemetryDirectory("given", env, root)).toBe(join(root, "given"));
    expect(findTelemetryDirectory(undefined, env, root)).toBe(join(root, "from-env"));
  });

  it("finds the nearest .oak folder upwards", () => {
    expect(findTelemetryDirectory(undefined, {}, join(root, "project", "src", "deep"))).toBe(
      join(root, "project", ".oak"),
    );
  });

  it.runIf(process.platform === "linux")("falls back to the user's data folder", () => {
    const cwd = join(root, "elsewhere");
    expect(findTelemetryDirectory(undefined, { XDG_DATA_HOME: "/data" }, cwd)).toBe("/data/oak-telemetry");
    expect(findTelemetryDirectory(undefined, {}, cwd)).toBe(join(homedir(), ".local/share/oak-telemetry"));
  });
});
