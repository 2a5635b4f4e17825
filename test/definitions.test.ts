import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { oak } from "./support/oak.js";

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "oak-test-"));
  mkdirSync(join(project, ".oak"));
  mkdirSync(join(project, "src"));
  mkdirSync(join(project, ".claude", "agents", "quality"), { recursive: true });
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

describe("oak log invocation", () => {
  it("records which version of the agent's definition ran, and the tables hold it", async () => {
    const definition = join(project, ".claude", "agents", "quality", "tester.md");
    const log = async (...options: string[]) => {
      const args = ["log", "invocation", "--agent-name", "tester", ...options];
      const { code, stderr } = await oak(args, { cwd: join(project, "src") });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    };
    writeFileSync(definition, "first");
    await log();
    writeFileSync(definition, "second");
    await log();
    await log("--definition-hash", "mine");
    await log("--no-definition-hash");

    const text = readFileSync(join(project, ".oak", "agent_invocations.jsonl"), "utf8");
    const written = text.trimEnd().split("\n");
    expect(written.map((line) => (JSON.parse(line) as Record<string, unknown>)["definition_hash"])).toEqual([
      "a7937b64b8caa58f",
      "16367aacb67a4a01",
      "mine",
      undefined,
    ]);
    const sql = "SELECT definition_hash FROM invocations ORDER BY started_at";
    const { stdout } = await oak(["sql", sql, "--json"], { cwd: project });
    expect(stdout.match(/"definition_hash": ?("\w+"|null)/g)).toHaveLength(4);
    expect(stdout).toContain("16367aacb67a4a01");
  });
});
